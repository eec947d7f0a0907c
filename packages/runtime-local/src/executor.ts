import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import {
  type Digest,
  isDiagnosticError,
  type Json,
  mapArtifacts,
  optionsOf,
  type Plan,
  type PlanStage,
  type PlanStageSpec,
} from '@millrace/ir'
import { StageFailure, threw } from '@millrace/runner'
import { type Metric, outputDigest, type RunFolder, verifyArtifact } from '@millrace/store'
import { runAttempt } from './attempt.ts'
import type { AttemptRequest } from './attempt-request.ts'
import type { Call, CallResult } from './call-state.ts'
import type { Capacity, Share } from './capacity.ts'
import { forEvent } from './for-event.ts'
import type { Journal } from './journal.ts'
import type { LocalOptions } from './request.ts'
import { type Lease, Slots } from './slots.ts'
import { StageLog } from './stage-log.ts'

interface Surroundings {
  readonly plan: Plan
  readonly options: LocalOptions
  readonly machine: Capacity
  readonly folder: RunFolder
  readonly journal: Journal
  readonly cancel: AbortSignal
  readonly kill: AbortSignal
  share(node: PlanStage): Share
}

/** What an attempt made, before it is committed. */
export interface Made {
  readonly output: Json
  readonly digest: Digest
  readonly metrics: readonly Metric[]
  readonly attempt: string | undefined
  readonly inProcess: boolean
}

/** The last attempt at a call failed. */
export class CallFailed {
  readonly failure: StageFailure
  /** The end of the attempt's log. */
  readonly tail: string
  readonly attempt: number

  constructor(failure: StageFailure, tail: string, attempt: number) {
    this.failure = failure
    this.tail = tail
    this.attempt = attempt
  }
}

/** Runs calls: waits for room on the machine, makes attempts with back-off between them, commits what came out. */
export class Executor {
  readonly #around: Surroundings
  readonly #slots: Slots
  readonly #waiting = new Set<() => void>()

  constructor(around: Surroundings) {
    this.#around = around
    this.#slots = new Slots(around.machine, around.options.jobs)
  }

