import { type FailureData, hold } from '@millrace/runner'
import type { Gpu } from '../gpus.ts'
import { visibleGpus } from '../gpus.ts'
import type { Origin } from '../origin.ts'
import { endDescendants } from '../survivors.ts'
import { type WorkerJob, WorkerProcess, type WorkerStart } from './worker-process.ts'

/** How long a worker that nobody needs is kept for the next run of this process, in milliseconds. */
const keptFor = 10_000

/** How long a call waits for one that works to be done before a further worker is started, in milliseconds. */
const soon = 10

/** A call in the pool. */
export interface Placed {
  /** Tells its worker that it is to end. */
  stop(why: FailureData): void
  /** Ends its worker; other calls in it are lost, too. */
  kill(): void
}

interface Entry {
  readonly number: number
  readonly job: WorkerJob
  readonly start: WorkerStart
  readonly most: number
  worker: WorkerProcess | undefined
  /** It was told to stop before it had a worker. */
  stopped?: FailureData
  timer?: NodeJS.Timeout
}

/** The warm workers of this process, each for calls of any stage. */
export class WorkerPool {
  readonly #waiting: Entry[] = []
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
   * Gives a call to a worker: to one that has nothing to do, which may take a moment, or else, where there are as many
   * as may be, to the one that has least.
   *
   * @param most workers of its kind at once
   */
  run(job: WorkerJob, start: WorkerStart, most: number): Placed {
    const entry: Entry = { number: this.#next++, job, start, most, worker: undefined }
    this.#waiting.push(entry)
    this.#serve()
    if (!entry.worker) entry.timer = setTimeout(() => this.#more(entry), soon)
    const at = (): WorkerProcess | undefined => (entry.worker?.jobs.has(entry.number) ? entry.worker : undefined)
    return {
      stop: (why) => {
        entry.stopped ??= why
        at()?.tell({ stop: entry.number, why })
      },
      kill: () => {
        this.#leave(entry)
        at()?.kill()
      },
    }
  }

  /** Those who wait take the workers that are idle, or have room where no more may be started. */
  #serve(): void {
    for (const entry of [...this.#waiting]) {
      const worker = this.#place(entry)
      if (!worker) continue
      this.#leave(entry)
      entry.worker = worker
      worker.run(entry.number, entry.job)
      if (entry.stopped) worker.tell({ stop: entry.number, why: entry.stopped })
    }
    for (const worker of this.#workers) worker.awaited = this.#waiting.some(({ start }) => start === worker.start)
  }

  #place({ job, start, most }: Entry): WorkerProcess | undefined {
    const alike = this.#alike(start)
    const idle = alike.find((worker) => worker.idle)
    if (idle) return idle
    if (alike.length < most || job.alone || alike.some(({ starts }) => starts)) return undefined
    const open = alike.filter(({ jobs }) => ![...jobs.values()].some(({ alone }) => alone))
    return open.reduce<WorkerProcess | undefined>(
      (least, at) => (least && least.load <= at.load ? least : at),
      undefined,
    )
  }

  /** Nobody was done soon. */
  #more({ start, most, job }: Entry): void {
    const alike = this.#alike(start)
    const starting = alike.filter(({ starts }) => starts).length
    const waiting = this.#waiting.filter((entry) => entry.start === start).length
    if (starting < waiting && (alike.length < most || job.alone)) this.#begin(start)
  }

  #leave(entry: Entry): void {
    clearTimeout(entry.timer)
    const at = this.#waiting.indexOf(entry)
    if (at !== -1) this.#waiting.splice(at, 1)
  }

  #alike(start: WorkerStart): WorkerProcess[] {
    return [...this.#workers].filter((worker) => worker.start === start && !worker.ended)
  }

  #begin(start: WorkerStart): WorkerProcess {
    this.#exit ??= hold('exit', () => this.end())
    clearTimeout(this.#leaving)
    // with other variables, or a GPU that another is to have alone
    this.endIdle((other) => other !== start && (other.gpus.length === 0) === (start.gpus.length === 0))
    const worker = new WorkerProcess(start, (changed) => this.#changed(changed))
    worker.awaited = this.#waiting.some((entry) => entry.start === start)
    this.#workers.add(worker)
    return worker
  }

  #changed(worker: WorkerProcess): void {
    if (worker.ended) {
      this.#workers.delete(worker)
      // who waited for it needs another
      for (const entry of this.#waiting) if (entry.start === worker.start) this.#more(entry)
    }
    this.#serve()
  }

  /** Ends those that have nothing to do, of some kinds: nobody else may see the same GPU. */
  endIdle(of: (start: WorkerStart) => boolean): void {
    for (const worker of this.#workers) if (worker.idle && of(worker.start)) this.#kill(worker)
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
