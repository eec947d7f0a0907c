import { createHash } from 'node:crypto'
import { constants, fstatSync, openSync, read, readSync, statSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Digest } from '@millrace/ir'
import { onDisk, refuse, storeFailed } from './disk.ts'
import { knownFile, largeFile, markOfFile, rememberFile } from './known-files.ts'
import { closeFile, toRead } from './regular-file.ts'

const readAsync = promisify(read)

/** Up to this size a file is read at once: faster than any way through the thread pool. */
const atOnce = 1 << 20

/** Large files that are open at once. */
const slots = 4

/** How a file is digested. */
export interface DigestOptions {
  /** Reads also what was read before and has not been written to since (only files above 1 GiB). Default false. */
  readonly again?: boolean
  /** Takes a link for what it leads to. Default true. */
  readonly follow?: boolean
}

export interface FileDigest {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/** Digest and size of a file's bytes. What is no regular file is refused. */
export async function digestFile(path: string, options: DigestOptions = {}): Promise<FileDigest> {
  const stat = onDisk('read', path, () => statSync(path))
  if (!stat.isFile()) refuseKind(path, stat.isDirectory())
  if (stat.size <= atOnce) return onDisk('read', path, () => digestSmall(path, options))
  await enter()
  try {
    return await (stat.size > largeFile ? digestKnown(path, options) : digestLarge(path, options))
  } catch (error) {
    throw storeFailed('read', path, error)
  } finally {
    leave()
  }
}

/** What stands there now need not be what was asked for. */
function open(path: string, { follow = true }: DigestOptions): number {
  const fd = openSync(path, follow ? toRead & ~(constants.O_NOFOLLOW ?? 0) : toRead)
  const stat = fstatSync(fd)
  if (stat.isFile()) return fd
  closeFile(fd)
  return refuseKind(path, stat.isDirectory())
}

const refuseKind = (path: string, isFolder: boolean): never =>
  refuse(path, isFolder ? 'it is a folder' : 'it is not a regular file', 'Name a regular file.')

let shared: Buffer | undefined

function digestSmall(path: string, options: DigestOptions): FileDigest {
  shared ??= Buffer.allocUnsafeSlow(atOnce)
  const fd = open(path, options)
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

/** One that is known isn't read. */
async function digestKnown(path: string, options: DigestOptions): Promise<FileDigest> {
  const fd = open(path, options)
  try {
    const mark = () => markOfFile(fstatSync(fd, { bigint: true }))
    const before = mark()
    const found = options.again ? undefined : knownFile(path)
    if (found?.mark === before) return { digest: found.digest, size: fstatSync(fd).size }
    const digested = await digestOpen(fd)
    if (mark() === before) rememberFile(path, { digest: digested.digest, mark: before }, true)
    return digested
  } finally {
    closeFile(fd)
  }
}

async function digestLarge(path: string, options: DigestOptions): Promise<FileDigest> {
  const fd = open(path, options)
  try {
    return await digestOpen(fd)
  } finally {
    closeFile(fd)
  }
}

async function digestOpen(fd: number): Promise<FileDigest> {
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
