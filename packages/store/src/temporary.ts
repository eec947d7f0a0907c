import { randomBytes } from 'node:crypto'
import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, storeFailed } from './disk.ts'
import { fateHere, placeOf, self } from './identity.ts'

/** A file of another machine is litter when nobody touched it for a day; there is no asking its process. */
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
    remove(temporary)
  }
}

/** Creates or replaces a file; a reader sees the old or the new one, whole. */
export function put(scratch: string, target: string, content: string): void {
  const temporary = write(scratch, target, content)
  try {
    renameOver(scratch, temporary, target)
  } catch (error) {
    remove(temporary)
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
  for (const name of names) {
    const [, pid, start, place] = /^\.tmp-(\d+)-(\d+)-([0-9a-f]{8})-[0-9a-f]+$/.exec(name) ?? []
    if (!pid || !place) continue
    const path = join(scratch, name)
    const here = place === placeOf(self())
    if (here ? fateHere(Number(pid), start === '0' ? undefined : start) === 'dead' : untouched(path)) remove(path)
  }
}

/** Whether nobody wrote or touched a path for a day. */
export function untouched(path: string): boolean {
  try {
    return statSync(path).mtimeMs < Date.now() - dayInMilliseconds
  } catch {
    return false
  }
}

/** Removes a file or a folder; what can't be removed is left for a later sweep. */
export function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    try {
      rmSync(path, { recursive: true, force: true })
    } catch {}
  }
}

function write(scratch: string, target: string, content: string): string {
  const temporary = temporaryPath(scratch)
  try {
    withFolder(temporary, () => writeFileSync(temporary, content, { flag: 'wx' }))
    return temporary
  } catch (error) {
    remove(temporary)
    throw storeFailed('write', target, error)
  }
}

/** Does it again after creating the folder, where that is what was missing. */
export function withFolder<T>(path: string, access: () => T): T {
  try {
    return access()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    mkdirSync(dirname(path), { recursive: true })
    return access()
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
