import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { constants as system } from 'node:os'

/** Where a pipe or a link took a file's place, the one must not block the process, nor the other lead it elsewhere. */
export const wary = (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)

export const toRead = constants.O_RDONLY | wary
export const toAppend = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | wary

/** Nothing that is written into a store and read at once is larger. */
const largest = 2 ** 28

/** As the system tells it of a file that can't become so large. */
class TooLarge extends Error {
  readonly code = 'EFBIG'
  readonly errno = -system.errno.EFBIG
  readonly syscall = 'read'

  constructor(path: string) {
    super(`EFBIG: file too large, read '${path}'`)
  }
}

/**
 * The text of a file; of a pipe or a device in its place nothing. By its bytes: asked for text, Node ends the process
 * when the file can't be closed.
 */
export function readText(path: string): string {
  const fd = openSync(path, toRead)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile() && !stat.isDirectory()) return ''
    if (stat.size > largest) throw new TooLarge(path)
    return readFileSync(fd).toString()
  } finally {
    closeFile(fd)
  }
}

/** Opens a regular file for reading; undefined where something else has its place. */
export function openRegular(path: string): number | undefined {
  const fd = openSync(path, toRead)
  try {
    if (fstatSync(fd).isFile()) return fd
  } catch (error) {
    closeFile(fd)
    throw error
  }
  closeFile(fd)
  return undefined
}

/** Closes a file. What must be on the disk was fsynced before, so that nothing said now matters. */
export function closeFile(fd: number): void {
  try {
    closeSync(fd)
  } catch {}
}
