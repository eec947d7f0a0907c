import { attemptsOf, type Call, type CallResult, givenTo, RunCore, type RunHost } from '@millrace/engine'
import {
  type Diagnostic,
  type Event,
  type Json,
  type JsonObject,
  optionsOf,
  type Plan,
  type PlanStageSpec,
  planDigest,
  type RunOutcome,
  type SourceLocation,
} from '@millrace/ir'
import { outsideStage, StageFailure } from '@millrace/runner'
import type { Pack, RunFolder } from '@millrace/store'
import type { Made } from './execution/call-attempt.ts'
import { commitMade } from './execution/commit-made.ts'
import { Executor, type Outcomes } from './execution/executor.ts'
import { callLocation, type LocalOptions } from './local-options.ts'
import { machineCapacity, sharesOf } from './machine/capacity.ts'
import { loopTurned } from './processes/loop-turned.ts'
import { cancelled, changedMeanwhile, fault } from './run-errors.ts'

/** Calls that are looked up in the store at once. */
const lookups = 16

/** One run of a Plan in this process: calls that are ready are looked up in the store, else the executor makes them. */
export class LocalRun implements RunHost, Outcomes {
  readonly #plan: Plan
  readonly #options: LocalOptions
  readonly #folder: RunFolder
  readonly #core: RunCore
  readonly #pack: Pack
  readonly #executor: Executor
  readonly #stopping = new AbortController()
  readonly #abandoning = new AbortController()
  #active = 0
  readonly #backlog: Call[] = []
  #next = 0
  #looking = 0
  #broken = false
  #cancelled = false
  #finish: (() => void) | undefined

  constructor(
    plan: Plan,
    input: JsonObject,
    folder: RunFolder,
    options: LocalOptions,
    listen: ((event: Event) => void) | undefined,
  ) {
    this.#plan = plan
    this.#options = options
    this.#folder = folder
    const { store } = options
    // a stage's code may have told it: what the listener prints, or starts timers for, is not the stage's
    const onEvent = listen && ((event: Event) => outsideStage(() => listen(event)))
    this.#core = new RunCore({ plan, input, store, folder, onEvent }, this)
    this.#pack = store.results.openPack(folder.id, { fresh: options.fresh === true })
    const machine = options.machine ?? machineCapacity()
    const dependencies = {
      plan,
      options,
      machine,
      folder,
      journal: this.#core.journal,
      events: this.#core.events,
      stop: this.#stopping.signal,
      abandon: this.#abandoning.signal,
      share: sharesOf(plan, machine),
    }
    this.#executor = new Executor(dependencies, this)
  }

