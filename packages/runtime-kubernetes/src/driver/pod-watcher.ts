import { ClusterError } from '../api/cluster.ts'
import type { PodView } from '../api/views.ts'
import { type Dependencies, ItemAttempts, openAttempt } from './item-attempts.ts'
import { type JobRun, openItems } from './job-run.ts'
import { isSmall, MarkerWatch } from './marker-watch.ts'
import type { Outcomes } from './outcomes.ts'

/** How long a pod that failed may still be about to say why, in milliseconds. */
const lastWords = 1000

/** Follows the pods of released Jobs: what the cluster tells of them, and what they write into the store. */
export class PodWatcher {
  readonly #dependencies: Dependencies
  readonly #outcomes: Outcomes
  readonly #byJob: ReadonlyMap<string, JobRun>
  /** By Job and uid. What was told of pods before their Job was followed counts too. */
  readonly #views = new Map<string, Map<string, PodView>>()
  readonly #attempts: ItemAttempts
  readonly #markers: MarkerWatch

  constructor(dependencies: Dependencies, runs: Iterable<JobRun>, outcomes: Outcomes) {
    this.#dependencies = dependencies
    this.#outcomes = outcomes
    this.#attempts = new ItemAttempts(dependencies, outcomes)
    this.#markers = new MarkerWatch(dependencies, this.#attempts, outcomes)
    this.#byJob = new Map(Array.from(runs, (run) => [run.job.name, run]))
  }

  /** Follows the pods of a Job from now on: what was written first, then what runs. */
  begin(run: JobRun): void {
    this.#markers.look(run)
    for (const view of this.#views.get(run.job.name)?.values() ?? []) this.#seen(run, view)
  }

  /** What the pods of a Job wrote since the last look. */
  look(run: JobRun): void {
    this.#markers.lookOn(run)
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
    if (view.begun && item && !item.ended && !item.attempts.has(view.uid)) {
      const known = !isSmall(run) && view.failures !== undefined && view.failures <= item.attempts.size
      if (known) this.#markers.lookAt(run, item, view)
      else this.#markers.look(run)
    }
    if (!item || item.ended) return
    const id = { index: view.index, pod: view.uid }
    const over = view.phase === 'Failed' || view.phase === 'Succeeded'
    // pods are listed in any order: an unknown one that has ended is older than the open attempt
    if (over && !item.attempts.has(view.uid) && openAttempt(item)) return
    if (view.begun && !this.#attempts.of(run, item, id)) return
    if (!view.begun && view.waits !== undefined && view.phase === 'Pending') {
      run.reported = true
      this.#attempts.waits(run, item, view.waits)
    }
    const { exit } = view
    if (!exit || view.phase !== 'Failed' || view.disrupted || view.deleted) return
    if (!view.begun && exit.reason !== 'DeadlineExceeded') return this.#attempts.unstarted(run, item, view.uid, exit)
    const attempt = this.#attempts.of(run, item, id)
    if (!attempt || attempt.exit) return
    attempt.exit = exit
    setTimeout(() => {
      try {
        if (isSmall(run)) this.#markers.look(run)
        else this.#markers.lookAt(run, item, view)
        if (!item.ended) this.#attempts.fell(run, item, attempt)
      } catch (error) {
        this.#outcomes.broken(error)
      }
    }, lastWords)
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
        if (last && item) this.#attempts.waits(run, item, `${last.reason}: ${last.message}`)
      }
    } catch (error) {
      if (!(error instanceof ClusterError)) this.#outcomes.broken(error)
    }
  }
}
