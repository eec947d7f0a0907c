import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Event, withChecksum } from '@millrace/ir'
import { put, putIfAbsent, remove, temporaryPath } from '../../files/atomic-write.ts'
import { errnoOf, onDisk, storeFailed } from '../../files/file-errors.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { isLink, refuseLink } from '../../files/own-folders.ts'
import { foldersIn } from '../../files/real-folder.ts'
import {
  firstOwner,
  hasLiveOwner,
  holdLock,
  isHeld,
  ownerText,
  removeLocks,
  takeLock,
} from '../coordination/run-lock.ts'
import { canGoOn } from './can-resume.ts'
import { JournalTail, readEvents } from './journal-reader.ts'
import { ResumedRuns } from './resumed-runs.ts'
import { type RunFolder, runFolder } from './run-folder.ts'
import { idPattern, newestOf, newId } from './run-id.ts'
import { RunIndex } from './run-index.ts'
import {
  bare,
  graphOf,
  infoOf,
  isCurrent,
  isSaved,
  journalOf,
  type RunInfo,
  type RunSummary,
  type SavedSummary,
  sameWork,
  savedSummary,
  summarize,
} from './run-summary.ts'

/** How often who follows a run looks, in milliseconds. */
const lookEvery = 200

/** The runs of a store. */
export interface Runs {
  /**
   * A new run, owned by this process.
   *
   * @param graph canonical JSON of the Graph, for whoever shows the run. Default: nobody can.
   */
  create(info: RunInfo, graph?: string): RunFolder
  /**
   * The last run of the same pipeline, parameters and plan whose last event isn't a succeeded `run.finished` and that
   * no live process owns; it is this process's from then on. Undefined when there is none.
   */
  resume(info: RunInfo, options?: ResumeOptions): RunFolder | undefined
  /** The run that `resume` would take. */
  resumable(info: RunInfo): RunSummary | undefined
  /** That which began or went on last first. */
  list(): RunSummary[]
  /** The one of a pipeline that began or went on last. */
  last(pipeline: string): RunSummary | undefined
  /** By id or by how the id begins; without, the last. */
  find(idOrPrefix?: string): RunSummary | undefined | 'ambiguous'
  /** What the journal holds; a line that a kill has cut is left out. */
  events(id: string): Iterable<Event>
  /** The same as it comes, until the run ends or nobody owns it any more; or until the signal is aborted. */
  follow(id: string, signal?: AbortSignal): AsyncIterable<Event>
  /** The run's folder. */
  path(id: string): string
  /** The names of the files in its folder `logs`. */
  logs(id: string): readonly string[]
  /** Creates or replaces a file in the run's folder; whoever reads it sees it whole. `mode`: who may. */
  write(id: string, name: string, text: string, mode?: number): void
}

export interface ResumeOptions {
  /**
   * Also a run whose owner may live: for a driver, whose forerunner was a process in another pod that nobody can ask.
   * Two that run at once are both right. Default false.
   */
  readonly evenIfHeld?: boolean
}

export class FolderRuns implements Runs {
  readonly #folder: string
  readonly #scratch: string
  /**
   * A file `<work>-<id>` for each run that hasn't succeeded, which says who began it: saves looking at all runs to find
   * one to resume.
   */
  readonly #open: string
  readonly #index: RunIndex<SavedSummary>
  readonly #resumed: ResumedRuns

  constructor(folder: string) {
    this.#folder = folder
    this.#scratch = join(folder, 'tmp')
    this.#open = join(folder, 'open')
    this.#index = new RunIndex(join(folder, 'summaries.jsonl'), this.#scratch, isSaved)
    this.#resumed = new ResumedRuns(join(folder, 'resumed'), this.#scratch)
  }

  create({ pipeline, plan, parameters }: RunInfo, graph?: string): RunFolder {
    const info = { pipeline, plan, parameters, started: new Date().toISOString() }
    const made = temporaryPath(this.#scratch)
    try {
      onDisk('create', this.#scratch, () => {
        makeFolder(made)
        // the parameters stand in the journal
        writeFileSync(infoOf(made), withChecksum({ pipeline, plan, started: info.started }))
        if (graph !== undefined) writeFileSync(graphOf(made), graph)
        writeFileSync(join(made, firstOwner), ownerText())
      })
      const id = this.#name(made, info)
      return this.#folderOf(id, info, holdLock(join(this.path(id), firstOwner)), false)
    } catch (error) {
      remove(made)
      throw error
    }
  }

