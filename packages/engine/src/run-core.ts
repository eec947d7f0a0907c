import {
  copy,
  type Diagnostic,
  type Digest,
  type Event,
  type Json,
  type JsonObject,
  type Plan,
  type PlanStage,
  type PlanValue,
  type RunOutcome,
  type RunStatus,
  type SourceLocation,
} from '@millrace/ir'
import type { RunFolder, Store } from '@millrace/store'
import { CacheKeys } from './cache-keys.ts'
import { CallEvents } from './events/call-events.ts'
import { LogReplay } from './events/log-replay.ts'
import { RunJournal } from './events/run-journal.ts'
import type { Call, CallResult } from './flow/call-state.ts'
import { Flow, type FlowListener } from './flow/flow.ts'
import { allowed, type Step } from './flow/frame.ts'
import { refusedInput, refusedValue } from './flow/refused-value.ts'
import { rememberInput } from './folds/failed-input.ts'
import { SingleFlight } from './single-flight.ts'

/** What a runtime does for a run: it looks for results and makes them, in an order of its own. */
export interface RunHost {
  /** All that the call reads is there: it is to `enter`, now or later. */
  ready(call: Call): void
  /** The call has a result, or has failed. */
  ended(call: Call, how: 'done' | 'failed'): void
  notRun?(node: PlanStage): void
  asset(token: string): Json
  /** Where the author called a node, for diagnostics. Default: nobody knows. */
  place?(node: string): SourceLocation
  /** Whether new work may no longer start. */
  readonly stopped: boolean
}

export interface RunRequest {
  readonly plan: Plan
  readonly input: JsonObject
  readonly store: Store
  readonly folder: RunFolder
  readonly onEvent?: ((event: Event) => void) | undefined
}

/** How a call failed. */
export interface CallFailure {
  /** The last attempt, from 1. */
  readonly attempt: number
  /** The end of its log. */
  readonly log: string
  /** The cause under the name of an equal call, which fails with it. */
  cause(call: Call): Diagnostic
  /** Whether an equal call that waits fails for the same reason. Default: each does. */
  readonly alike?: (other: Call) => boolean
  /** Whether it is an error of the run, where nothing forgives it. Default true; else another error tells it already. */
  readonly isError?: boolean
}

/**
 * What every run is, whoever does the work: the flow says which call may start, equal calls are done once, what becomes
 * of a call is told and counted, and the run's end follows from all of them.
 */
export class RunCore implements FlowListener {
  readonly journal: RunJournal
  readonly logs: LogReplay
  readonly events: CallEvents
  readonly errors: Diagnostic[] = []
  readonly #request: RunRequest
  readonly #host: RunHost
  readonly #keys: CacheKeys
  #flights = new SingleFlight()
  #flow: Flow
  /** Keys whose result has proved bad, until another is made. */
  readonly #refused = new Set<Digest>()
  #began: number | undefined
  /** How many calls are known, and how many were told. */
  #known = 0
  #told = 0
  #failed = false

  constructor(request: RunRequest, host: RunHost) {
    const { plan, input, store, folder, onEvent } = request
    this.#request = request
    this.#host = host
    this.journal = new RunJournal(folder, onEvent)
    this.logs = new LogReplay(store, folder)
    this.events = new CallEvents(this.journal, this.logs)
    this.#keys = new CacheKeys(plan, folder.id)
    this.#flow = new Flow(plan, input, this)
  }

  /** Whether the run has an error. */
  get hasFailed(): boolean {
    return this.#failed
  }

  /** Whether nothing is left to run. */
  get ended(): boolean {
    return this.#flow.ended
  }

  /** The first event of a run. `digest`: what it goes on under. */
  announce(parameters: JsonObject, digest: string): void {
    this.#began ??= performance.now()
    const { plan } = this.#request
    const nodes = plan.nodes.filter((node) => node.kind === 'stage').length
    this.#known = nodes
    this.#told = nodes
    this.journal.emit({ event: 'run.started', pipeline: plan.pipeline, parameters, plan: digest, nodes })
  }

  start(): void {
    this.#flow.start()
  }

  /**
   * Begins anew under the same run, as one does that goes on with it: what is done is found again, but for the results
   * of these keys, which have proved bad. No call may be under way. `announce` and `start` come after it.
   */
  reset(bad: Iterable<Digest>): void {
    for (const key of bad) this.#refused.add(key)
    this.#failed = false
    this.errors.length = 0
    this.events.reset()
    this.#flights = new SingleFlight()
    this.#flow = new Flow(this.#request.plan, this.#request.input, this)
  }

