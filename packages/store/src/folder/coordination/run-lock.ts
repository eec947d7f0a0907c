import { constants, fstatSync, lstatSync, openSync, writeSync } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { isObject, parseJson } from '@millrace/ir'
import { putIfAbsent, remove, untouched } from '../../files/atomic-write.ts'
import { ageOf } from '../../files/file-age.ts'
import { errnoOf, storeFailed } from '../../files/file-errors.ts'
import { isLink } from '../../files/own-folders.ts'
import { fateOf, type Identity, isOtherBoot, self } from '../../files/process-identity.ts'
import { closeFile, readText, wary } from '../../files/regular-file.ts'

/*
 * A run belongs to the process that its last owner file names: `owner`, then `owner.2` of the process that resumed it
 * after the first had died, and so on. An owner file is created only if its name is free and the owner before it is
 * dead; only a living process removes it, and only its own. So two processes that claim a dead run create the same
 * file, and one wins. A run folder that is a link has no owner: its files belong to another store.
 */

/** An owner writes to its file every half a minute: who can't ask for its process sees from it that it lives. */
const beat = 30_000
/** Shorter silence tells nothing: a beat may be late, and news of it too. */
const silence = 120_000

export const firstOwner = 'owner'
const nameOf = (n: number): string => (n === 1 ? firstOwner : `${firstOwner}.${n}`)
export const ownerText = (): string => `${JSON.stringify(self())}\n`

/** What keeps a run for this process. */
export interface RunLock {
  release(): void
}

/**
 * Takes a run whose owner is dead or gave it back; undefined when somebody has it or was faster. With `evenIfHeld` also
 * one whose owner may live.
 */
export function takeLock(folder: string, scratch: string, evenIfHeld = false): RunLock | undefined {
  if (isLink(folder)) return undefined
  const last = lastOwner(folder)
  if (last.live && !evenIfHeld) return undefined
  const path = join(folder, last.next)
  return putIfAbsent(scratch, path, ownerText()) ? holdLock(path) : undefined
}

/** The claim that stands in an owner file of this process. */
export function holdLock(path: string): RunLock {
  const timer = setInterval(() => touch(path), beat).unref()
  let held = true
  return {
    release() {
      // by now the file may be that of the next owner
      if (!held) return
      held = false
      clearInterval(timer)
      remove(path)
    },
  }
}

/** Writes what stands there: so the time is that of the file system, as for all others. */
function touch(path: string): void {
  try {
    const fd = openSync(path, constants.O_WRONLY | wary)
    try {
      const { nlink } = fstatSync(fd)
      if (nlink <= 1) writeSync(fd, '{', 0)
    } finally {
      closeFile(fd)
    }
  } catch {
    // the next one may succeed
  }
}

/** Removes all claims of a run that nobody will go on with; the last one first, so that a kill leaves no gap. */
export function removeLocks(folder: string): void {
  if (isLink(folder)) return
  let last = 0
  while (read(join(folder, nameOf(last + 1))) !== undefined) last++
  for (; last > 0; last--) remove(join(folder, nameOf(last)))
}

/** Whether a process that lives owns the run in this folder. */
export const hasLiveOwner = (folder: string): boolean => !isLink(folder) && lastOwner(folder).live

function lastOwner(folder: string): { readonly live: boolean; readonly next: string } {
  let path: string | undefined
  let text: string | undefined
  for (let n = 1; ; n++) {
    const name = nameOf(n)
    const found = read(join(folder, name))
    if (found === undefined) return { live: path !== undefined && isHeld(path, text), next: name }
    path = join(folder, name)
    text = found
  }
}

function read(path: string): string | undefined {
  try {
    return readText(path)
  } catch (error) {
    // who could be read at another time may live
    if (passing.has(errnoOf(error) ?? '')) throw storeFailed('read', path, error)
    return isThere(path) ? '' : undefined
  }
}

const passing = new Set(['EIO', 'EMFILE', 'ENFILE', 'ENOMEM'])

/** Nothing is there in a folder that can't be entered, or is none. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}

/** Whether the process that a file names lives. A file that says nothing was cut by a crash of the machine. */
export function isHeld(path: string, text = read(path)): boolean {
  const owner = identityIn(text ?? '')
  const fate = owner ? fateOf(owner) : 'dead'
  return owner && fate === 'unknown' ? givesSigns(path, owner) : fate === 'alive'
}

/**
 * Whether a process that can't be looked up from here counts as alive: for a day after its last beat. If it seems to
 * be of this machine before the last boot, it counts as dead at once: an owner on another machine with the same name
 * and id would have written a beat since that boot.
 */
function givesSigns(path: string, owner: Identity): boolean {
  if (untouched(path)) return false
  return !isOtherBoot(owner) || (ageOf(path) ?? 0) < Math.max(uptime() * 1000, silence)
}

function identityIn(text: string): Identity | undefined {
  try {
    const owner = parseJson(text)
    if (!isObject(owner) || typeof owner.pid !== 'number' || typeof owner.host !== 'string') return undefined
    const others = [owner.boot, owner.space, owner.start, owner.machine]
    return others.every((at) => at === undefined || typeof at === 'string') ? (owner as unknown as Identity) : undefined
  } catch {
    return undefined
  }
}