  resume(info: RunInfo, { evenIfHeld = false }: ResumeOptions = {}): RunFolder | undefined {
    for (const id of this.#openIds(info)) {
      const summary = this.#unfinished(id, info)
      if (!summary || (summary.status === 'running' && !evenIfHeld) || !canGoOn(this.path(id))) continue
      const claimed = takeLock(this.path(id), this.#scratch, evenIfHeld)
      if (!claimed) continue
      if (this.#unfinished(id, info)) {
        this.#resumed.add(info.pipeline, id)
        return this.#folderOf(id, { ...info, started: summary.started }, claimed, true)
      }
      claimed.release()
    }
    return undefined
  }

  resumable(info: RunInfo): RunSummary | undefined {
    for (const id of this.#openIds(info)) {
      const summary = summarize(this.path(id), id)
      if (summary && !['succeeded', 'running'].includes(summary.status) && canGoOn(this.path(id))) return summary
    }
    return undefined
  }

  list(): RunSummary[] {
    const known = this.#index.read()
    const saved: SavedSummary[] = []
    let fresh = 0
    const runs = this.#ids().flatMap((id): RunSummary | [] => {
      const path = this.path(id)
      const indexed = known.get(id)
      const summary = indexed ?? savedSummary(path, id)
      if (!summary || !isCurrent(summary, path)) return summarize(path, id) ?? []
      saved.push(summary)
      if (!indexed) fresh++
      return bare(summary)
    })
    this.#index.write(saved, fresh)
    return this.#resumed.sorted(runs)
  }

  last(pipeline: string): RunSummary | undefined {
    for (const id of this.#ids()) {
      const summary = summarize(this.path(id), id)
      if (summary?.pipeline === pipeline) return this.#lastOf(summary, pipeline)
    }
    return undefined
  }

  /** The run that began last, or one that went on since. */
  #lastOf(begun: RunSummary | undefined, pipeline?: string): RunSummary | undefined {
    const later = this.#resumed.all(pipeline).filter(({ id, time }) => begun && id !== begun.id && time > begun.started)
    const [last] = later.sort((a, b) => (a.time < b.time ? 1 : -1))
    return (last && idPattern.test(last.id) && summarize(this.path(last.id), last.id)) || begun
  }

  find(idOrPrefix?: string): RunSummary | undefined | 'ambiguous' {
    const ids = this.#ids()
    if (idOrPrefix === undefined) return this.#lastOf(this.#first(ids))
    if (ids.includes(idOrPrefix)) return this.#first([idOrPrefix])
    const matching = ids.filter((id) => id.startsWith(idOrPrefix))
    return matching.length > 1 ? 'ambiguous' : this.#first(matching)
  }

  events(id: string): Iterable<Event> {
    return {
      [Symbol.iterator]: () => (isLink(this.path(id)) ? [] : readEvents(journalOf(this.path(id))))[Symbol.iterator](),
    }
  }

  async *follow(id: string, signal?: AbortSignal): AsyncGenerator<Event> {
    const folder = this.path(id)
    if (isLink(folder)) return
    const tail = new JournalTail(journalOf(folder))
    try {
      // the last look comes after its owner's end
      for (let lives = true; lives && !signal?.aborted; ) {
        lives = hasLiveOwner(folder)
        yield* tail.read()
        if (lives) await sleep(lookEvery, undefined, signal ? { signal } : {}).catch(() => {})
      }
    } finally {
      tail.close()
    }
  }

  path(id: string): string {
    return join(this.#folder, id)
  }

  logs(id: string): readonly string[] {
    if (isLink(this.path(id))) return []
    const folder = join(this.path(id), 'logs')
    refuseLink(folder)
    return this.#names(folder).filter((name) => /^[\w.+-]+\.log$/.test(name))
  }

  write(id: string, name: string, text: string, mode?: number): void {
    refuseLink(this.path(id))
    put(this.#scratch, join(this.path(id), name), text, mode)
  }

  /** Puts a run's folder in its place, under an id that no other has. Its mark is there before: a kill loses no run. */
  #name(made: string, info: RunInfo): string {
    for (;;) {
      const id = newId(newestOf(this.#folder, this.#ids()))
      const mark = this.#mark(info, id)
      if (!putIfAbsent(this.#scratch, mark, ownerText())) continue
      try {
        renameSync(made, this.path(id))
        return id
      } catch (error) {
        remove(mark)
        if (!existsSync(this.path(id))) throw storeFailed('create', this.path(id), error)
      }
    }
  }

  #folderOf(id: string, info: RunInfo & { started: string }, lock: { release(): void }, resumed: boolean): RunFolder {
    const done = () => this.#close(info, id)
    return runFolder({ id, path: this.path(id), scratch: this.#scratch, resumed, info, lock, done })
  }

  /** Of the same work, newest first; some of them may have succeeded. */
  #openIds(info: RunInfo): string[] {
    const work = `${sameWork(info)}-`
    const ids = this.#names(this.#open).flatMap((name) => (name.startsWith(work) ? [name.slice(work.length)] : []))
    return ids
      .filter((id) => idPattern.test(id))
      .sort()
      .reverse()
  }

  #unfinished(id: string, info: RunInfo): RunSummary | undefined {
    const summary = summarize(this.path(id), id)
    if (summary && summary.status !== 'succeeded') return summary
    // where a folder isn't yet, the process that marked the run may be about to put it there
    if (summary || !isHeld(this.#mark(info, id))) this.#close(info, id)
    return undefined
  }

  /** Nobody goes on with the run. The mark goes last: until then the next run of the same work does this. */
  #close(info: RunInfo, id: string): void {
    removeLocks(this.path(id))
    remove(this.#mark(info, id))
  }

  #mark(info: RunInfo, id: string): string {
    return join(this.#open, `${sameWork(info)}-${id}`)
  }

  #first(ids: readonly string[]): RunSummary | undefined {
    for (const id of ids) {
      const summary = summarize(this.path(id), id)
      if (summary) return summary
    }
    return undefined
  }

  #ids(): string[] {
    const ids = this.#names(this.#folder, foldersIn).filter((name) => idPattern.test(name))
    return ids.sort().reverse()
  }

  #names(folder: string, list: (folder: string) => string[] = readdirSync): string[] {
    try {
      return list(folder)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return []
      throw storeFailed('read', folder, error)
    }
  }
}
