import { createHash } from 'node:crypto'
import { constants, fstatSync, lstatSync, openSync, read, readSync, statSync } from 'node:fs'
import { promisify } from 'node:util'
import { type Digest, digestBytes } from '@millrace/ir'
import { onDisk, refuse, storeFailed } from './file-errors.ts'
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
  /** Bytes that it must have. Default: those that it has when it is opened. */
  readonly size?: number
}

export interface FileDigest {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/**
 * Digest and size of a file's bytes. What is no regular file is refused, and what becomes longer or shorter meanwhile:
 * no more is read than it had.
 */
export async function digestFile(path: string, options: DigestOptions = {}): Promise<FileDigest> {
  const stat = onDisk('read', path, () => (options.follow === false ? lstatSync(path) : statSync(path)))
  if (!stat.isFile()) refuseKind(path, stat.isDirectory())
  const wanted = { size: stat.size, ...options }
  if (stat.size !== wanted.size) refuseWritten(path)
  if (stat.size <= atOnce) return onDisk('read', path, () => digestSmall(path, wanted))
  await enter()
  try {
    return await (stat.size > largeFile ? digestKnown(path, wanted) : digestLarge(path, wanted))
  } catch (error) {
    throw storeFailed('read', path, error)
  } finally {
    leave()
  }
}

/** The same with the size known. */
type Wanted = DigestOptions & { readonly size: number }

/** What stands there now need not be what was asked for. */
function open(path: string, { follow = true, size }: Wanted): number {
  const fd = openSync(path, follow ? toRead & ~(constants.O_NOFOLLOW ?? 0) : toRead)
  const stat = fstatSync(fd)
  if (stat.isFile() && stat.size === size) return fd
  closeFile(fd)
  return stat.isFile() ? refuseWritten(path) : refuseKind(path, stat.isDirectory())
}

const refuseKind = (path: string, isFolder: boolean): never =>
  refuse(path, isFolder ? 'it is a folder' : 'it is not a regular file', 'Name a regular file.')

export const refuseWritten = (path: string): never =>
  refuse(path, 'it is still being written', 'Run again when nothing writes to it.')

let shared: Buffer | undefined

function digestSmall(path: string, options: Wanted): FileDigest {
  // one byte more than it has
  shared ??= Buffer.allocUnsafeSlow(atOnce + 1)
  const fd = open(path, options)
  try {
    let size = 0
    for (let count = 1; count > 0 && size <= options.size; size += count)
      count = readSync(fd, shared, size, options.size + 1 - size, null)
    if (size !== options.size) refuseWritten(path)
    return { digest: digestBytes(shared.subarray(0, size)), size }
  } finally {
    closeFile(fd)
  }
}

/** One that is known isn't read. */
async function digestKnown(path: string, options: Wanted): Promise<FileDigest> {
  const fd = open(path, options)
  try {
    const mark = () => markOfFile(fstatSync(fd, { bigint: true }))
    const before = mark()
    const found = options.again ? undefined : knownFile(path)
    if (found?.mark === before) return { digest: found.digest, size: options.size }
    const digested = await digestOpen(fd, path, options)
    if (mark() === before) rememberFile(path, { digest: digested.digest, mark: before }, true)
    return digested
  } finally {
    closeFile(fd)
  }
}

async function digestLarge(path: string, options: Wanted): Promise<FileDigest> {
  const fd = open(path, options)
  try {
    return await digestOpen(fd, path, options)
  } finally {
    closeFile(fd)
  }
}

async function digestOpen(fd: number, path: string, { size: end }: Wanted): Promise<FileDigest> {
  const hash = createHash('sha256')
  let size = 0
  let [full, free] = [Buffer.allocUnsafeSlow(atOnce), Buffer.allocUnsafeSlow(atOnce)]
  // at its end a byte more than it has
  const fill = (buffer: Buffer) => readAsync(fd, buffer, 0, Math.min(atOnce, end + 1 - size), null)
  let { bytesRead } = await fill(full)
  while (bytesRead > 0) {
    size += bytesRead
    if (size > end) break
    const next = fill(free)
    hash.update(full.subarray(0, bytesRead))
    bytesRead = (await next).bytesRead
    ;[full, free] = [free, full]
  }
  if (size !== end) refuseWritten(path)
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
