import { markerName } from '@millrace/ir'
import { OddFile } from '@millrace/store'
import type { PodView } from '../api/views.ts'
import { attemptRefused } from './failures.ts'
import { type Dependencies, type ItemAttempts, openAttempt } from './item-attempts.ts'
import type { ItemCall } from './item-call.ts'
import type { JobFolder, News } from './job-folder.ts'
import { endItem, type JobRun, openItems } from './job-run.ts'
import { isOfRelease, madeBy, mostMarkers } from './made-by.ts'
import type { Outcomes } from './outcomes.ts'
import type { Attempt } from './pod-attempt.ts'

/** How often all that the pods of a Job wrote is listed, in milliseconds; of one with few items at every look. */
const listEvery = 30_000
/** How long what one Job wrote may take of a look, in milliseconds: the rest waits. */
const turn = 200

/** Reads what pods leave in the store: markers, and what attempts that run write on the way. */
export class MarkerWatch {
  readonly #dependencies: Dependencies
  readonly #attempts: ItemAttempts
  readonly #outcomes: Outcomes

  constructor(dependencies: Dependencies, attempts: ItemAttempts, outcomes: Outcomes) {
    this.#dependencies = dependencies
    this.#attempts = attempts
    this.#outcomes = outcomes
  }

  /** What the pods of a Job wrote, also those that nobody has told of: reads its folders' lists. */
  look(run: JobRun): void {
    run.listedAt = performance.now()
    this.#within(run, (folder, most) => folder.news(most))
  }

  /** What the pods of a Job wrote that are known to run: a list of all is read now and then only. */
  lookOn(run: JobRun): void {
    const late = performance.now() - run.listedAt >= listEvery
    // list all now: once the Job has ended, a marker that is missing never comes
    if (isSmall(run) || late || run.endedAt !== undefined) return this.look(run)
    this.#within(run, function* (folder, most) {
      for (const item of run.running) {
        const attempt = openAttempt(item)
        if (attempt) yield* folder.newsOf({ index: item.place, pod: attempt.pod }, most)
      }
    })
  }

  /** What one pod, and those before it, wrote for their item. */
  lookAt(run: JobRun, item: ItemCall, { uid }: PodView): void {
    this.#read(run, function* (folder, most) {
      for (const pod of new Set([...item.attempts.keys(), uid])) yield* folder.newsOf({ index: item.place, pod }, most)
    })
  }

  /** Markers, then what attempts wrote that run. */
  #within(run: JobRun, newsIn: (folder: JobFolder, most: number) => Iterable<News>): void {
    const until = performance.now() + turn
    this.#read(run, newsIn, until, () => {
      for (const attempt of openAttempts(run)) {
        attempt.look()
        if (performance.now() > until) break
      }
    })
  }

  #read(
    run: JobRun,
    newsIn: (folder: JobFolder, most: number) => Iterable<News>,
    until = performance.now() + turn,
    then: () => void = () => {},
  ): void {
    const { folder } = run
    if (!folder || run.openItems === 0) return
    try {
      folder.look(() => {
        for (const news of newsIn(folder, mostMarkers(this.#dependencies.plan, run))) {
          this.#hear(run, folder, news)
          if (performance.now() > until) break
        }
        then()
      })
    } catch (error) {
      if (!(error instanceof OddFile)) throw error
      const cause = attemptRefused(run.node, error.path, error.message)
      for (const item of openItems(run)) this.#outcomes.failed(run, item, openAttempt(item), cause)
    }
  }

  #hear(run: JobRun, folder: JobFolder, news: News): void {
    const item = run.items[news.id.index]
    if (!item || item.ended) return
    // a failure of an unknown pod, while another is open: the list doesn't say which came first, so wait
    const isEarly = !isSmall(run) && run.endedAt === undefined && news.kind !== 'done'
    if (isEarly && !item.attempts.has(news.id.pod) && openAttempt(item)) return folder.forget(news)
    try {
      if (news.kind === 'done') this.#done(run, item, folder, news)
      else this.#told(run, item, folder, news)
    } catch (error) {
      if (!(error instanceof OddFile)) throw error
      this.#oddMarker(run, item, news, error)
    }
  }

  #oddMarker(run: JobRun, item: ItemCall, { id }: News, odd: Pick<OddFile, 'path' | 'message'>): void {
    const attempt = this.#attempts.of(run, item, id)
    if (!attempt || attempt.failed) return
    attempt.end()
    this.#attempts.refused(run, item, attempt, odd)
  }

  #done(run: JobRun, item: ItemCall, folder: JobFolder, news: News): void {
    const { id } = news
    const read = folder.done(id)
    if (!read) return folder.forget(news)
    const path = `done/${markerName(id)}`
    if ('odd' in read) return this.#oddMarker(run, item, news, { path, message: `is no marker: ${read.odd}` })
    if (!isOfRelease(run, read.value, id)) return
    if (read.value.index !== id.index || read.value.codeDigest !== item.item.codeDigest)
      return this.#oddMarker(run, item, news, { path, message: 'is no marker of this attempt' })
    const all = read.value.read()
    if ('odd' in all) return this.#oddMarker(run, item, news, { path, message: `is no marker: ${all.odd}` })
    const marker = all.value
    // an attempt that was told as lost, or as replaced by another, has succeeded after all
    const known = this.#attempts.of(run, item, id)
    const attempt = known?.failed ? this.#attempts.begun(run, item, id) : known
    if (!attempt) return
    attempt.end()
    if (attempt.odd) return this.#attempts.refused(run, item, attempt, attempt.odd)
    attempt.measured(marker.metrics)
    const made = madeBy(run, item.item, folder.files(id), marker, this.#dependencies)
    if ('code' in made) return this.#attempts.failedHere(run, item, attempt, made, false)
    endItem(run, item)
    this.#outcomes.succeeded(item, attempt, made)
  }

  #told(run: JobRun, item: ItemCall, folder: JobFolder, news: News): void {
    const { id, kind, ours } = news
    const read = folder.failed(news)
    if (!read) return folder.forget(news)
    if ('odd' in read) {
      const path = `${kind}/${markerName(id)}`
      return this.#oddMarker(run, item, news, { path, message: `is no marker: ${read.odd}` })
    }
    const attempt = this.#attempts.of(run, item, id)
    if (!attempt || attempt.failed) return
    attempt.end()
    if (attempt.odd && !ours) return this.#attempts.refused(run, item, attempt, attempt.odd)
    const { cause, retry, log } = read.value
    attempt.cause = cause
    // what deletes or evicts a pod says so to its process first: the cluster tells whose doing it was
    if (kind === 'stopped') return
    this.#attempts.failed(run, item, attempt, cause, retry, log)
  }
}

/** Whether all that its pods wrote is listed at every look. */
export const isSmall = ({ items, fewItems }: JobRun): boolean => items.length <= fewItems

/** Those that have waited longest for a look come first. */
const openAttempts = ({ running }: JobRun): Attempt[] =>
  [...running].flatMap((item) => openAttempt(item) ?? []).sort((a, b) => a.looked - b.looked)
