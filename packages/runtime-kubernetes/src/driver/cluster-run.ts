import { join } from 'node:path'
import { type Call, type CallResult, RunCore, type RunHost } from '@millrace/engine'
import {
  content,
  type Json,
  type JsonObject,
  type Plan,
  type PlanStage,
  type PlanStageSpec,
  type RunOutcome,
} from '@millrace/ir'
import type { DriverOptions } from './driver-options.ts'
import type { Cause } from './failures.ts'
import type { ItemCall } from './item-call.ts'
import { JobLifecycle } from './job-lifecycle.ts'
import { Order, withoutConcurrency } from './job-order.ts'
import { endItem, type JobRun, newJobRun } from './job-run.ts'
import { diagnosticOf, type Made, type Outcomes } from './outcomes.ts'
import type { Attempt } from './pod-attempt.ts'
import { PodWatcher } from './pod-watcher.ts'

/** How often markers are looked for, and how often the cluster is asked why nothing starts, in milliseconds. */
const lookEvery = 200
const askEvery = 4000
/** Calls that are looked up in the store at once. */
const lookups = 64

/**
 * One run of a Plan on a cluster. The flow says what may start, Jobs do it, markers in the store say what was done. It
 * keeps nothing that store and Jobs don't tell: one that dies is followed by another that goes on.
 */
export class ClusterRun implements RunHost, Outcomes {
  readonly #options: DriverOptions
  readonly #plan: Plan
  readonly #core: RunCore
  readonly #order: Order
  readonly #nodes = new Map<string, JobRun>()
  readonly #jobs: JobLifecycle
  readonly #pods: PodWatcher
  /** Stages whose forerunners have all ended. */
  readonly #due: string[] = []
  /** The first item that failed by a cause: a cause that ends a whole Job is one error of the run. */
  readonly #blamed = new WeakMap<Cause, ItemCall>()
  #broken: unknown
  #finish: (() => void) | undefined
  readonly stopped = false

  constructor(options: DriverOptions) {
    this.#options = options
    const { given, store, folder, cluster, onEvent, owner, again } = options
    const plan = withoutConcurrency(given.plan)
    this.#plan = plan
    this.#core = new RunCore({ plan, input: given.input, store, folder, onEvent }, this)
    this.#order = new Order(plan)
    for (const node of plan.nodes) {
      const job = given.jobs[node.id]
      if (node.kind === 'stage' && job) this.#nodes.set(node.id, newJobRun(node, job, options.fewItems))
    }
    const { root } = store
    this.#jobs = new JobLifecycle({ given, root, run: folder.id, cluster, owner, again }, this.#nodes.values(), this)
    this.#pods = new PodWatcher(
      { plan, root, folder, events: this.#core.events, cluster, again },
      this.#nodes.values(),
      this,
    )
  }

