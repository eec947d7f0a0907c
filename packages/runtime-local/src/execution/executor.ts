import type { Call, CallResult } from '@millrace/engine'
import { type Diagnostic, formatDiagnostic, optionsOf, type PlanStageSpec } from '@millrace/ir'
import { StageFailure } from '@millrace/runner'
import { StageLog } from '../attempts/stage-log.ts'
import { callLocation } from '../local-options.ts'
import { gpuTypes, type Share } from '../machine/capacity.ts'
import { type Lease, Slots } from '../machine/slots.ts'
import { Waiting } from '../machine/waiting.ts'
import { SiteChooser } from '../workers/site-chooser.ts'
import { CallAttempt, type Dependencies, type Made } from './call-attempt.ts'

/** What became of a call, told once for each that entered. */
export interface Outcomes {
  commit(call: Call, made: Made): Promise<CallResult> | CallResult
  succeeded(call: Call, result: CallResult): void
  /** After the last attempt; `tail` is the end of its log. */
  failed(call: Call, failure: StageFailure, attempt: number, tail: string): void
  /** A cancel kept it from ending. */
  left(call: Call): void
  /** The store failed, or Millrace did. */
  broken(error: unknown): void
}

/** An attempt that waits for room. */
interface Entry {
  readonly call: Call
  readonly attempt: number
}

/** Runs calls: waits for room on the machine, makes attempts with back-off between them, commits what came out. */
export class Executor {
  readonly #dependencies: Dependencies
  readonly #outcomes: Outcomes
  readonly #slots: Slots<Entry>
  readonly #waiting: Waiting<Entry>
  readonly #places: SiteChooser
  /** Calls between two attempts, with the way to end their wait. */
  readonly #backingOff = new Map<Call, () => void>()

  constructor(dependencies: Dependencies, outcomes: Outcomes) {
    this.#dependencies = dependencies
    this.#outcomes = outcomes
    this.#slots = new Slots(dependencies.machine, dependencies.options.jobs, () => gpuTypes(dependencies.plan))
    this.#places = new SiteChooser(dependencies.plan, dependencies.options, dependencies.machine)
    this.#waiting = new Waiting(
      () => this.#slots.first(),
      ({ call, attempt }, reason) => {
        try {
          dependencies.events.waiting(call, attempt, reason)
        } catch (error) {
          outcomes.broken(error)
        }
      },
    )
  }

  /** Lets all who wait for room or for a retry go without. */
  clear(): void {
    const told = this.#waiting.end()
    const entries = this.#slots.clear()
    const waiting = [...entries.map(({ call }) => call), ...this.#backingOff.keys()]
    const reason = (this.#dependencies.stop.reason as Error).message
    for (const end of this.#backingOff.values()) end()
    // the other calls have had no event so far
    const heard = entries.filter((entry) => entry.attempt > 1 || told.has(entry)).map(({ call }) => call)
    for (const call of [...this.#backingOff.keys(), ...heard])
      this.#dependencies.events.cancelled(call, undefined, reason)
    this.#backingOff.clear()
    for (const call of waiting) this.#outcomes.left(call)
  }

  /** Nothing more will enter. */
  close(): void {
    this.#places.close()
  }

  enter(call: Call, attempt = 1): void {
    const share = this.#dependencies.share(call.node)
    this.#slots.enter(share, { call, attempt }, (lease) => {
      void this.#begin(call, attempt, share, lease)
    })
    this.#waiting.watch()
  }

  /** Awaited, not chained: a stage may replace what promises have. */
  async #begin(call: Call, attempt: number, share: Share, lease: Lease): Promise<void> {
    try {
      await this.#work(call, attempt, share, lease)
    } catch (error) {
      this.#outcomes.broken(error)
    }
  }

  async #work(call: Call, attempt: number, share: Share, lease: Lease): Promise<void> {
    const { events } = this.#dependencies
    const log = this.#log(call, attempt)
    try {
      events.started(call, attempt, share.resources)
      const made = await this.#attempt(call, attempt, share, lease, log)
      log.check()
      const result = await this.#outcomes.commit(call, made)
      this.#settle(made, result)
      log.close()
      for (const notice of made.finding?.notices ?? []) events.notice(call, this.#notice(call, notice))
      events.succeeded(call, attempt, made.seconds, result)
      lease.release()
      this.#outcomes.succeeded(call, result)
    } catch (error) {
      log.close()
      try {
        if (!(error instanceof StageFailure)) throw error
        if (error.trace) log.failed(this.#told(call, error))
        this.#failed(call, attempt, error, log.tail)
      } finally {
        // only now: with --fail-fast nothing may start in the place of what failed
        lease.release()
      }
    }
  }

  #settle({ attempt }: Made, { unnamed }: CallResult): void {
    if (attempt === undefined) return
    const { attempts } = this.#dependencies.folder
    if (unnamed) attempts.discard(attempt)
    else attempts.end(attempt)
  }

  #failed(call: Call, attempt: number, failure: StageFailure, tail: string): void {
    const { plan, stop, events } = this.#dependencies
    if (stop.aborted) {
      events.cancelled(call, attempt, (stop.reason as Error).message)
      this.#outcomes.left(call)
    } else if (failure.retry && attempt <= optionsOf(plan, call.node).retries) this.#backOff(call, attempt, failure)
    else this.#outcomes.failed(call, failure, attempt, tail)
  }

  /** Exponential from 1 s to 30 s. */
  #backOff(call: Call, attempt: number, failure: StageFailure): void {
    const delay = Math.min(30_000, 1000 * 2 ** (attempt - 1))
    const { events } = this.#dependencies
    const cause = this.#cause(call, failure)
    events.retried(call, attempt, cause, this.#dependencies.journal.later(delay))
    const timer = setTimeout(() => {
      this.#backingOff.delete(call)
      this.enter(call, attempt + 1)
    }, delay)
    this.#backingOff.set(call, () => clearTimeout(timer))
  }

  #cause(call: Call, failure: StageFailure): Diagnostic {
    const { plan, options } = this.#dependencies
    return failure.toDiagnostic(plan.pipeline, call.node.id, callLocation(options, call.node))
  }

  #notice({ node }: Call, notice: NonNullable<Made['finding']>['notices'][number]): Diagnostic {
    const { plan, options } = this.#dependencies
    return {
      ...notice,
      severity: 'notice',
      at: { pipeline: plan.pipeline, node: node.id, ...callLocation(options, node) },
    }
  }

  /** With all frames. */
  #told(call: Call, failure: StageFailure): string {
    return formatDiagnostic(this.#cause(call, failure), undefined, Number.POSITIVE_INFINITY)
  }

  #log(call: Call, attempt: number): StageLog {
    const { folder, events } = this.#dependencies
    return new StageLog(
      () => folder.logFile(call.node.id, call.index, attempt),
      (message) => events.log(call, attempt, { level: 'info', message }),
    )
  }

  async #attempt(call: Call, number: number, share: Share, lease: Lease, log: StageLog): Promise<Made> {
    const { plan } = this.#dependencies
    const { node } = call
    const spec = plan.stages[node.stage] as PlanStageSpec
    const options = optionsOf(plan, node)
    const place = this.#places.known(node, spec, share, options) ?? (await this.#places.inWorker(node, spec))
    const attempt = new CallAttempt(this.#dependencies, call, number, { spec, options, place, share, lease, log })
    return attempt.make(() => this.#places.unloadable(node))
  }
}
