import { checkShape, optionsOf, type Plan, type PlanStageSpec } from '@millrace/ir'
import { outputDigest, type RunEvents, type RunFolder } from '@millrace/store'
import { Attempt } from './attempt.ts'
import { at, type Cause, diagnosticOf, type Outcomes, openItems } from './calls.ts'
import { type Cluster, ClusterError } from './cluster.ts'
import { causeOfExit, neverStarted, podLost, runAgain } from './failures.ts'
import { type ItemCall, outputHere } from './item-call.ts'
import type { Marker } from './node-folder.ts'
import type { NodeRun } from './node-run.ts'
import type { Exit, PodView } from './views.ts'

/** How long a pod that failed may still be about to say why, in milliseconds. */
const lastWords = 1000
/** As many as a Job makes beyond the retries of its stage. */
const startsForgiven = 2
/** The back-off of the Job controller (Kubernetes). */
const firstBackOff = 10_000

interface Surroundings {
  readonly plan: Plan
  readonly root: string
  readonly folder: RunFolder
  readonly events: RunEvents
  readonly cluster: Cluster
  /** The command that runs again what ended. */
  readonly again: string
}

/** Follows the pods of released Jobs: what the cluster tells of them, and what they write into the store. */
export class PodWatch {
  readonly #around: Surroundings
  readonly #outcomes: Outcomes
  readonly #byJob: ReadonlyMap<string, NodeRun>
  /** By Job and uid. What was told of pods before their Job was followed counts too. */
  readonly #views = new Map<string, Map<string, PodView>>()

  constructor(around: Surroundings, runs: Iterable<NodeRun>, outcomes: Outcomes) {
    this.#around = around
    this.#outcomes = outcomes
    this.#byJob = new Map(Array.from(runs, (run) => [run.job.name, run]))
  }

