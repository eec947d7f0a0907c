import type { CallEvents } from '@millrace/engine'
import { type AttemptId, dataError, markerName, optionsOf, type Plan } from '@millrace/ir'
import { OddFile, type RunFolder } from '@millrace/store'
import { type Cluster, ClusterError } from '../api/cluster.ts'
import type { Exit, PodView } from '../api/views.ts'
import { attemptRefused, type Cause, causeOfExit, neverStarted, podLost, runAgain } from './failures.ts'
import type { ItemCall } from './item-call.ts'
import type { JobFolder, News } from './job-folder.ts'
import type { JobRun } from './job-run.ts'
import { isOfRelease, madeBy, mostMarkers } from './made-by.ts'
import { diagnosticOf, type Outcomes, openItems } from './outcomes.ts'
import { Attempt } from './pod-attempt.ts'

/** How long a pod that failed may still be about to say why, in milliseconds. */
const lastWords = 1000
/** As many as a Job makes beyond the retries of its stage. */
const startsForgiven = 2
/** The back-off of the Job controller (Kubernetes). */
const firstBackOff = 10_000
/** How long what one Job wrote may take of a look, in milliseconds: the rest waits. */
const turn = 200

interface Dependencies {
  readonly plan: Plan
  readonly root: string
  readonly folder: RunFolder
  readonly events: CallEvents
  readonly cluster: Cluster
  /** The command that runs again what ended. */
  readonly again: string
}

/** Follows the pods of released Jobs: what the cluster tells of them, and what they write into the store. */
export class PodWatcher {
  readonly #dependencies: Dependencies
  readonly #outcomes: Outcomes
  readonly #byJob: ReadonlyMap<string, JobRun>
  /** By Job and uid. What was told of pods before their Job was followed counts too. */
  readonly #views = new Map<string, Map<string, PodView>>()
  readonly #heldLogs = { bytes: 0 }

  constructor(dependencies: Dependencies, runs: Iterable<JobRun>, outcomes: Outcomes) {
    this.#dependencies = dependencies
    this.#outcomes = outcomes
    this.#byJob = new Map(Array.from(runs, (run) => [run.job.name, run]))
  }

  /** Follows the pods of a Job from now on: what was written first, then what runs. */
  begin(run: JobRun): void {
    this.look(run)
    for (const view of this.#views.get(run.job.name)?.values() ?? []) this.#seen(run, view)
  }

  saw(view: PodView): void {
    const run = this.#byJob.get(view.job)
    if (!run) return
    const views = this.#views.get(view.job) ?? new Map<string, PodView>()
    this.#views.set(view.job, views.set(view.uid, view))
    if (run.phase === 'runs') this.#seen(run, view)
  }

  sawNone(uid: string, job: string): void {
    this.#views.get(job)?.delete(uid)
  }

  #seen(run: JobRun, view: PodView): void {
    const item = view.jobUid === run.uid ? run.items[view.index] : undefined
    // those before it, or itself, may have written what nobody has read yet
    if (view.begun && item && !item.ended && !item.attempts.has(view.uid)) this.look(run)
    if (!item || item.ended) return
    const id = { index: view.index, pod: view.uid }
    const over = view.phase === 'Failed' || view.phase === 'Succeeded'
    // a list tells of pods in any order: the one that runs is the last
    if (over && !item.attempts.has(view.uid) && openAttempt(item)) return
    if (view.begun && !this.#attempt(run, item, id)) return
    if (!view.begun && view.waits !== undefined && view.phase === 'Pending') {
      run.reported = true
      this.#waits(run, item, view.waits)
    }
    const { exit } = view
    if (!exit || view.phase !== 'Failed' || view.disrupted || view.deleted) return
    if (!view.begun && exit.reason !== 'DeadlineExceeded') return this.#unstarted(run, item, view.uid, exit)
    const attempt = this.#attempt(run, item, id)
    if (!attempt || attempt.exit) return
    attempt.exit = exit
    setTimeout(() => {
      try {
        this.look(run)
        if (!item.ended) this.#fell(run, item, attempt)
      } catch (error) {
        this.#outcomes.broken(error)
      }
    }, lastWords)
  }

  /** A kubelet that restarts, or a device that is not there, is none of the stage's failures: its Job makes another. */
  #unstarted(run: JobRun, item: ItemCall, pod: string, exit: Exit): void {
    item.unstarted.add(pod)
    run.reported = true
    if (item.unstarted.size <= startsForgiven) return this.#waits(run, item, `${exit.reason}: ${exit.message}`)
    const cause = neverStarted(run.node, exit)
    const fix = run.endedBefore ? runAgain(this.#dependencies.again) : cause.fix
    this.#outcomes.failed(run, item, undefined, { ...cause, fix })
  }

  /** A container ended, and there is no marker that tells why. */
  #fell(run: JobRun, item: ItemCall, attempt: Attempt): void {
    if (attempt.failed || !attempt.exit) return
    attempt.end()
    const { exit, cause = causeOfExit(run.node, exit) } = attempt
    if (attempt.odd) return this.#refused(run, item, attempt, attempt.odd)
    this.#failedHere(run, item, attempt, cause, exit.code !== dataError)
  }

