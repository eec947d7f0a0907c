import type { Call } from '@millrace/engine'
import { annotationNames, type ClusterPlan, mostCompletions } from '@millrace/ir'
import { type Cluster, ClusterError } from '../api/cluster.ts'
import { sleep } from '../api/sleep.ts'
import type { JobView, Owner } from '../api/views.ts'
import {
  attemptRefused,
  type Cause,
  cutShort,
  isFinal,
  jobFailed,
  jobGone,
  refused,
  runsOther,
  takenAway,
  tooMany,
  withoutOutput,
} from './failures.ts'
import { adopt, itemOf, newItemCall } from './item-call.ts'
import { JobControl, type Shape } from './job-control.ts'
import { JobFolder } from './job-folder.ts'
import { type JobRun, openItems, setItems } from './job-run.ts'
import type { Outcomes } from './outcomes.ts'

/** How long after its Job's end a marker may still come, in milliseconds. */
const markerGrace = 10_000
/** How often somebody else may suspend a released Job. */
const suspensionsAllowed = 2
const soon = 200

export interface Dependencies {
  readonly given: ClusterPlan
  readonly root: string
  readonly run: string
  readonly cluster: Cluster
  readonly owner: Owner | undefined
  /** The command that runs again what ended. */
  readonly again: string
}

/** The lives of the stage Jobs: released when their items are known, and given their reviewed values back at their end. */
export class JobLifecycle {
  readonly #dependencies: Dependencies
  readonly #outcomes: Outcomes
  readonly #views = new Map<string, JobView>()
  readonly #byJob: ReadonlyMap<string, JobRun>
  readonly #control: JobControl

  constructor(dependencies: Dependencies, runs: Iterable<JobRun>, outcomes: Outcomes) {
    this.#dependencies = dependencies
    this.#outcomes = outcomes
    this.#byJob = new Map(Array.from(runs, (run) => [run.job.name, run]))
    this.#control = new JobControl(dependencies.cluster, this.#views, (view) => this.#see(view), dependencies.owner)
  }