  /** Lets all who wait for room or for a retry go without. */
  clear(): void {
    this.#slots.clear()
    for (const leave of [...this.#waiting]) leave()
  }

  /**
   * `undefined`: cancelled.
   *
   * @throws CallFailed when the last attempt failed; a DiagnosticError when the store did
   */
  async execute(call: Call, commit: (made: Made) => Promise<CallResult> | CallResult): Promise<CallResult | undefined> {
    const { plan, cancel, journal } = this.#around
    const { retries } = optionsOf(plan, call.node)
    const place = { node: call.node.id, ...(call.index ? { index: call.index } : {}) }
    for (let attempt = 1; ; attempt++) {
      const share = this.#around.share(call.node)
      const lease = await this.#room(share)
      if (!lease) return undefined
      const log = this.#log(call, attempt)
      try {
        journal.emit({ event: 'stage.started', ...place, attempt, resources: share.resources })
        const began = performance.now()
        const made = await this.#attempt(call, attempt, share, lease, log)
        const result = await commit(made)
        const seconds = Math.round(performance.now() - began) / 1000
        journal.emit({ event: 'stage.succeeded', ...place, attempt, seconds, output: forEvent(result.output) })
        return result
      } catch (error) {
        if (!(error instanceof StageFailure)) throw error
        if (cancel.aborted) {
          journal.emit({ event: 'stage.cancelled', ...place, attempt, reason: 'the run was cancelled' })
          return undefined
        }
        if (!error.retry || attempt > retries) throw new CallFailed(error, log.tail, attempt)
        lease.release()
        if (!(await this.#backOff(call, attempt, error))) return undefined
      } finally {
        log.close()
        lease.release()
      }
    }
  }

  #room(share: Share): Promise<Lease | undefined> {
    if (this.#around.cancel.aborted) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const leave = () => {
        this.#waiting.delete(leave)
        resolve(undefined)
      }
      this.#waiting.add(leave)
      this.#slots.enter(share, (lease) => {
        this.#waiting.delete(leave)
        resolve(lease)
      })
    })
  }

  /** Exponential from 1 s to 30 s. Whether to go on. */
  #backOff(call: Call, attempt: number, failure: StageFailure): Promise<boolean> {
    const delay = Math.min(30_000, 1000 * 2 ** (attempt - 1))
    const { plan, options, journal } = this.#around
    journal.emit({
      event: 'stage.retried',
      node: call.node.id,
      ...(call.index ? { index: call.index } : {}),
      attempt,
      cause: failure.toDiagnostic(plan.pipeline, call.node.id, options.place(call.node.id)),
      next: new Date(Date.now() + delay).toISOString(),
    })
    return new Promise((resolve) => {
      const leave = () => {
        clearTimeout(timer)
        this.#waiting.delete(leave)
        resolve(!this.#around.cancel.aborted)
      }
      const timer = setTimeout(leave, delay)
      this.#waiting.add(leave)
    })
  }

  #log(call: Call, attempt: number): StageLog {
    const { folder, journal } = this.#around
    return new StageLog(
      () => folder.logFile(call.node.id, call.index, attempt),
      (message) =>
        journal.emit({
          event: 'log',
          node: call.node.id,
          ...(call.index ? { index: call.index } : {}),
          attempt,
          level: 'info',
          message,
        }),
    )
  }

  async #attempt(call: Call, attempt: number, share: Share, lease: Lease, log: StageLog): Promise<Made> {
    const { plan, options, journal, cancel, kill } = this.#around
    const { node, index } = call
    const spec = plan.stages[node.stage] as PlanStageSpec
    const place = { node: node.id, ...(index ? { index } : {}), attempt }
    const metrics: Metric[] = []
    const token = randomBytes(8).toString('hex')
    let folder: string | undefined
    await verifyInput(spec, node.id, call.args, options.verify === true)
    const request: AttemptRequest = {
      pipeline: plan.pipeline,
      node,
      spec,
      options: optionsOf(plan, node),
      key: call.key,
      input: call.args,
      attempt,
      share,
      gpus: lease.gpus,
      log,
      token,
      folder: () => {
        if (folder === undefined) {
          folder = options.store.attemptFolder(node.id, token)
          mkdirSync(`${folder}/files`, { recursive: true })
        }
        return folder
      },
      metric: (metric) => {
        metrics.push(metric)
        const { name, value, step } = metric
        journal.emit({ event: 'metric', ...place, name, value, ...(step === undefined ? {} : { step }) })
      },
      event: (level, message, data) => {
        log.keep(data === undefined ? message : `${message} ${JSON.stringify(data)}`)
        journal.emit({ event: 'log', ...place, level, message, ...(data === undefined ? {} : { data }) })
      },
      load: () => options.load(node.stage),
      child: () => options.child(node.stage),
      cancel,
      kill,
    }
    try {
      const { output, inProcess } = await runAttempt(request)
      const digest = outputDigest(spec.output, output)
      return { output, digest, metrics, attempt: folder, inProcess }
    } catch (error) {
      if (isDiagnosticError(error)) throw error
      throw threw(node.id, error)
    }
  }
}

/** A consumer verifies what it reads: the bytes must be those that were recorded. */
async function verifyInput(spec: PlanStageSpec, node: string, input: Json, full: boolean): Promise<void> {
  const pending: { path: string; digest: string; size: number; kind: 'file' | 'folder' }[] = []
  mapArtifacts(spec.input, input, (at, { kind }) => {
    pending.push({ ...(at as { path: string; digest: string; size: number }), kind })
    return at
  })
  for (const artifact of pending) {
    if (await verifyArtifact(artifact, artifact.kind, { full })) continue
    throw new StageFailure(
      'invalid-input',
      `"${node}" got the ${artifact.kind} "${artifact.path}", whose bytes are not those that were recorded`,
      'Run again: what is damaged is made anew.',
      { retry: false },
    )
  }
}
