import { type FailureData, hold } from '@millrace/runner'
import type { Gpu } from '../gpus.ts'
import { visibleGpus } from '../gpus.ts'
import type { Origin } from '../origin.ts'
import { endDescendants } from '../survivors.ts'
import { type WorkerJob, WorkerProcess, type WorkerStart } from './worker-process.ts'

/** How long a worker that nobody needs is kept for the next run of this process, in milliseconds. */
const keptFor = 10_000

/** A call in the pool. */
export interface Placed {
  /** Tells its worker that it is to end. */
  stop(why: FailureData): void
  /** Ends its worker; other calls in it are lost, too. */
  kill(): void
}

/** The warm workers of this process, each for calls of any stage. */
export class WorkerPool {
  readonly #workers = new Set<WorkerProcess>()
  readonly #starts = new Map<string, WorkerStart>()
  #next = 0
  #exit: (() => void) | undefined
  #leaving: NodeJS.Timeout | undefined

  get size(): number {
    return this.#workers.size
  }

  /** How a worker is started that sees these GPUs. */
  startOf(args: readonly string[], { cwd, env }: Origin, gpus: readonly Gpu[]): WorkerStart {
    const variables = { ...env, ...visibleGpus(gpus, env) }
    const key = JSON.stringify([args, cwd, variables])
    const start = this.#starts.get(key) ?? { args, cwd, env: variables, gpus: gpus.map(({ id }) => id) }
    this.#starts.set(key, start)
    return start
  }

  /** Starts a worker ahead of its first call. */
  warm(start: WorkerStart, preload?: { readonly preload: string; readonly from: string }): void {
    if (this.#alike(start).length > 0) return
    const worker = this.#begin(start)
    if (preload) worker.tell(preload)
  }

  /**
   * Gives a call to a worker.
   *
   * @param most workers of its kind at once
   */
  run(job: WorkerJob, start: WorkerStart, most: number): Placed {
    const number = this.#next++
    const worker = this.#choose(job, start, most)
    worker.run(number, job)
    return {
      stop: (why) => {
        if (worker.jobs.has(number)) worker.tell({ stop: number, why })
      },
      kill: () => {
        if (worker.jobs.has(number)) worker.kill()
      },
    }
  }

  #choose({ alone }: WorkerJob, start: WorkerStart, most: number): WorkerProcess {
    const alike = this.#alike(start)
    const idle = alike.find(({ jobs }) => jobs.size === 0)
    if (idle) return idle
    const open = alike.filter(({ jobs }) => ![...jobs.values()].some((job) => job.alone))
    const [first, ...others] = open
    if (!first || alone || alike.length < most) return this.#begin(start)
    return others.reduce((least, worker) => (worker.load < least.load ? worker : least), first)
  }

  #alike(start: WorkerStart): WorkerProcess[] {
    return [...this.#workers].filter((worker) => worker.start === start && !worker.ended)
  }

  #begin(start: WorkerStart): WorkerProcess {
    this.#exit ??= hold('exit', () => this.end())
    clearTimeout(this.#leaving)
    // with other variables, or a GPU that another is to have alone
    this.endIdle((other) => other !== start && (other.gpus.length === 0) === (start.gpus.length === 0))
    const worker = new WorkerProcess(start, (gone) => this.#workers.delete(gone))
    this.#workers.add(worker)
    return worker
  }

  /** Ends those that have nothing to do, of some kinds: nobody else may see the same GPU. */
  endIdle(of: (start: WorkerStart) => boolean): void {
    for (const worker of this.#workers) if (worker.jobs.size === 0 && of(worker.start)) this.#kill(worker)
  }

  /** Nothing anywhere could settle what is stuck in them. */
  failStuck(): void {
    for (const worker of this.#workers) if (worker.stuck) worker.tell({ failStuck: true })
  }

  /** No run needs them any more: another one may soon. */
  leave(): void {
    for (const worker of this.#workers) if (worker.littered) this.#kill(worker)
    clearTimeout(this.#leaving)
    this.#leaving = setTimeout(() => this.endIdle(() => true), keptFor).unref()
  }

  /** Ends all of them. */
  end(): void {
    for (const worker of this.#workers) this.#kill(worker)
  }

  #kill(worker: WorkerProcess): void {
    if (worker.littered && worker.pid !== undefined) endDescendants([worker.pid])
    worker.kill()
    this.#workers.delete(worker)
  }
}

/** A process has one, whatever runs in it. */
export const workerPool = new WorkerPool()

/**
 * Starts a worker for a run that is about to begin, with what this process has now.
 *
 * @param preload a package that its stages will import, and the path of a module that does
 */
export function warmWorker(
  args: readonly string[],
  preload?: { readonly preload: string; readonly from: string },
): void {
  workerPool.warm(workerPool.startOf(args, { cwd: process.cwd(), env: { ...process.env } }, []), preload)
}
