import {
  allowed,
  attemptsOf,
  CacheKeys,
  type Call,
  CallEvents,
  type CallResult,
  Flow,
  givenTo,
  LogReplay,
  RunJournal,
  refusedInput,
  refusedValue,
  SingleFlight,
  type Step,
  type Worker,
} from '@millrace/engine'
import {
  copy,
  type Diagnostic,
  type Event,
  type Json,
  type JsonObject,
  optionsOf,
  type Plan,
  type PlanStage,
  type PlanStageSpec,
  type PlanValue,
  planDigest,
  type RunOutcome,
  type RunStatus,
} from '@millrace/ir'
import { outside, StageFailure } from '@millrace/runner'
import type { Pack, RunFolder } from '@millrace/store'
import type { Made } from './execution/call-attempt.ts'
import { commitMade } from './execution/commit-made.ts'
import { Executor, type Outcomes } from './execution/executor.ts'
import type { LocalOptions } from './local-options.ts'
import { machineCapacity, sharesOf } from './machine/capacity.ts'
import { loopTurned } from './processes/loop-turned.ts'
import { cancelled, changedMeanwhile, fault } from './run-errors.ts'

/** One run of a Plan in this process: the flow says what may start, the executor does it, the journal tells it. */
export class LocalRun implements Worker, Outcomes {
  readonly #plan: Plan
  readonly #options: LocalOptions
  readonly #folder: RunFolder
  readonly #journal: RunJournal
  readonly #teller: CallEvents
  readonly #logs: LogReplay
  readonly #pack: Pack
  readonly #keys: CacheKeys
  readonly #flow: Flow
  readonly #executor: Executor
  readonly #equal = new SingleFlight()
  readonly #errors: Diagnostic[] = []
  readonly #cancel = new AbortController()
  readonly #kill = new AbortController()
  #active = 0
  readonly #backlog: Call[] = []
  #next = 0
  #looking = 0
  #failed = false
  #broken = false
  #cancelled = false
  #finish: (() => void) | undefined
  readonly known: ((stages: number) => void) | undefined

  constructor(
    plan: Plan,
    input: JsonObject,
    folder: RunFolder,
    options: LocalOptions,
    listen: ((event: Event) => void) | undefined,
    known?: (stages: number) => void,
  ) {
    this.known = known
    this.#plan = plan
    this.#options = options
    this.#folder = folder
    // a stage's code may have told it: what the listener prints, or starts timers for, is not the stage's
    this.#journal = new RunJournal(folder, listen && ((event) => outside(() => listen(event))))
    this.#logs = new LogReplay(options.store, folder)
    this.#teller = new CallEvents(this.#journal, this.#logs)
    this.#pack = options.store.results.openPack(folder.id, { fresh: options.fresh === true })
    this.#keys = new CacheKeys(plan, folder.id)
    const machine = options.machine ?? machineCapacity()
    const around = {
      plan,
      options,
      machine,
      folder,
      journal: this.#journal,
      cancel: this.#cancel.signal,
      kill: this.#kill.signal,
      share: sharesOf(plan, machine),
    }
    this.#executor = new Executor(around, this)
    this.#flow = new Flow(plan, input, this)
  }

  get stopped(): boolean {
    return this.#cancel.signal.aborted
  }