  /** Follows the pods of a Job from now on: what was written first, then what runs. */
  begin(run: NodeRun): void {
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

  #seen(run: NodeRun, view: PodView): void {
    const item = view.jobUid === run.uid ? run.items[view.index] : undefined
    // those before it, or itself, may have written what nobody has read yet
    if (view.begun && item && !item.ended && !item.attempts.has(view.uid)) this.look(run)
    if (!item || item.ended) return
    const marker = { index: view.index, pod: view.uid }
    const over = view.phase === 'Failed' || view.phase === 'Succeeded'
    // a list tells of pods in any order: the one that runs is the last
    if (over && !item.attempts.has(view.uid) && openAttempt(item)) return
    if (view.begun && !this.#attempt(run, item, marker)) return
    if (!view.begun && view.waits !== undefined && view.phase === 'Pending') {
      run.heard = true
      this.#waits(run, item, view.waits)
    }
    const { exit } = view
    if (!exit || view.phase !== 'Failed' || view.disrupted || view.deleted) return
    if (!view.begun && exit.reason !== 'DeadlineExceeded') return this.#unstarted(run, item, view.uid, exit)
    const attempt = this.#attempt(run, item, marker)
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
  #unstarted(run: NodeRun, item: ItemCall, pod: string, exit: Exit): void {
    item.unstarted.add(pod)
    run.heard = true
    if (item.unstarted.size <= startsForgiven) return this.#waits(run, item, `${exit.reason}: ${exit.message}`)
    const cause = neverStarted(run.node, exit)
    const fix = run.before ? runAgain(this.#around.again) : cause.fix
    this.#outcomes.failed(run, item, undefined, { ...cause, fix })
  }

  /** A container ended, and there is no marker that tells why. */
  #fell(run: NodeRun, item: ItemCall, attempt: Attempt): void {
    if (attempt.failed || !attempt.exit) return
    const { exit, cause = causeOfExit(run.node, exit) } = attempt
    const retry = exit.code !== 65
    const marker = { index: run.items.indexOf(item), pod: attempt.pod }
    run.folder.fail(marker, { cause: diagnosticOf(this.#around.plan, item.call, cause), retry })
    this.#failed(run, item, attempt, cause, retry)
  }

  /** Asks what is told of Jobs that were released and have no pod that could say what it waits for. */
  async ask(): Promise<void> {
    const silent = [...this.#byJob.values()].filter((run) => run.phase === 'runs' && !run.heard)
    if (silent.length === 0) return
    try {
      const told = await this.#around.cluster.told()
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
  look(run: NodeRun): void {
    for (const marker of run.folder.marked('done')) this.#done(run, marker)
    for (const marker of run.folder.marked('failed')) this.#told(run, marker)
    for (const item of openItems(run)) openAttempt(item)?.look()
  }

  /** One sentence a Job: its other items wait for the same. */
  #waits(run: NodeRun, item: ItemCall, reason: string): void {
    if (run.waits === reason) return
    run.waits = reason
    this.#outcomes.waiting(item.call, item.attempts.size + 1, reason)
  }

  /** The attempt of a pod; undefined where an earlier one of its item ended the item. */
  #attempt(run: NodeRun, item: ItemCall, marker: Marker): Attempt | undefined {
    const known = item.attempts.get(marker.pod)
    if (known) return known
    return this.#begun(run, item, marker)
  }

  #begun(run: NodeRun, item: ItemCall, marker: Marker): Attempt | undefined {
    this.#lost(run, item)
    if (item.ended) return undefined
    run.heard = true
    const { events, folder } = this.#around
    const { call } = item
    const number = item.attempts.size + 1
    const place = at(call, number)
    const attempt = new Attempt(number, marker.pod, {
      folder: run.folder.attempt(marker),
      logFile: () => folder.logFile(call.node.id, call.index, number),
      metric: ({ name, value, step }) =>
        events.emit({ event: 'metric', ...place, name, value, ...(step === undefined ? {} : { step }) }),
      log: ({ level, message, data }) =>
        events.emit({ event: 'log', ...place, level, message, ...(data === undefined ? {} : { data }) }),
    })
    item.attempts.set(marker.pod, attempt)
    events.emit({ event: 'stage.started', ...place, resources: item.item.resources })
    return attempt
  }

  /** Of one item there is one pod at a time: with the next, the one before it is over. */
  #lost(run: NodeRun, item: ItemCall): void {
    const before = openAttempt(item)
    if (!before) return
    if (before.exit) return this.#fell(run, item, before)
    before.end()
    before.failed = true
    this.#outcomes.retried(item, before, podLost(run.node), new Date().toISOString())
  }

  #done(run: NodeRun, marker: Marker): void {
    const item = run.items[marker.index]
    if (!item || item.ended) return
    const done = run.folder.done(marker)
    const output = run.folder.output(marker)
    // the volume may show them one after the other
    if (!done || output === undefined) return run.folder.forget('done', marker)
    const { inputDigest, codeDigest } = item.item
    if (done.inputDigest !== inputDigest || done.codeDigest !== codeDigest || done.index !== marker.index) return
    // one that was told as lost, or as before another, has ended well after all
    const known = this.#attempt(run, item, marker)
    const attempt = known?.failed ? this.#begun(run, item, marker) : known
    if (!attempt) return
    attempt.end()
    const spec = this.#around.plan.stages[run.node.stage] as PlanStageSpec
    const problem = checkShape(spec.output, output)
    const here = outputHere(spec, this.#around.root, run.folder.attempt(marker), output)
    if (problem === undefined && outputDigest(spec.output, here) === done.outputDigest) {
      item.ended = true
      return this.#outcomes.succeeded(run, item, attempt, here, done.outputDigest)
    }
    const message = `"${run.node.id}" returned what its output schema refuses: ${problem ?? 'it is not what was digested'}`
    const fix = 'Return what the output schema says, or correct the schema.'
    this.#failed(run, item, attempt, { code: 'invalid-output', message, fix }, false)
  }

  #told(run: NodeRun, marker: Marker): void {
    const item = run.items[marker.index]
    if (!item || item.ended) return
    const told = run.folder.failed(marker)
    if (!told) return run.folder.forget('failed', marker)
    const attempt = this.#attempt(run, item, marker)
    if (!attempt || attempt.failed) return
    attempt.end()
    attempt.cause = told.cause
    // what deletes or evicts a pod says so to its process first: the cluster tells whose doing it was
    if (told.retry && toldToStop.test(told.cause.message)) return
    this.#failed(run, item, attempt, told.cause, told.retry)
  }

  #failed(run: NodeRun, item: ItemCall, attempt: Attempt, cause: Cause, retry: boolean): void {
    attempt.failed = true
    item.failures++
    const { retries } = optionsOf(this.#around.plan, run.node)
    if (!retry || item.failures > retries) {
      // it failed under a driver before this one, and its Job never runs again by itself
      const fix = run.before ? runAgain(this.#around.again) : cause.fix
      return this.#outcomes.failed(run, item, attempt, { ...cause, fix })
    }
    const next = new Date(Date.now() + firstBackOff * 2 ** (item.failures - 1)).toISOString()
    this.#outcomes.retried(item, attempt, cause, next)
  }
}

/** The attempt that has not been told as failed; there is one at most. */
function openAttempt({ attempts }: ItemCall): Attempt | undefined {
  const last = [...attempts.values()].at(-1)
  return last?.failed ? undefined : last
}

/** How a runner tells of a signal. */
const toldToStop = / was told to stop by SIG/