  /** What an attempt left is odd: it failed, and who goes on after this driver knows it. */
  #refused(run: JobRun, item: ItemCall, attempt: Attempt, { path, message }: Pick<OddFile, 'path' | 'message'>): void {
    this.#failedHere(run, item, attempt, attemptRefused(run.node, path, message), false)
  }

  #failedHere(run: JobRun, item: ItemCall, attempt: Attempt, cause: Cause, retry: boolean): void {
    const id = { index: run.items.indexOf(item), pod: attempt.pod }
    run.folder?.fail(id, { cause: diagnosticOf(this.#dependencies.plan, item.call, cause), retry, log: attempt.tail })
    this.#failed(run, item, attempt, cause, retry)
  }

  /** Asks what is told of Jobs that were released and have no pod that could say what it waits for. */
  async ask(): Promise<void> {
    const silent = [...this.#byJob.values()].filter((run) => run.phase === 'runs' && !run.reported)
    if (silent.length === 0) return
    try {
      const told = await this.#dependencies.cluster.events()
      for (const run of silent) {
        const { name } = run.job
        const last = told.filter((one) => one.name === name || one.name.startsWith(`${name}-`)).at(-1)
        const [item] = openItems(run)
        if (last && item) this.#waits(run, item, `${last.reason}: ${last.message}`)
      }
    } catch (error) {
      if (!(error instanceof ClusterError)) this.#outcomes.broken(error)
    }
  }

  /** What the pods of a Job wrote since the last look. */
  look(run: JobRun): void {
    const { folder } = run
    if (!folder || openItems(run).length === 0) return
    const until = performance.now() + turn
    try {
      folder.look(() => {
        for (const news of folder.news(mostMarkers(this.#dependencies.plan, run))) {
          this.#hear(run, folder, news)
          if (performance.now() > until) break
        }
        for (const attempt of openAttempts(run)) {
          attempt.look()
          if (performance.now() > until) break
        }
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
    try {
      if (news.kind === 'done') this.#done(run, item, folder, news)
      else this.#told(run, item, folder, news)
    } catch (error) {
      if (!(error instanceof OddFile)) throw error
      this.#oddMarker(run, item, news, error)
    }
  }

  #oddMarker(run: JobRun, item: ItemCall, { id }: News, odd: Pick<OddFile, 'path' | 'message'>): void {
    const attempt = this.#attempt(run, item, id)
    if (!attempt || attempt.failed) return
    attempt.end()
    this.#refused(run, item, attempt, odd)
  }

  /** One sentence a Job: its other items wait for the same. */
  #waits(run: JobRun, item: ItemCall, reason: string): void {
    if (run.waitReason === reason) return
    run.waitReason = reason
    this.#outcomes.waiting(item.call, item.attempts.size + 1, reason)
  }

  /** The attempt of a pod; undefined where an earlier one of its item ended the item. */
  #attempt(run: JobRun, item: ItemCall, id: AttemptId): Attempt | undefined {
    return item.attempts.get(id.pod) ?? this.#begun(run, item, id)
  }

  #begun(run: JobRun, item: ItemCall, id: AttemptId): Attempt | undefined {
    this.#lost(run, item)
    if (item.ended) return undefined
    run.reported = true
    const { events, folder } = this.#dependencies
    const { call } = item
    const number = item.attempts.size + 1
    const attempt = new Attempt(number, id.pod, {
      inFolder: (work) => run.folder?.attempt(id, work),
      heldLogs: this.#heldLogs,
      logFile: () => folder.logFile(call.node.id, call.index, number),
      metric: (metric) => events.metric(call, number, metric),
      log: (line) => events.log(call, number, line),
    })
    item.attempts.set(id.pod, attempt)
    item.latest = attempt
    events.started(call, number, item.item.resources)
    return attempt
  }

  /** Of one item there is one pod at a time: with the next, the one before it is over. */
  #lost(run: JobRun, item: ItemCall): void {
    const before = openAttempt(item)
    if (!before) return
    if (before.exit) return this.#fell(run, item, before)
    before.end()
    if (before.odd) return this.#refused(run, item, before, before.odd)
    before.failed = true
    this.#outcomes.retried(item, before, podLost(run.node), new Date().toISOString())
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
    // one that was told as lost, or as before another, has ended well after all
    const known = this.#attempt(run, item, id)
    const attempt = known?.failed ? this.#begun(run, item, id) : known
    if (!attempt) return
    attempt.end()
    if (attempt.odd) return this.#refused(run, item, attempt, attempt.odd)
    attempt.measured(marker.metrics)
    const made = madeBy(run, item.item, folder.files(id), marker, this.#dependencies)
    if ('code' in made) return this.#failedHere(run, item, attempt, made, false)
    item.ended = true
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
    const attempt = this.#attempt(run, item, id)
    if (!attempt || attempt.failed) return
    attempt.end()
    if (attempt.odd && !ours) return this.#refused(run, item, attempt, attempt.odd)
    const { cause, retry, log } = read.value
    attempt.cause = cause
    // what deletes or evicts a pod says so to its process first: the cluster tells whose doing it was
    if (kind === 'stopped') return
    this.#failed(run, item, attempt, cause, retry, log)
  }

  #failed(run: JobRun, item: ItemCall, attempt: Attempt, cause: Cause, retry: boolean, log?: string): void {
    attempt.failed = true
    item.failures++
    const { retries } = optionsOf(this.#dependencies.plan, run.node)
    if (!retry || item.failures > retries) {
      // it failed under a driver before this one, and its Job never runs again by itself
      const fix = run.endedBefore ? runAgain(this.#dependencies.again) : cause.fix
      return this.#outcomes.failed(run, item, attempt, { ...cause, fix }, log)
    }
    const next = new Date(Date.now() + firstBackOff * 2 ** (item.failures - 1)).toISOString()
    this.#outcomes.retried(item, attempt, cause, next)
  }
}

/** The attempt that has not been told as failed; there is one at most. */
const openAttempt = ({ latest }: ItemCall): Attempt | undefined => (latest?.failed ? undefined : latest)

/** Those that have waited longest for a look come first. */
const openAttempts = (run: JobRun): Attempt[] =>
  openItems(run)
    .flatMap((item) => openAttempt(item) ?? [])
    .sort((a, b) => a.looked - b.looked)
