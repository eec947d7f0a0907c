import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AttemptId,
  attemptFileNames,
  attemptName,
  attemptOfMarker,
  attemptsName,
  driverFolder,
  type FailedMarker,
  type Foreign,
  itemName,
  type Json,
  type MarkerKind,
  markerLimits,
  markerName,
  podsFolder,
  type Release,
  readDone,
  readFailed,
  readRelease,
  releaseName,
  type UnreadDone,
  uidPattern,
  type WorkItem,
} from '@millrace/ir'
import { ForeignFolder, makeFolder, OddFile, onDisk, replaceFile, storeFailed } from '@millrace/store'

/** A marker that was not given before. */
export interface News {
  readonly kind: MarkerKind
  readonly id: AttemptId
  /** Written by a driver, of a pod that could not. */
  readonly ours: boolean
}

/**
 * Through which the driver and the pods of one Job speak. What the driver writes, and reads again when it goes on, stands
 * where no pod can write; of what pods write nothing is taken on trust.
 */
export class JobFolder {
  readonly #own: string
  /** Absolute. */
  readonly #pods: string
  readonly #seen = new Set<string>()
  /** Those of them that pods wrote. */
  #foreign = 0
  #open: ForeignFolder | undefined
  /** Folders in it, opened for a look. */
  readonly #inner = new Map<string, ForeignFolder | undefined>()

  constructor(root: string, uid: string) {
    if (!uidPattern.test(uid)) throw new Error(`"${uid}" is no uid of a Job`)
    this.#own = join(root, driverFolder(uid))
    this.#pods = join(root, podsFolder(uid))
  }

  /** Writes what is to be done, and makes the folder that pods write to. */
  release(release: Release, items: readonly WorkItem[]): void {
    for (const folder of [join(this.#own, 'items'), this.#pods]) onDisk('create', folder, () => makeFolder(folder))
    openToGroup(this.#pods)
    for (const [i, item] of items.entries()) this.#write(itemName(i), item)
    this.#write(releaseName, release)
  }

  released(): Release | undefined {
    try {
      return readRelease(JSON.parse(readFileSync(join(this.#own, releaseName), 'utf8')) as Json)
    } catch {
      return undefined
    }
  }

  /** Tells of an attempt that could not do so itself: the next pod of its item counts it. */
  fail(id: AttemptId, failed: FailedMarker): void {
    const name = markerName(id)
    this.#seen.add(`ours/${name}`)
    onDisk('create', this.#own, () => makeFolder(join(this.#own, 'failed')))
    this.#write(join('failed', name), failed)
  }

  /** Keeps open what pods wrote, for all that `work` reads of it. @throws OddFile when it is no folder */
  look<T>(work: () => T): T {
    if (this.#open) return work()
    this.#open = ForeignFolder.open(this.#pods)
    try {
      return work()
    } finally {
      for (const folder of [...this.#inner.values(), this.#open]) folder?.close()
      this.#inner.clear()
      this.#open = undefined
    }
  }

  /**
   * Markers that were not given before: first those of drivers.
   *
   * @param most of pods, of all kinds and since the beginning: what was given counts also when it is gone
   * @throws OddFile when there are more, or where their folder is none
   */
  *news(most: number): Generator<News> {
    for (const name of namesIn(join(this.#own, 'failed'))) yield* this.#new('ours', 'failed', name)
    for (const kind of ['done', 'failed', 'stopped'] as const)
      for (const name of this.#folder(kind)?.names(most).sort() ?? []) yield* this.#new(kind, kind, name, most)
  }

  /** The same of one attempt: looks for its names alone. */
  *newsOf(id: AttemptId, most: number): Generator<News> {
    const name = markerName(id)
    if (existsSync(join(this.#own, 'failed', name))) yield* this.#new('ours', 'failed', name)
    for (const kind of ['done', 'failed', 'stopped'] as const)
      if (this.#folder(kind)?.has(name)) yield* this.#new(kind, kind, name, most)
  }

  *#new(who: string, kind: MarkerKind, name: string, most = Number.POSITIVE_INFINITY): Generator<News> {
    const seen = `${who}/${name}`
    if (this.#seen.has(seen)) return
    const id = attemptOfMarker(name)
    // one that is not whole yet has another name
    if (!id) return
    const ours = who === 'ours'
    if (!ours && this.#foreign++ >= most)
      throw new OddFile(kind, `has had more than ${most} markers, with others of its Job`)
    this.#seen.add(seen)
    yield { kind, id, ours }
  }

  /** A marker that can't be seen yet is looked at again. */
  forget({ kind, id, ours }: News): void {
    if (this.#seen.delete(`${ours ? 'ours' : kind}/${markerName(id)}`) && !ours) this.#foreign--
  }

  /** @throws OddFile */
  done(id: AttemptId): Foreign<UnreadDone> | undefined {
    const bytes = this.#marker('done', id)
    return bytes && readDone(bytes)
  }

  /** @throws OddFile */
  failed({ kind, id, ours }: News): Foreign<FailedMarker> | undefined {
    const bytes = ours ? bytesOf(join(this.#own, kind, markerName(id))) : this.#marker(kind, id)
    return bytes && readFailed(bytes)
  }

  /** What `work` makes of an attempt's folder, if it is there. @throws OddFile */
  attempt(id: AttemptId, work: (folder: ForeignFolder) => void): void {
    this.look(() => {
      this.#folder(attemptsName)?.within(attemptName(id), work)
    })
  }

  /** Where an attempt's artifacts lie; what stands there is foreign. */
  files(id: AttemptId): string {
    return join(this.#pods, attemptsName, attemptName(id), attemptFileNames.files)
  }

  /** A folder of it, opened once a look. @throws OddFile */
  #folder(name: string): ForeignFolder | undefined {
    if (!this.#inner.has(name)) this.#inner.set(name, this.#open?.inner(name))
    return this.#inner.get(name)
  }

  /** Some volumes show a name before its bytes. */
  #marker(kind: MarkerKind, id: AttemptId): Buffer | undefined {
    const most = kind === 'done' ? markerLimits.bytes : markerLimits.failedBytes
    const bytes = this.look(() => this.#folder(kind)?.read(markerName(id), most))
    return bytes && bytes.length > 0 ? bytes : undefined
  }

  #write(name: string, value: object): void {
    const path = join(this.#own, name)
    onDisk('write', path, () => replaceFile(path, JSON.stringify(value), { mode: 0o660, durable: true }))
  }
}

/** A pod of another user has only its group's rights. A kubelet that made the folder for a pod gave it the volume's. */
function openToGroup(folder: string): void {
  try {
    // even a chmod without effect changes the marks of inputs in the folder (storeMarkOf)
    if ((statSync(folder).mode & 0o7777) !== 0o2770) chmodSync(folder, 0o2770)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw storeFailed('create', folder, error)
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    // not there yet, or the volume lags: the next look tells
    return []
  }
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
