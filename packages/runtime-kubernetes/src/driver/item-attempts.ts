import type { CallEvents } from '@millrace/engine'
import { type AttemptId, dataError, optionsOf, type Plan } from '@millrace/ir'
import type { OddFile, RunFolder } from '@millrace/store'
import type { Cluster } from '../api/cluster.ts'
import type { Exit } from '../api/views.ts'
import { attemptRefused, type Cause, causeOfExit, neverStarted, podLost, runAgain } from './failures.ts'
import type { ItemCall } from './item-call.ts'
import type { JobRun } from './job-run.ts'
import { diagnosticOf, type Outcomes } from './outcomes.ts'
import { Attempt } from './pod-attempt.ts'

/** Failed starts of an item that are forgiven; its Job makes two pods beyond `retries`. */
const startsForgiven = 2
/** The back-off of the Job controller (Kubernetes). */
const firstBackOff = 10_000

export interface Dependencies {
  readonly plan: Plan
  readonly root: string
  readonly folder: RunFolder
  readonly events: CallEvents
  readonly cluster: Cluster
  /** The command that runs again what ended. */
  readonly again: string
}

/** The attempts at items: which there are, how each ends, and whether another follows. */
export class ItemAttempts {
  readonly #dependencies: Dependencies
  readonly #outcomes: Outcomes
  readonly #heldLogs = { bytes: 0 }

  constructor(dependencies: Dependencies, outcomes: Outcomes) {
    this.#dependencies = dependencies
    this.#outcomes = outcomes
  }

  /** A kubelet that restarts, or a device that is not there, is none of the stage's failures: its Job makes another. */
  unstarted(run: JobRun, item: ItemCall, pod: string, exit: Exit): void {
    item.unstarted.add(pod)
    run.reported = true
    if (item.unstarted.size <= startsForgiven) return this.waits(run, item, `${exit.reason}: ${exit.message}`)
    const cause = neverStarted(run.node, exit)
    const fix = run.endedBefore ? runAgain(this.#dependencies.again) : cause.fix
    this.#outcomes.failed(run, item, undefined, { ...cause, fix })
  }

  /** A container ended, and there is no marker that tells why. */
  fell(run: JobRun, item: ItemCall, attempt: Attempt): void {
    if (attempt.failed || !attempt.exit) return
    attempt.end()
    const { exit, cause = causeOfExit(run.node, exit) } = attempt
    if (attempt.odd) return this.refused(run, item, attempt, attempt.odd)
    this.failedHere(run, item, attempt, cause, exit.code !== dataError)
  }

  /** What an attempt left is odd: it failed, and who goes on after this driver knows it. */
  refused(run: JobRun, item: ItemCall, attempt: Attempt, { path, message }: Pick<OddFile, 'path' | 'message'>): void {
    this.failedHere(run, item, attempt, attemptRefused(run.node, path, message), false)
  }

  failedHere(run: JobRun, item: ItemCall, attempt: Attempt, cause: Cause, retry: boolean): void {
    const id = { index: item.place, pod: attempt.pod }
    run.folder?.fail(id, { cause: diagnosticOf(this.#dependencies.plan, item.call, cause), retry, log: attempt.tail })
    this.failed(run, item, attempt, cause, retry)
  }

  /** One sentence a Job: its other items wait for the same. */
  waits(run: JobRun, item: ItemCall, reason: string): void {
    if (run.waitReason === reason) return
    run.waitReason = reason
    this.#outcomes.waiting(item.call, item.attempts.size + 1, reason)
  }

  /** The attempt of a pod; undefined where an earlier one of its item ended the item. */
  of(run: JobRun, item: ItemCall, id: AttemptId): Attempt | undefined {
    return item.attempts.get(id.pod) ?? this.begun(run, item, id)
  }

  begun(run: JobRun, item: ItemCall, id: AttemptId): Attempt | undefined {
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
    run.running.add(item)
    events.started(call, number, item.item.resources)
    return attempt
  }

  /** Of one item there is one pod at a time: with the next, the one before it is over. */
  #lost(run: JobRun, item: ItemCall): void {
    const before = openAttempt(item)
    if (!before) return
    if (before.exit) return this.fell(run, item, before)
    before.end()
    if (before.odd) return this.refused(run, item, before, before.odd)
    before.failed = true
    this.#outcomes.retried(item, before, podLost(run.node), new Date().toISOString())
  }

  failed(run: JobRun, item: ItemCall, attempt: Attempt, cause: Cause, retry: boolean, log?: string): void {
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
export const openAttempt = ({ latest }: ItemCall): Attempt | undefined => (latest?.failed ? undefined : latest)