  /** Whether what the store has for the key is not to be taken, and to be replaced. */
  isRefused(key: Digest): boolean {
    return this.#refused.has(key)
  }

  /** An error that no call has alone. */
  refuse(...errors: readonly Diagnostic[]): void {
    this.#failed = true
    this.errors.push(...errors)
  }

  /** The last event, and the end of the run's folder; `cancelled`: whether somebody stopped it. */
  finish(cancelled = false): RunOutcome {
    this.#tellKnown(1)
    return this.journal.finish(this.outcome(cancelled))
  }

  /** What the run came to. */
  outcome(cancelled: boolean): Omit<RunOutcome, 'run'> {
    const status: RunStatus = cancelled ? 'cancelled' : this.#failed ? 'failed' : 'succeeded'
    const seconds = Math.round(performance.now() - (this.#began ?? performance.now())) / 1000
    const output = status === 'succeeded' ? this.#flow.output : null
    return { status, output, errors: this.errors, counts: { ...this.events.counts }, seconds }
  }

  // ------------------------------------------------------------ calls

  /** Whether the call is the first of its key, and so the host's to look up or to make; else it ends with its equal. */
  enter(call: Call): boolean {
    const found = this.#flights.enter(call)
    if (found === 'first') return true
    if (found !== 'waits') this.cached(call, found)
    return false
  }

  /** Its result was there already. */
  cached(call: Call, result: CallResult): void {
    this.events.cached(call, result)
    this.#done(call, result, copy(result.output))
  }

  /** It was made in this run, and is told as succeeded. */
  made(call: Call, result: CallResult): void {
    this.#refused.delete(call.key)
    this.events.ran(call, result)
    this.#done(call, result, result.output)
  }

  #done(call: Call, result: CallResult, output: Json): void {
    this.#flow.succeed(call.step, output)
    for (const other of this.#flights.serve(call, result)) this.cached(other, result)
    this.#host.ended(call, 'done')
  }

  /** It failed for good, and equal calls with it; gives those that are not alike: they may enter again. */
  failed(call: Call, failure: CallFailure): readonly Call[] {
    const { attempt, log, alike = () => true, isError = true } = failure
    const waited = this.#flights.leave(call)
    for (const one of [call, ...waited.filter(alike)]) {
      const cause = failure.cause(one)
      rememberInput(cause, one.args)
      this.events.failed(one, attempt, cause, log)
      if (!allowed(one.step)) {
        this.#failed = true
        if (isError) this.errors.push(cause)
      }
      this.#flow.fail(one.step)
      this.#host.ended(one, 'failed')
    }
    return waited.filter((other) => !alike(other))
  }

  /** The call gets no result; gives the calls that waited for it, which get none either. */
  leave(call: Call): readonly Call[] {
    return this.#flights.leave(call)
  }

  // ------------------------------------------------------------ what the flow asks

  get stopped(): boolean {
    return this.#host.stopped
  }

  known(calls: number): void {
    this.#known = calls
    this.#tellKnown(calls / 1000)
  }

  /** @param least calls by which it must differ from what was told: a run of many must not tell each */
  #tellKnown(least: number): void {
    if (this.#known === this.#told || Math.abs(this.#known - this.#told) < least) return
    this.#told = this.#known
    this.journal.emit({ event: 'run.progress', known: this.#known })
  }

  ready(step: Step, args: Json): void {
    if (this.stopped) return
    const node = step.node as PlanStage
    const { index } = step.frame
    this.#host.ready({ step, node, index, args, ...this.#keys.of(node, index, args) })
  }

  skipped(node: PlanStage, index: readonly number[] | undefined, because: string): void {
    this.events.skipped(node, index, because)
  }

  notRun(node: PlanStage, index: readonly number[] | undefined, because: string): void {
    this.#host.notRun?.(node)
    this.events.notRun(node, index, because)
  }

  check(node: PlanValue, value: Json | undefined): string | undefined {
    return refusedValue(node, value)
  }

  refused(step: Step, message: string): void {
    if (allowed(step)) return
    const error = refusedInput(this.#request.plan, step.node as PlanValue, message)
    this.refuse({ ...error, at: { ...error.at, ...this.#host.place?.(error.at.node as string) } })
  }

  asset(token: string): Json {
    return this.#host.asset(token)
  }
}