  /** Runs to the end, whatever the end is; only a failing store throws. */
  async run(parameters: JsonObject, signal: AbortSignal | undefined): Promise<RunOutcome> {
    const began = performance.now()
    this.#journal.emit({
      event: 'run.started',
      pipeline: this.#plan.pipeline,
      parameters,
      plan: planDigest(this.#plan),
      nodes: this.#plan.nodes.filter((node) => node.kind === 'stage').length,
    })
    for (const notice of this.#options.notices ?? []) this.#journal.emit(notice)
    const onAbort = () => this.#stop(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const onKill = () => this.#kill.abort(cancelled())
    this.#options.kill?.addEventListener('abort', onKill, { once: true })
    try {
      await new Promise<void>((resolve) => {
        this.#finish = resolve
        if (signal?.aborted) onAbort()
        else this.#flow.start()
        this.#settled()
      })
      // what came while the last stage kept the loop busy is still to be heard
      await loopTurned()
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#options.kill?.removeEventListener('abort', onKill)
      this.#executor.close()
      for (const last of [() => this.#lookAgain(), () => this.#pack.close()])
        try {
          last()
        } catch (error) {
          this.broken(error)
        }
    }
    return this.#end(began)
  }

  /** What short calls gave since their code was last looked at stands only if it was theirs. */
  #lookAgain(): void {
    const changed = this.#options.lastLook()
    if (changed === undefined || this.#errors.some(({ code }) => code === 'wrong-code')) return
    this.#failed = true
    this.#errors.push(changedMeanwhile(this.#plan.pipeline, changed))
  }

  #end(began: number): RunOutcome {
    const status: RunStatus = this.#cancelled ? 'cancelled' : this.#failed ? 'failed' : 'succeeded'
    const seconds = Math.round(performance.now() - began) / 1000
    const counts = { ...this.#teller.counts }
    const output = status === 'succeeded' ? this.#flow.output : null
    const end = { status, output, errors: this.#errors, counts, seconds }
    try {
      return this.#journal.finish(end)
    } catch (error) {
      // the cause is told already
      if (!this.#broken) throw error
      return { run: this.#folder.id, ...end }
    }
  }

  #stop(reason: unknown): void {
    if (this.#cancelled) return
    this.#cancelled = true
    const failure = reason instanceof StageFailure ? reason : cancelled()
    this.#errors.push(failure.toDiagnostic(this.#plan.pipeline, '', {}))
    this.#halt()
  }

  /** Starts nothing more; what runs is told to end, and after the grace no longer waited for. */
  #halt(reason = 'the run was cancelled'): void {
    this.#cancel.abort(cancelled(reason))
    this.#executor.clear()
    for (const call of this.#backlog.splice(this.#next)) this.left(call)
    const timer = setTimeout(() => this.#kill.abort(cancelled()), this.#options.grace ?? 10_000)
    timer.unref()
    this.#settled()
  }

  #settled(): void {
    if (this.#active === 0 && (this.#flow.ended || this.stopped)) this.#finish?.()
  }

  // ------------------------------------------------------------ what the flow asks

  ready(step: Step, args: Json): void {
    const node = step.node as PlanStage
    if (this.stopped) return
    const { key, kept } = this.#keys.of(node, step.frame.index, args)
    const call: Call = { step, node, index: step.frame.index, args, key, kept }
    this.#active++
    this.#enter(call)
  }

  #enter(call: Call): void {
    const found = this.#equal.enter(call)
    if (found === 'waits') return
    if (found !== 'first') return this.#cached(call, found)
    this.#backlog.push(call)
    this.#pump()
  }

  /** Looks calls up a few at a time: a wide graph must not have all its calls in the air at once. */
  #pump(): void {
    while (this.#looking < lookups && this.#next < this.#backlog.length) {
      this.#looking++
      void this.#lookUp(this.#backlog[this.#next++] as Call)
    }
    if (this.#next === this.#backlog.length) {
      this.#backlog.length = 0
      this.#next = 0
    }
  }

  async #lookUp(call: Call): Promise<void> {
    try {
      await this.#look(call)
    } catch (error) {
      this.broken(error)
    } finally {
      this.#looking--
      this.#pump()
    }
  }

  skipped(node: PlanStage, index: readonly number[] | undefined, because: string): void {
    this.#teller.skipped(node, index, because)
  }

  notRun(node: PlanStage, index: readonly number[] | undefined, because: string): void {
    this.#teller.notRun(node, index, because)
  }

  check(node: PlanValue, value: Json | undefined): string | undefined {
    return refusedValue(node, value)
  }

  refused(step: Step, message: string): void {
    if (allowed(step)) return
    this.#failed = true
    const told = refusedInput(this.#plan, step.node as PlanValue, message)
    this.#errors.push({ ...told, at: { ...told.at, ...this.#options.place(told.at.node as string) } })
  }

  asset(token: string): Json {
    return this.#options.asset(token)
  }

  // ------------------------------------------------------------ one call

  async #look(call: Call): Promise<void> {
    const { store, fresh, recompute, verify, asset } = this.#options
    const spec = this.#plan.stages[call.node.stage] as PlanStageSpec
    // a key that holds the run's id can only be this run's own
    const own = !optionsOf(this.#plan, call.node).cache
    if (call.kept && !recompute?.has(call.node.id) && (!fresh || own)) {
      const looking = { verifyFull: verify === true, user: this.#folder, given: givenTo(spec, call.args, asset) }
      const hit = await store.results.find(call.key, spec.output, looking)
      if (hit) return this.#cached(call, hit)
    }
    if (this.stopped) this.left(call)
    else this.#executor.enter(call)
  }

  commit(call: Call, made: Made): Promise<CallResult> | CallResult {
    const [plan, options, folder] = [this.#plan, this.#options, this.#folder]
    return commitMade(call, made, { plan, options, folder, pack: this.#pack, logs: this.#logs })
  }

  succeeded(call: Call, result: CallResult): void {
    this.#teller.ran(call, result)
    this.#active--
    this.#flow.succeed(call.step, result.output)
    this.#serve(call, result)
    this.#settled()
  }

  #cached(call: Call, result: CallResult): void {
    this.#teller.cached(call, result)
    this.#active--
    this.#flow.succeed(call.step, copy(result.output))
    this.#serve(call, result)
    this.#settled()
  }

  /** Equal calls that waited for this one. */
  #serve(call: Call, result: CallResult): void {
    for (const other of this.#equal.serve(call, result)) this.#cached(other, result)
  }

  failed(call: Call, failure: StageFailure, attempt: number, tail: string): void {
    const waited = this.#equal.leave(call)
    const alike = (other: Call) => attemptsOf(this.#plan, other) === attemptsOf(this.#plan, call)
    for (const one of [call, ...waited.filter(alike)]) {
      const { node, step } = one
      const told = failure.toDiagnostic(this.#plan.pipeline, node.id, this.#options.place(node.id))
      // an equal call fails for the same reason, under its own name
      const cause = { ...told, message: told.message.replaceAll(`"${call.node.id}"`, `"${node.id}"`) }
      this.#teller.failed(one, attempt, cause, tail)
      if (!allowed(step)) {
        this.#failed = true
        this.#errors.push(cause)
      }
      this.#active--
      this.#flow.fail(step)
    }
    if (this.#failed && this.#options.failFast && !this.stopped) this.#halt('another stage failed')
    // one that asks for other attempts gets them
    for (const other of waited.filter((other) => !alike(other)))
      if (this.stopped) this.#active--
      else this.#enter(other)
    this.#settled()
  }

  /** A call that a cancel kept from ending. */
  left(call: Call): void {
    this.#active -= 1 + this.#equal.leave(call).length
    this.#settled()
  }

  /** The store failed, or we did: the run can't go on. */
  broken(error: unknown): void {
    this.#failed = true
    // all that comes of it is no more than the first tells
    if (this.#broken) return
    this.#broken = true
    const diagnostics = (error as { diagnostics?: readonly Diagnostic[] }).diagnostics
    this.#errors.push(...(diagnostics ?? [fault(this.#plan.pipeline, error)]))
    this.#active = 0
    // the journal may be what failed
    try {
      this.#halt()
    } catch {}
    this.#finish?.()
  }
}

/** Calls that are looked up in the store at once. */
const lookups = 16
