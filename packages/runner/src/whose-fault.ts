import { closeSync, constants, lstatSync, openSync, unlinkSync, writeFileSync } from 'node:fs'
import { devNull } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { DiagnosticError, isDiagnosticError } from '@millrace/ir'
import { errnoOf, storeFailed } from '@millrace/store'
import { StageFailure } from './failure.ts'

/*
 * A stage fails for what its code does, and for what the disk refuses because of what it asked: a name that is too long,
 * or that of a file where a folder is needed. What a disk refuses by itself is the store's fault, and what a system has
 * no more of is nobody's: then the run can't go on, and no map forgives it.
 */

const disk = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'])
const rights = new Set(['EACCES', 'EPERM'])
const files = new Set(['EMFILE', 'ENFILE'])
const processes = new Set(['EAGAIN', 'ENOMEM'])
const names = new Set(['ENAMETOOLONG', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ELOOP', 'EINVAL', 'EILSEQ'])

/** Whether a disk refuses a name, and not what is done under it. */
export const isByName = (error: unknown): boolean => names.has(errnoOf(error) ?? '')

/**
 * The store's own failure where an attempt failed because of it.
 *
 * @param folder the attempt's
 * @param places folders of the store that the stage reads and writes
 */
export function storeFault(
  failure: StageFailure,
  folder: string | undefined,
  places: readonly string[],
): DiagnosticError | undefined {
  const { cause, code } = failure
  if (isDiagnosticError(cause) && cause.diagnostics[0]?.code === 'store-failed') return cause
  if (code === 'store-failed') return new DiagnosticError([failure.toDiagnostic('', '', {})])
  const found = systemError(cause)
  const errno = errnoOf(found)
  if (!found || errno === undefined) return undefined
  const { path } = found
  const inside = typeof path === 'string' && places.some((place) => path.startsWith(place + sep))
  const ofDisk = disk.has(errno) && (inside || (path === undefined && folder !== undefined && isRefused(folder)))
  const ofRights = rights.has(errno) && inside && !isLocked(path as string, folder)
  if (!ofDisk && !ofRights) return undefined
  return storeFailed('use', inside ? (path as string) : (folder as string), found) as DiagnosticError
}

/** What the system had no more of, for which an attempt failed. */
export function exhaustion({ cause }: StageFailure): 'open no more files' | 'start no more processes' | undefined {
  const found = systemError(cause)
  const code = errnoOf(found) ?? ''
  if (processes.has(code) && found?.syscall?.startsWith('spawn')) return 'start no more processes'
  // if files can be opened again, the stage itself used them up
  const isFull = files.has(code) && refusal(() => closeSync(openSync(devNull, 'r')), files)
  return isFull ? 'open no more files' : undefined
}

/** What the system said, of an error or of what caused it. */
export function systemError(error: unknown): NodeJS.ErrnoException | undefined {
  try {
    for (let at = error, left = 8; at instanceof Error && left > 0; at = at.cause, left--)
      if (errnoOf(at) !== undefined) return at
  } catch {
    // a getter of the author's that throws
  }
  return undefined
}

/** Whether the disk of a folder takes no more bytes: an error while writing names no path. */
function isRefused(folder: string): boolean {
  const probe = join(folder, `.probe-${process.pid}`)
  const refused = refusal(() => writeFileSync(probe, Buffer.alloc(64 * 1024)), disk)
  try {
    unlinkSync(probe)
  } catch {}
  return refused
}

function refusal(access: () => void, codes: ReadonlySet<string>): boolean {
  try {
    access()
    return false
  } catch (error) {
    return codes.has(errnoOf(error) ?? '')
  }
}

/** Whether the stage itself took away the rights to what it wrote. */
export function isLocked(path: string, folder: string | undefined): boolean {
  for (let at = path; folder !== undefined && at.startsWith(folder + sep); at = dirname(at)) {
    const mode = modeOf(at)
    const needed = mode !== undefined && (mode & constants.S_IFMT) === constants.S_IFDIR ? 0o500 : 0o400
    if (mode !== undefined && (mode & needed) !== needed) return true
  }
  return false
}

function modeOf(path: string): number | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.mode
  } catch {
    return undefined
  }
}

export const processLacks = (node: string, lacking: NonNullable<ReturnType<typeof exhaustion>>): StageFailure =>
  new StageFailure(
    'process-failed',
    `the process of "${node}" can ${lacking}`,
    'Close or end what the stage opens or starts, or raise the limits (ulimit -n, ulimit -u).',
  )

/** The failure of an attempt that has this process for itself. */
export function ownFailure(node: string, failure: StageFailure, folder: string): StageFailure {
  const lacking = exhaustion(failure)
  if (lacking !== undefined) return processLacks(node, lacking)
  const told = storeFault(failure, folder, [folder])?.diagnostics[0]
  return told ? new StageFailure(told.code, told.message, told.fix, { cause: failure }) : failure
}