  /** Runs to the end, whatever the end is; only a failing store or cluster throws. */
  async run(): Promise<RunOutcome> {
    const { given, digest, cluster } = this.#options
    this.#core.announce(content(given.input) as JsonObject, digest)
    const following = cluster.follow({
      job: (view) => this.#guard(() => this.#jobs.saw(view)),
      noJob: (name, uid) => this.#guard(() => this.#jobs.sawNone(name, uid)),
      pod: (view) => this.#guard(() => this.#pods.saw(view)),
      noPod: (uid, job) => this.#pods.sawNone(uid, job),
      silent: (why) => this.#silent(why),
      broken: (error) => this.broken(error),
    })
    const looking = setInterval(() => this.#guard(() => this.#look()), lookEvery)
    const asking = setInterval(() => void this.#pods.ask(), askEvery)
    try {
      await following.ready
      await new Promise<void>((resolve) => {
        this.#finish = resolve
        if (this.#broken !== undefined) return resolve()
        this.#guard(() => {
          this.#core.start()
          this.#due.push(...this.#order.first())
          this.#advance()
        })
      })
    } finally {
      clearInterval(looking)
      clearInterval(asking)
      following.stop()
    }
    if (this.#broken !== undefined) throw this.#broken
    return this.#core.finish()
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.broken(error)
    }
  }

  #silent(why: string): void {
    this.#core.journal.emit({
      event: 'notice',
      code: 'cluster-failed',
      severity: 'warning',
      message: `the API server does not answer the driver: ${why}`,
      at: { pipeline: this.#plan.pipeline, node: null },
      fix: 'Let pods of this namespace reach the API server; it is asked again until it answers.',
    })
  }

  #look(): void {
    for (const run of this.#nodes.values()) {
      if (run.phase !== 'runs') continue
      this.#pods.look(run)
      this.#jobs.look(run)
    }
  }

  // ------------------------------------------------------------ what the core asks

  ready(call: Call): void {
    this.#runOf(call.node).pending.push(call)
  }

  notRun(node: PlanStage): void {
    this.#runOf(node).notRun++
  }

  ended({ node }: Call, how: 'done' | 'failed'): void {
    const run = this.#runOf(node)
    if (how === 'failed') run.failed++
    if (--run.openCalls > 0) return
    this.#ended(run)
    this.#advance()
  }

  asset(token: string): Json {
    const asset = this.#options.given.assets[token]
    if (!asset) throw new Error(`the plan has no asset "${token}"`)
    return { ...asset, path: join(this.#options.store.root, asset.path) }
  }

  // ------------------------------------------------------------ nodes

  #runOf(node: PlanStage): JobRun {
    return this.#nodes.get(node.id) as JobRun
  }

  /** Opens every stage whose forerunners have ended: all its items are known now. */
  #advance(): void {
    for (let id = this.#due.shift(); id !== undefined; id = this.#due.shift()) {
      const run = this.#nodes.get(id) as JobRun
      run.phase = 'opens'
      run.openCalls = run.pending.length
      if (run.openCalls === 0) this.#ended(run)
      else void this.#open(run)
    }
    this.#settled()
  }

  /** All calls of a stage have ended: those that only waited for them may open. */
  #ended(run: JobRun): void {
    this.#due.push(...this.#order.ended(run.node.id))
    if (run.phase === 'opens') this.#jobs.closeUnused(run).catch((error: unknown) => this.broken(error))
  }

  async #open(run: JobRun): Promise<void> {
    try {
      const own = run.pending.filter((call) => this.#core.enter(call))
      const misses = await this.#misses(own, false)
      if (misses.length > 0) await this.#jobs.release(run, misses)
    } catch (error) {
      this.broken(error)
    }
  }

  find(calls: readonly Call[]): Promise<readonly Call[]> {
    return this.#misses(calls, true)
  }

  /** Tells those that have a result; gives the others. `meanwhile`: also results since the run began. */
  async #misses(calls: readonly Call[], meanwhile: boolean): Promise<readonly Call[]> {
    const { store, folder } = this.#options
    const misses: Call[] = []
    for (let at = 0; at < calls.length; at += lookups) {
      const some = calls.slice(at, at + lookups)
      const mayHit = ({ cacheable, key }: Call) => cacheable && !this.#core.isRefused(key)
      const sought = some.filter(mayHit).map(({ key, node }) => {
        const { output } = this.#plan.stages[node.stage] as PlanStageSpec
        return { key, output }
      })
      const found = store.results.find(sought, { user: folder, meanwhile })
      let next = 0
      for (const call of some) {
        const hit = mayHit(call) ? await found[next++] : undefined
        if (hit) this.#core.cached(call, hit)
        else misses.push(call)
      }
    }
    return misses
  }

  #settled(): void {
    if (!this.#core.ended || this.#due.length > 0) return
    for (const { phase } of this.#nodes.values()) if (phase !== 'closed' && phase !== 'waits') return
    this.#finish?.()
  }

  // ------------------------------------------------------------ what became of calls

  succeeded({ call }: ItemCall, attempt: Attempt, made: Made): void {
    this.#commit(call, attempt, made).catch((error: unknown) => this.broken(error))
  }

  async #commit(call: Call, attempt: Attempt, { output, digest, metrics }: Made): Promise<void> {
    const { store, folder } = this.#options
    const { key } = call
    const { log, number } = attempt
    if (log !== undefined) this.#core.logs.keep(key, log)
    const { output: schema } = this.#plan.stages[call.node.stage] as PlanStageSpec
    const replace = this.#core.isRefused(key)
    const result: CallResult = call.cacheable
      ? await store.results.commit({ key, run: folder.id, output, schema, digest, metrics, user: folder, replace })
      : { output, metrics, from: folder.id }
    this.#core.events.succeeded(call, number, (performance.now() - attempt.began) / 1000, result)
    this.#core.made(call, result)
  }

  retried({ call }: ItemCall, { number }: Attempt, cause: Cause, next: string): void {
    this.#core.events.retried(call, number, diagnosticOf(this.#plan, call, cause), next)
  }

  failed(run: JobRun, item: ItemCall, attempt: Attempt | undefined, cause: Cause, log?: string): void {
    endItem(run, item)
    const first = this.#blamed.get(cause) ?? item
    this.#blamed.set(cause, first)
    const own = item.call.node.id
    this.#core.failed(item.call, {
      attempt: attempt?.number ?? 1,
      log: log || (attempt?.tail ?? ''),
      isError: first === item,
      cause: (call) => {
        const message = cause.message.replaceAll(`"${own}"`, `"${call.node.id}"`)
        return diagnosticOf(this.#plan, call, { ...cause, message })
      },
    })
    this.#jobs.stop(run)
  }

  follows(run: JobRun): void {
    this.#pods.begin(run)
  }

  waiting(call: Call, attempt: number, reason: string): void {
    this.#core.events.waiting(call, attempt, reason)
  }

  closed(): void {
    this.#settled()
  }

  broken(error: unknown): void {
    this.#broken ??= error
    this.#finish?.()
  }
}
