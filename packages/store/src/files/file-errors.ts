import { fstatSync, openSync, writeSync } from 'node:fs'
import { constants as system } from 'node:os'
import { relative } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { type Diagnostic, DiagnosticError, isDiagnosticError, nowhere } from '@millrace/ir'
import { closeFile, readText, toAppend } from './regular-file.ts'

const fixes: { readonly [code: string]: string } = {
  ENOSPC: 'Free some space on that disk, or choose another store with --store.',
  EDQUOT: 'Free some space in that quota, or choose another store with --store.',
  EACCES: 'Give this user access to that path, or choose another store with --store.',
  EPERM: 'Give this user access to that path, or choose another store with --store.',
  EROFS: 'Choose a store on a disk that can be written, with --store.',
  EMFILE: 'Raise the limit of open files (ulimit -n), or run fewer stages at once with --jobs.',
  ENFILE: 'Raise the limit of open files (ulimit -n), or run fewer stages at once with --jobs.',
  EIO: 'Check that disk, or choose another store with --store.',
  ENOENT: 'Put back what is missing, or choose another store with --store.',
  ENOTDIR: 'Remove the file that stands where a folder should be, or choose another store with --store.',
  EEXIST: 'Remove what stands at that path, or choose another store with --store.',
  EISDIR: 'Remove the folder that stands where a file should be, or choose another store with --store.',
}

/** The errno of a file system error: `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && 'errno' in error)) return undefined
  return -Number(error.errno) === system.errno.EDQUOT ? 'EDQUOT' : String(error.code)
}

/** Node knows no name and no words for it. */
const overQuota = 'disk quota exceeded'

/** Runs a disk access; what the disk refuses becomes a `store-failed` that names the path and the errno. */
export function onDisk<T>(action: string, path: string, access: () => T): T {
  try {
    return access()
  } catch (error) {
    throw storeFailed(action, path, error)
  }
}

/** Something that is no folder stands where one must be; `path` is that of it. */
export class InTheWay extends Error {
  readonly code = 'ENOTDIR'
  readonly errno = -system.errno.ENOTDIR
  readonly syscall = 'mkdir'
  readonly path: string

  constructor(path: string) {
    super(`ENOTDIR: not a directory, mkdir '${path}'`)
    this.path = path
  }
}

/** The error as a diagnostic, with its cause; one that is neither of the disk nor a diagnostic is returned as it is. */
export function storeFailed(action: string, path: string, error: unknown): unknown {
  const code = errnoOf(error)
  if (code === undefined || isDiagnosticError(error)) return error
  const known = getSystemErrorMap().get((error as NodeJS.ErrnoException).errno as number)?.[1]
  const reason = code === 'EDQUOT' ? overQuota : known
  const [what, at] = error instanceof InTheWay ? ['create', error.path] : [action, path]
  const message = `can't ${what} "${shown(at)}": ${code}${reason ? `, ${reason}` : ''}`
  const fix = fixes[code] ?? 'Check that path and its disk, or choose another store with --store.'
  return new DiagnosticError([{ code: 'store-failed', severity: 'error', message, at: nowhere, fix }], { cause: error })
}

/** What stands at a path can't be taken for content, whatever the disk says. */
export function refuse(path: string, reason: string, fix: string): never {
  const message = `can't take "${shown(path)}": ${reason}`
  const diagnostic: Diagnostic = { code: 'store-failed', severity: 'error', message, at: nowhere, fix }
  throw new DiagnosticError([diagnostic])
}

/** A path as the user would type it here. */
export function shown(path: string): string {
  try {
    const here = relative(process.cwd(), path)
    return here === '' || here.startsWith('..') ? path : here
  } catch {
    return path
  }
}

/** Reads a text file of the store; what the disk refuses becomes a `store-failed`. */
export function readStored(path: string): string {
  try {
    return readText(path)
  } catch (error) {
    if (errnoOf(error) !== 'EFBIG') throw storeFailed('read', path, error)
    return refuse(path, 'it is larger than anything that is written there', 'Remove it.')
  }
}

/**
 * Opens a file of the store to append to it. What is no regular file, or has another name elsewhere, is refused: what is
 * written to it would be written to something else.
 */
export function openToAppend(path: string, flags: number = toAppend): number {
  const fd = openSync(path, flags)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) refuse(path, 'it is not a regular file', 'Remove it.')
    if (stat.nlink > 1) refuse(path, 'it has a second name elsewhere', 'Put a copy in its place.')
    return fd
  } catch (error) {
    closeFile(fd)
    throw error
  }
}

/** Appends to a file of the store; what the disk refuses becomes a `store-failed`. */
export function appendStored(path: string, text: string): void {
  onDisk('write', path, () => {
    const fd = openToAppend(path)
    try {
      writeAll(fd, Buffer.from(text))
    } finally {
      closeFile(fd)
    }
  })
}

/** Writes all bytes, in as many steps as the system takes. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
}
