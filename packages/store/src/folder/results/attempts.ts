import { readdirSync, renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Digest, hexOf, isDigest, parseJson } from '@millrace/ir'
import { remove, temporaryPath, withFolder } from '../../files/atomic-write.ts'
import { errnoOf, onDisk, openToAppend, writeAll } from '../../files/file-errors.ts'
import { linesOf } from '../../files/lines-of.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { isLink, refuseLink } from '../../files/own-folders.ts'
import { closeFile, readText } from '../../files/regular-file.ts'
import { safeName } from '../../files/safe-name.ts'
import { tryOr } from '../../files/try-or.ts'
import { markForDeletion } from '../coordination/deletion-marks.ts'
import { usedNow } from '../coordination/references.ts'
import { hasLiveOwner } from '../coordination/run-lock.ts'
import { manifestPattern } from './manifest.ts'

/*
 * `attempts/.open/<run>-<random>` has a line for each attempt that a process began for a run, and for each that ended;
 * it goes when all have ended. Where nobody owns the run any more, the attempts that did not end were cut short: nothing
 * of them is of use, unless their result was committed just before. The next run of the store removes them, whatever it
 * runs: half a file may have many gigabytes.
 */

/** The attempts that this process makes for a run. */
export interface Attempts {
  /**
   * The folder of an attempt, created: `attempts/<node>/<run>-<attempt>`.
   *
   * @param key under which its result is to be committed; none when it isn't kept
   */
  begin(node: string, attempt: string, key?: Digest): string
  /** It came to an end: its result is committed, or it failed, and somebody may want to see its files. */
  end(folder: string): void
  /** The same for one whose result another attempt had committed before: its files are removed. */
  discard(folder: string): void
}

interface Begun {
  readonly attempt: string
  readonly key?: Digest
}

const recordsOf = (root: string): string => join(root, 'attempts', '.open')

export class FolderAttempts implements Attempts {
  readonly #root: string
  readonly #run: string
  readonly #open = new Map<string, Begun>()
  #record: { readonly path: string; readonly fd: number } | undefined

  constructor(root: string, run: string) {
    this.#root = root
    this.#run = run
    removeCutShort(root, run)
  }

  begin(node: string, attempt: string, key?: Digest): string {
    const folder = join(this.#root, 'attempts', safeName(node), safeName(`${this.#run}-${attempt}`))
    const begun = { attempt: nameOf(folder), ...(key === undefined ? {} : { key }) }
    this.#write(begun)
    this.#open.set(folder, begun)
    refuseLink(dirname(folder))
    onDisk('create', folder, () => makeFolder(folder))
    return folder
  }

  end(folder: string): void {
    if (this.#open.delete(folder)) this.#write({ ended: nameOf(folder) })
  }

  discard(folder: string): void {
    const begun = this.#open.get(folder)
    const root = this.#root
    if (begun && !isNamed(root, begun)) withoutUse(root, [begun], ({ attempt }) => removeAttempt(root, attempt))
    this.end(folder)
  }

  close(): void {
    if (!this.#record) return
    closeFile(this.#record.fd)
    if (this.#open.size === 0) remove(this.#record.path)
    this.#record = undefined
  }

  #write(line: object): void {
    const { path, fd } = this.#opened()
    onDisk('write', path, () => writeAll(fd, Buffer.from(`${JSON.stringify(line)}\n`)))
  }

  #opened() {
    if (this.#record) return this.#record
    const path = join(recordsOf(this.#root), `${this.#run}-${basename(temporaryPath('')).slice(-12)}`)
    const fd = onDisk('create', path, () => withFolder(path, () => openToAppend(path)))
    this.#record = { path, fd }
    return this.#record
  }
}

const nameOf = (folder: string): string => `${basename(dirname(folder))}/${basename(folder)}`

/** What an earlier process left of the run that this one owns now is among it. */
function removeCutShort(root: string, own: string): void {
  for (const name of namesIn(recordsOf(root))) {
    const [, run] = /^(.+)-[0-9a-f]{12}$/.exec(name) ?? []
    if (name.startsWith('.') || run === undefined) continue
    if (run !== own && hasLiveOwner(join(root, 'runs', run))) continue
    const path = join(recordsOf(root), name)
    const unnamed = cutShort(path).filter((begun) => !isNamed(root, begun))
    const left = unnamed.length > 0 ? withoutUse(root, unnamed, ({ attempt }) => removeAttempt(root, attempt)) : []
    if (left.length === 0) remove(path)
  }
}

/**
 * Removes those that no run uses, and gives the others: a manifest may have named one before --fresh replaced it.
 * See prune.ts for how this is safe.
 */
function withoutUse(root: string, unnamed: readonly Begun[], removed: (begun: Begun) => boolean): readonly Begun[] {
  const names = unnamed.map((begun) => begun.attempt)
  const unmark = tryOr(undefined, () => markForDeletion(root, join(root, 'results', 'tmp'), names))
  if (!unmark) return unnamed
  try {
    const used = usedNow(root)
    return unnamed.filter((begun) => used.has(begun.attempt) || !removed(begun))
  } finally {
    unmark()
  }
}

/** At once for all who look; tells whether it is gone. */
function removeAttempt(root: string, attempt: string): boolean {
  if (isLink(join(root, 'attempts', dirname(attempt)))) return true
  const aside = temporaryPath(recordsOf(root))
  try {
    renameSync(join(root, 'attempts', attempt), aside)
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
  }
  remove(aside)
  return true
}

/** Whether a manifest of the key names the attempt, or can't be read. */
function isNamed(root: string, { attempt, key }: Begun): boolean {
  if (key === undefined) return false
  const hex = hexOf(key)
  const folder = join(root, 'results', hex.slice(0, 2), hex)
  try {
    const names = readdirSync(folder).filter((name) => manifestPattern.test(name))
    return names.some((name) => readText(join(folder, name)).includes(`attempts/${attempt}`))
  } catch (error) {
    return errnoOf(error) !== 'ENOENT'
  }
}

/** The attempts of a record that did not end. A line that a kill cut says nothing. */
function cutShort(path: string): Begun[] {
  const open = new Map<string, Begun>()
  for (const line of linesOf(tryOr(undefined, () => readText(path)) ?? '')) {
    const {
      attempt: name,
      ended,
      key,
    } = (tryOr(undefined, () => parseJson(line)) ?? {}) as { readonly [field: string]: unknown }
    if (isAttempt(name) && (key === undefined || isDigest(key))) open.set(name, { attempt: name, ...(key && { key }) })
    else if (isAttempt(ended)) open.delete(ended)
  }
  return [...open.values()]
}

/** The names of two folders, as this store gives them. */
function isAttempt(value: unknown): value is string {
  const parts = typeof value === 'string' ? value.split('/') : []
  return parts.length === 2 && parts.every((part) => safeName(part) === part)
}

const namesIn = (folder: string): string[] => tryOr(undefined, () => readdirSync(folder)) ?? []