  get stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Runs to the end, whatever the end is; only a failing store throws. */
  async run(parameters: JsonObject, signal: AbortSignal | undefined): Promise<RunOutcome> {
    this.#core.announce(parameters, planDigest(this.#plan))
    for (const notice of this.#options.notices ?? []) this.#core.journal.emit(notice)
    const onAbort = () => this.#stop(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const onAbandon = () => this.#abandoning.abort(cancelled())
    this.#options.abandon?.addEventListener('abort', onAbandon, { once: true })
    try {
      await new Promise<void>((resolve) => {
        this.#finish = resolve
        if (signal?.aborted) onAbort()
        else this.#core.start()
        this.#settled()
      })
      // what came while the last stage kept the loop busy is still to be heard
      await loopTurned()
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#options.abandon?.removeEventListener('abort', onAbandon)
      this.#executor.close()
      for (const last of [() => this.#lookAgain(), () => this.#pack.close()])
        try {
          last()
        } catch (error) {
          this.broken(error)
        }
    }
    return this.#end()
  }

  /** Takes back results since the last check of a package that has changed; the run then fails. */
  #lookAgain(): void {
    const changed = this.#options.lastLook()
    if (changed === undefined || this.#core.errors.some(({ code }) => code === 'wrong-code')) return
    this.#core.refuse(changedMeanwhile(this.#plan.pipeline, changed))
  }

  #end(): RunOutcome {
    try {
      return this.#core.finish(this.#cancelled)
    } catch (error) {
      // the cause is told already
      if (!this.#broken) throw error
      return { run: this.#folder.id, ...this.#core.outcome(this.#cancelled) }
    }
  }

  #stop(reason: unknown): void {
    if (this.#cancelled) return
    this.#cancelled = true
    const failure = reason instanceof StageFailure ? reason : cancelled()
    this.#core.refuse(failure.toDiagnostic(this.#plan.pipeline, '', {}))
    this.#halt()
  }

  /** Starts nothing more; what runs is told to end, and after the grace no longer waited for. */
  #halt(reason = 'the run was cancelled'): void {
    this.#stopping.abort(cancelled(reason))
    this.#executor.clear()
    for (const call of this.#backlog.splice(this.#next)) this.left(call)
    const timer = setTimeout(() => this.#abandoning.abort(cancelled()), this.#options.grace ?? 10_000)
    timer.unref()
    this.#settled()
  }

  #settled(): void {
    if (this.#active === 0 && (this.#core.ended || this.stopped)) this.#finish?.()
  }

  // ------------------------------------------------------------ what the core asks

  ready(call: Call): void {
    this.#active++
    this.#enter(call)
  }

  ended(): void {
    this.#active--
    this.#settled()
  }

  asset(token: string): Json {
    return this.#options.asset(token)
  }

  place(node: string): SourceLocation {
    return this.#options.place(node)
  }

  // ------------------------------------------------------------ one call

  #enter(call: Call): void {
    if (!this.#core.enter(call)) return
    this.#backlog.push(call)
    this.#pump()
  }

  /** Looks calls up a few at a time: a wide graph must not have all its calls in the air at once. */
  #pump(): void {
    while (this.#looking < lookups && this.#next < this.#backlog.length) {
      const calls = this.#backlog.slice(this.#next, this.#next + lookups - this.#looking)
      this.#next += calls.length
      this.#looking += calls.length
      this.#lookUp(calls)
    }
    if (this.#next === this.#backlog.length) {
      this.#backlog.length = 0
      this.#next = 0
    }
  }

  #lookUp(calls: readonly Call[]): void {
    const { store, verify, asset } = this.#options
    const sought = calls.filter((call) => this.#mayHit(call))
    const answers = store.results.find(
      sought.map(({ key, node, args }) => {
        const spec = this.#plan.stages[node.stage] as PlanStageSpec
        return { key, output: spec.output, given: givenTo(spec, args, asset) }
      }),
      { verifyFull: verify === true, user: this.#folder },
    )
    let next = 0
    for (const call of calls) void this.#looked(call, call === sought[next] ? answers[next++] : undefined)
  }

  #mayHit({ cacheable, node, key }: Call): boolean {
    const { fresh, recompute } = this.#options
    // a key that holds the run's id can only be this run's own
    return (
      cacheable &&
      !this.#core.isRefused(key) &&
      !recompute?.has(node.id) &&
      (!fresh || !optionsOf(this.#plan, node).cache)
    )
  }

  async #looked(call: Call, answer: Promise<CallResult | undefined> | undefined): Promise<void> {
    try {
      const hit = answer && (await answer)
      if (hit) this.#core.cached(call, hit)
      else if (this.stopped) this.left(call)
      else this.#executor.enter(call)
    } catch (error) {
      this.broken(error)
    } finally {
      this.#looking--
      this.#pump()
    }
  }

  commit(call: Call, made: Made): Promise<CallResult> | CallResult {
    const [plan, options, folder] = [this.#plan, this.#options, this.#folder]
    const replace = this.#core.isRefused(call.key)
    return commitMade(call, made, { plan, options, folder, pack: this.#pack, logs: this.#core.logs, replace })
  }

  succeeded(call: Call, result: CallResult): void {
    this.#core.made(call, result)
  }

  failed(call: Call, failure: StageFailure, attempt: number, log: string): void {
    const asked = attemptsOf(this.#plan, call)
    const others = this.#core.failed(call, {
      attempt,
      log,
      alike: (other) => attemptsOf(this.#plan, other) === asked,
      cause: ({ node }) => {
        const told = failure.toDiagnostic(this.#plan.pipeline, node.id, callLocation(this.#options, node))
        // an equal call fails for the same reason, under its own name
        return { ...told, message: told.message.replaceAll(`"${call.node.id}"`, `"${node.id}"`) }
      },
    })
    if (this.#core.hasFailed && this.#options.failFast && !this.stopped) this.#halt('another stage failed')
    // one that asks for other attempts gets them
    for (const other of others)
      if (this.stopped) this.#active--
      else this.#enter(other)
    this.#settled()
  }

  /** A call that a cancel kept from ending. */
  left(call: Call): void {
    this.#active -= 1 + this.#core.leave(call).length
    this.#settled()
  }

  /** The store failed, or we did: the run can't go on. */
  broken(error: unknown): void {
    // all that comes of it is no more than the first tells
    if (this.#broken) return
    this.#broken = true
    const diagnostics = (error as { diagnostics?: readonly Diagnostic[] }).diagnostics
    this.#core.refuse(...(diagnostics ?? [fault(this.#plan.pipeline, error)]))
    this.#active = 0
    // the journal may be what failed
    try {
      this.#halt()
    } catch {}
    this.#finish?.()
  }
}