  /** Runs what no result is there for. */
  async release(run: JobRun, missed: readonly Call[]): Promise<void> {
    const { given, root, run: id, again } = this.#dependencies
    const view = await this.#present(run, missed[0] as Call)
    const folder = this.#bind(run, view)
    run.endedBefore = view.end !== undefined
    // another driver may have released it, and committed what it gave
    const misses = isReleased(view) ? await this.#outcomes.find(missed) : missed
    if (misses.length === 0) return
    const items = misses.map((call) => newItemCall(call, itemOf(given.plan, root, id, call)))
    setItems(run, items)
    if (items.length > mostCompletions) return this.#failOpen(run, tooMany(run.node, items.length))
    const known = folder.released()
    const adopted = known && adopt(known, items, run.endedBefore)
    if (adopted && (adopted.left.length === 0 || isReleased(view))) {
      // a driver before this one released it: what it wrote stands
      setItems(run, adopted.items)
      run.release = known
      for (const item of adopted.left)
        this.#outcomes.failed(
          run,
          item,
          undefined,
          run.endedBefore ? isFinal(run.node, view, again) : runsOther(run.node, view.name),
        )
      // those were all
      if (run.phase !== 'opens') return
    } else {
      if (run.endedBefore) return this.#failOpen(run, isFinal(run.node, view, again))
      const told = items.map(({ item: { key, inputDigest } }) => ({ key, inputDigest }))
      run.release = { version: 1, run: id, items: told }
      folder.release(
        run.release,
        items.map(({ item }) => item),
      )
    }
    await this.#follow(run)
  }

  /** A stage that had nothing to run: its Job is Complete at once, without a pod. */
  async closeUnused(run: JobRun): Promise<void> {
    const view = this.#views.get(run.job.name)
    if (!view) return this.#close(run)
    // another driver runs it, or left it before its end
    const folder = this.#bind(run, view)
    const known = isReleased(view) && view.completions !== 0 ? folder.released() : undefined
    const whole = run.notRun === 0 && run.failed === 0
    // what a failure kept from running stays as it is, for the next run
    if (!whole && view.end === undefined && known?.run !== this.#dependencies.run) return this.#close(run)
    run.release = known
    if (whole) run.skipReason = run.pending.length > 0 ? 'cached' : 'skipped'
    setItems(run, known?.items.map(() => undefined) ?? [])
    await this.#follow(run)
  }

  /** From now on the run of a stage is about this very Job, and not another of its name. */
  #bind(run: JobRun, { uid }: JobView): JobFolder {
    run.uid = uid
    run.folder = new JobFolder(this.#dependencies.root, uid)
    return run.folder
  }

  async #follow(run: JobRun): Promise<void> {
    run.phase = 'runs'
    this.#outcomes.follows(run)
    const view = this.#views.get(run.job.name)
    if (view) noteNarrowing(run, view)
    if (view?.end === undefined) await this.#start(run)
  }

  /** Ends a Job after a final failure: it counts deleted pods, too, and so allows more pods than `retries`. */
  stop(run: JobRun): void {
    const view = this.#views.get(run.job.name)
    if (run.job.mapped || !view || view.end !== undefined || run.phase !== 'runs') return
    const width = run.items.length
    this.#later(run, { suspend: false, completions: width, parallelism: width, backoffLimit: 0 })
  }

  saw(view: JobView): void {
    if (!this.#see(view)) return
    const run = this.#byJob.get(view.name)
    if (run) this.look(run)
  }

  sawNone(name: string, uid: string): void {
    // another one of this name may be there already
    if (this.#views.get(name)?.uid !== uid) return
    this.#views.delete(name)
    const run = this.#byJob.get(name)
    if (run?.phase !== 'runs') return
    this.#failOpen(run, jobGone(run.node, name))
    this.#close(run)
  }

  /** A watch tells late what an answer told before. */
  #see(view: JobView): boolean {
    const known = this.#views.get(view.name)
    if (known && known.uid === view.uid && Number(view.version) < Number(known.version)) return false
    this.#views.set(view.name, view)
    return true
  }

  /** What is to be done about a released Job. Markers must have been looked for before. */
  look(run: JobRun): void {
    const view = this.#views.get(run.job.name)
    if (run.phase !== 'runs' || run.patchesInFlight > 0 || !view) return
    if (view.uid !== run.uid) {
      this.#failOpen(run, jobGone(run.node, view.name))
      return this.#close(run)
    }
    noteNarrowing(run, view)
    if (view.end === undefined) {
      if (run.items.length === 0 ? view.completions !== 0 : view.suspend) this.#releaseAgain(run, view)
      return
    }
    if (run.openItems > 0) {
      run.endedAt ??= performance.now()
      if (performance.now() - run.endedAt < markerGrace) return
      this.#failOpen(run, this.#without(run, view))
    }
    this.#end(run, view)
  }

  /** Why a Job ended, and left items without a marker. */
  #without(run: JobRun, view: JobView): Cause {
    const { again } = this.#dependencies
    if (run.endedBefore) return isFinal(run.node, view, again)
    if (view.end === 'failed') return jobFailed(run.node, view)
    const manager = run.narrowedBy ?? (view.completions === run.items.length ? undefined : 'an unknown manager')
    return manager === undefined ? withoutOutput(run.node, view.name) : cutShort(run.node, view.name, manager, again)
  }

  #end(run: JobRun, view: JobView): void {
    run.phase = 'closes'
    const ended = view.end === 'complete' && run.failed === 0 ? 'succeeded' : 'failed'
    // another driver may have told already how it came to its end
    const before = run.skipReason || run.endedBefore ? view.annotations[annotationNames.state] : undefined
    const state = run.failed > 0 ? 'failed' : (before ?? run.skipReason ?? ended)
    this.#shape(run, () => this.#putBack(run, state))
      .then(() => this.#close(run))
      .catch((error: unknown) => this.#outcomes.broken(error))
  }

  #close(run: JobRun): void {
    run.phase = 'closed'
    this.#outcomes.closed(run)
  }

  /** Widens the Job, then lets it go; each step can be repeated. */
  async #start(run: JobRun): Promise<void> {
    const { job } = run
    const width = run.items.length
    const parallel = Math.min(width, job.parallel ?? width)
    const shape = { completions: width, backoffLimit: job.backoffLimit }
    const uid = run.uid as string
    await this.#shape(run, async () => {
      if (width === 0)
        return void (await this.#control.shape(
          job.name,
          uid,
          { ...shape, suspend: true, parallelism: 0 },
          run.skipReason,
        ))
      if (parallel < width && this.#views.get(job.name)?.completions !== width)
        await this.#control.shape(job.name, uid, { ...shape, suspend: true, parallelism: width })
      await this.#control.shape(job.name, uid, { ...shape, suspend: false, parallelism: parallel })
    })
  }

  /** Somebody applied the reviewed manifest over the released Job. */
  #releaseAgain(run: JobRun, view: JobView): void {
    const manager = view.suspendedBy ?? 'an unknown manager'
    const times = (run.suspensions.get(manager) ?? 0) + 1
    run.suspensions.set(manager, times)
    if (times <= suspensionsAllowed)
      return void this.#start(run).catch((error: unknown) => this.#outcomes.broken(error))
    this.#failOpen(run, takenAway(run.node, view.name, manager))
    this.#close(run)
  }

  #later(run: JobRun, shape: Shape): void {
    this.#shape(run, async () => void (await this.#control.shape(run.job.name, run.uid as string, shape))).catch(
      (error: unknown) => this.#outcomes.broken(error),
    )
  }

  async #putBack(run: JobRun, state: string): Promise<void> {
    const reviewed: Shape = { suspend: true, completions: 1, parallelism: 1, backoffLimit: run.job.backoffLimit }
    await this.#control.shape(run.job.name, run.uid as string, reviewed, state)
  }

  /** A patch that the cluster refuses fails a stage that runs; later the refusal is ignored. */
  async #shape(run: JobRun, work: () => Promise<void>): Promise<void> {
    run.patchesInFlight++
    try {
      await work()
    } catch (error) {
      if (!(error instanceof ClusterError) || error.passes || error.distrust) throw error
      if (run.phase !== 'runs') return
      const gone = error.status === 404
      this.#failOpen(run, gone ? jobGone(run.node, run.job.name) : refused(run.node, run.job.name, error.message))
      this.#close(run)
    } finally {
      run.patchesInFlight--
    }
  }

  /** The Job as it is now, once it is there: whoever applies the folder may be slower than the driver. */
  async #present(run: JobRun, first: Call): Promise<JobView> {
    const { name } = run.job
    for (let told = false; ; told = true) {
      const view = this.#views.has(name) ? await this.#control.look(name) : undefined
      if (view) return view
      if (!told) this.#outcomes.waiting(first, 1, `there is no Job "${name}" yet: apply the whole folder`)
      await sleep(soon)
    }
  }

  #failOpen(run: JobRun, cause: Cause): void {
    for (const item of openItems(run)) {
      const attempt = item.latest
      const odd = attempt?.odd
      this.#outcomes.failed(run, item, attempt, odd ? attemptRefused(run.node, odd.path, odd.message) : cause)
    }
  }
}

/** Notes who narrowed a running Job, by applying its reviewed manifest: it may be Complete too early. */
function noteNarrowing(run: JobRun, { started, suspendedBy, completions }: JobView): void {
  const ran = started || run.items.some((item) => item !== undefined && item.attempts.size > 0)
  if (ran && completions !== run.items.length) run.narrowedBy ??= suspendedBy
}

/** Whether pods of it may have started. */
const isReleased = ({ started, completions, end }: JobView): boolean =>
  started || completions !== 1 || end !== undefined
