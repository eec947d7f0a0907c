import { createHash } from 'node:crypto'
import { fstatSync, openSync, read, readSync, statSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Digest } from '@millrace/ir'
import { closeFile, onDisk, refuse, storeFailed, toRead } from './disk.ts'

const readAsync = promisify(read)

/** Up to this size a file is read at once: faster than any way through the thread pool. */
const atOnce = 1 << 20

/** Large files that are open at once. */
const slots = 4

/** Digest and size of a file's bytes. Links to a file are followed; what is no regular file is refused. */
export async function digestFile(path: string): Promise<{ digest: Digest; size: number }> {
  const stat = onDisk('read', path, () => statSync(path))
  if (!stat.isFile())
    refuse(path, stat.isDirectory() ? 'it is a folder' : 'it is not a regular file', 'Name a regular file.')
  if (stat.size <= atOnce) return onDisk('read', path, () => digestSmall(path))
  await enter()
  try {
    return await digestLarge(path)
  } catch (error) {
    throw storeFailed('read', path, error)
  } finally {
    leave()
  }
}

let shared: Buffer | undefined

function digestSmall(path: string): { digest: Digest; size: number } {
  shared ??= Buffer.allocUnsafeSlow(atOnce)
  const fd = openSync(path, toRead)
  try {
    const hash = createHash('sha256')
    let size = 0
    for (let count = readSync(fd, shared); count > 0; count = readSync(fd, shared)) {
      hash.update(shared.subarray(0, count))
      size += count
    }
    return { digest: `sha256:${hash.digest('hex')}`, size }
  } finally {
    closeFile(fd)
  }
}

async function digestLarge(path: string): Promise<{ digest: Digest; size: number }> {
  const fd = openSync(path, toRead)
  try {
    if (!fstatSync(fd).isFile()) refuse(path, 'it is not a regular file', 'Name a regular file.')
    const hash = createHash('sha256')
    let size = 0
    let [full, free] = [Buffer.allocUnsafeSlow(atOnce), Buffer.allocUnsafeSlow(atOnce)]
    let { bytesRead } = await readAsync(fd, full, 0, atOnce, null)
    while (bytesRead > 0) {
      const next = readAsync(fd, free, 0, atOnce, null)
      hash.update(full.subarray(0, bytesRead))
      size += bytesRead
      bytesRead = (await next).bytesRead
      ;[full, free] = [free, full]
    }
    return { digest: `sha256:${hash.digest('hex')}`, size }
  } finally {
    closeFile(fd)
  }
}

let busy = 0
const waiting: (() => void)[] = []

async function enter(): Promise<void> {
  if (busy < slots) busy++
  else await new Promise<void>((resolve) => waiting.push(resolve))
}

function leave(): void {
  const next = waiting.shift()
  if (next) next()
  else busy--
}
