import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ageOf } from './file-age.ts'
import { errnoOf, storeFailed } from './file-errors.ts'
import { makeFolder } from './make-folder.ts'
import { fateHere, placeOf, self } from './process-identity.ts'
import { removeTree } from './remove-tree.ts'

/** A file of another machine is litter when nobody wrote to it for a day; there is no asking its process. */
const dayInMilliseconds = 86_400_000

let prefix: string | undefined

/** A new path for something unfinished, in `scratch`: `.tmp-<pid>-<its start>-<place>-<random>`. */
export function temporaryPath(scratch: string): string {
  prefix ??= `.tmp-${self().pid}-${self().start ?? 0}-${placeOf(self())}`
  return join(scratch, `${prefix}-${randomBytes(6).toString('hex')}`)
}

/** Creates a file whole or not at all, unless one is there; tells whether it is ours. */
export function putIfAbsent(scratch: string, target: string, content: string): boolean {
  const temporary = write(scratch, target, content)
  try {
    linkOrCopy(temporary, target)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw storeFailed('write', target, error)
  } finally {
    dropFile(temporary)
  }
}

/** Creates or replaces a file; a reader sees the old or the new one, whole. */
export function put(scratch: string, target: string, content: string, mode?: number): void {
  const temporary = write(scratch, target, content, mode)
  try {
    renameOver(scratch, temporary, target)
  } catch (error) {
    dropFile(temporary)
    throw storeFailed('write', target, error)
  }
}

/** Removes what processes that have died left in `scratch`. */
export function sweep(scratch: string): void {
  let names: string[]
  try {
    names = readdirSync(scratch)
  } catch {
    return
  }
  for (const name of names) if (isDead(scratch, name)) remove(join(scratch, name))
}

/** Whether a name is that of something unfinished of a process that has died. */
export function isDead(scratch: string, name: string): boolean {
  const [, pid, start, place] = /^\.tmp-(\d+)-(\d+)-([0-9a-f]{8})-[0-9a-f]+$/.exec(name) ?? []
  if (!pid || !place) return false
  if (place !== placeOf(self())) return untouched(join(scratch, name))
  return fateHere(Number(pid), start === '0' ? undefined : start) === 'dead'
}

/** Whether nobody wrote to a path for a day. A time that is still to come tells as little. */
export const untouched = (path: string): boolean => Math.abs(ageOf(path) ?? 0) > dayInMilliseconds

/** Removes a file or a folder; what can't be removed is left for a later sweep. */
export function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    try {
      removeTree(path)
    } catch {}
  }
}

/** A file that was to get another name. */
function dropFile(temporary: string): void {
  try {
    unlinkSync(temporary)
  } catch {
    // it has none any more, or goes with a later sweep
  }
}

/** What a file is to hold, or who writes it. */
type Content = string | Uint8Array | ((file: number) => void)

export interface WriteOptions {
  /** Access rights. Default: those of the process. */
  readonly mode?: number
  /**
   * Whether its bytes are on the disk before its name is: for what a process on another machine acts upon, and must not
   * find empty after a power failure. Default false: what is lost then is made again.
   */
  readonly durable?: boolean
  /** A new path on the same disk, where it stands until it is whole. Default: a hidden one beside it. */
  readonly temporary?: string
}

/** Creates or replaces a file in a folder that is there; a reader sees the old or the new one, whole. Throws what the disk says. */
export function replaceFile(target: string, content: Content, options: WriteOptions = {}): void {
  const { temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`), ...more } =
    options
  try {
    create(temporary, content, more)
    renameSync(temporary, target)
  } catch (error) {
    dropFile(temporary)
    throw error
  }
}

function create(path: string, content: Content, { mode, durable }: Omit<WriteOptions, 'temporary'>): void {
  const file = openSync(path, 'wx', mode)
  try {
    if (typeof content === 'function') content(file)
    else writeFileSync(file, content)
    if (durable) fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function write(scratch: string, target: string, content: string, mode?: number): string {
  const temporary = temporaryPath(scratch)
  const put = () => withFolder(temporary, () => create(temporary, content, mode === undefined ? {} : { mode }))
  try {
    try {
      put()
    } catch (error) {
      if (!clearFolder(scratch)) throw error
      put()
    }
    return temporary
  } catch (error) {
    dropFile(temporary)
    throw storeFailed('write', errnoOf(error) === 'EACCES' ? scratch : target, error)
  }
}

/** Takes away what some damage put in the place of a folder of temporary files; tells whether there was something. */
function clearFolder(scratch: string): boolean {
  const there = lstatSync(scratch, { throwIfNoEntry: false })
  if (!there || there.isDirectory()) return false
  remove(scratch)
  return true
}

/** Does it again after creating the folder, where that is what was missing; a prune may take an empty one away again. */
export function withFolder<T>(path: string, access: () => T): T {
  for (let tries = 0; ; tries++) {
    try {
      return access()
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || tries === 20) throw error
      makeFolder(dirname(path))
    }
  }
}

const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** Some file systems have no hard links; there a reader may see a part, which its digest gives away. */
function linkOrCopy(from: string, to: string): void {
  try {
    withFolder(to, () => linkSync(from, to))
  } catch (error) {
    if (!withoutLinks.has(errnoOf(error) ?? '')) throw error
    copyFileSync(from, to, constants.COPYFILE_EXCL)
  }
}

/** Also over a folder that some damage put in the file's place. */
function renameOver(scratch: string, from: string, to: string): void {
  try {
    withFolder(to, () => renameSync(from, to))
  } catch (error) {
    if (errnoOf(error) !== 'EISDIR' && !statSync(to, { throwIfNoEntry: false })?.isDirectory()) throw error
    const aside = temporaryPath(scratch)
    renameSync(to, aside)
    renameSync(from, to)
    remove(aside)
  }
}
