import { type FailureData, protectListener } from '@millrace/runner'
import { type Gpu, visibleGpus } from '../machine/gpus.ts'
import type { Origin } from '../origin.ts'
import { endSurvivors } from '../processes/survivors.ts'
import { afterReading } from './after-reading.ts'
import type { WorkerJob, WorkerStart } from './worker-job.ts'
import { WorkerProcess, workerPrefix } from './worker-process.ts'

/** How long a worker that nobody needs is kept for the next run of this process, in milliseconds. */
const keptFor = 10_000

/** How long a call waits for one that works to be done before a further worker is started, in milliseconds. */
const soon = 40

/** How often in a row one may end before it has started: then none is started that way any more. */
const failuresAllowed = 3

/** A call in the pool. */
export interface Placed {
  /** Tells its worker that it is to end; false when it has none yet, and gets none. */
  stop(why: FailureData): boolean
  /** Ends its worker; other calls in it are lost, too. */
  kill(): void
}

interface Entry {
  readonly number: number
  readonly job: WorkerJob
  readonly start: WorkerStart
  readonly most: number
  worker: WorkerProcess | undefined
  /** Ends its wait for one that works. */
  endWait?: () => void
}

/** The warm workers of this process, each for calls of any stage. */
class WorkerPool {
  readonly #waiting: Entry[] = []
  readonly #workers = new Set<WorkerProcess>()
  readonly #starts = new Map<string, WorkerStart>()
  readonly #failures = new Map<WorkerStart, number>()
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
    const worker = this.#alike(start).length > 0 ? undefined : this.#begin(start)
    if (preload) worker?.tell(preload)
  }

  /** Starts another worker, up to `most`, if all are busy and none is starting. */
  ahead(start: WorkerStart, most: number): void {
    const alike = this.#alike(start)
    if (alike.length < most && alike.every(({ idle, starts }) => !idle && !starts)) this.#begin(start)
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
    if (!entry.worker) entry.endWait = afterReading(this.#alike(start).length > 0 ? soon : 0, () => this.#more(entry))
    const at = (): WorkerProcess | undefined => (entry.worker?.jobs.has(entry.number) ? entry.worker : undefined)
    return {
      stop: (why) => {
        if (!entry.worker) this.#leave(entry)
        at()?.tell({ stop: entry.number, why })
        return entry.worker !== undefined
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
    }
    this.#await()
  }

  #place({ job, start, most }: Entry): WorkerProcess | undefined {
    const alike = this.#alike(start)
    const idle = alike.find((worker) => worker.idle)
    if (idle) return idle
    if (alike.length < most || job.alone || alike.some(({ starts }) => starts)) return undefined
    const open = alike.filter(({ jobs, left }) => !left.full && ![...jobs.values()].some(({ alone }) => alone))
    return open.reduce<WorkerProcess | undefined>(
      (least, at) => (least && least.load <= at.load ? least : at),
      undefined,
    )
  }

  /** Nobody was done soon. */
  #more({ start, most, job }: Entry): void {
    const alike = this.#alike(start)
    const starting = alike.filter(({ starts }) => starts).length
    const waiting = this.#waiting.filter((entry) => entry.start === start)
    if (starting >= waiting.length || (alike.length >= most && !job.alone)) return
    if (this.#begin(start) || alike.length > 0) return
    for (const entry of waiting) {
      this.#leave(entry)
      entry.job.refused()
    }
  }

  #leave(entry: Entry): void {
    entry.endWait?.()
    const at = this.#waiting.indexOf(entry)
    if (at !== -1) this.#waiting.splice(at, 1)
    this.#await()
  }

  #await(): void {
    for (const worker of this.#workers) worker.awaited = this.#waiting.some(({ start }) => start === worker.start)
  }

  #alike(start: WorkerStart): WorkerProcess[] {
    return [...this.#workers].filter((worker) => worker.start === start && !worker.ended)
  }

  /** Starts a worker; undefined when the system, or what it is to run, does not let it. */
  #begin(start: WorkerStart): WorkerProcess | undefined {
    if ((this.#failures.get(start) ?? 0) >= failuresAllowed) return undefined
    this.#exit ??= protectListener('exit', () => this.end())
    clearTimeout(this.#leaving)
    // with the variables of another run, or a GPU that this one is to have alone
    const isInTheWay = ({ gpus }: WorkerStart) =>
      gpus.length === 0 ? start.gpus.length === 0 : gpus.some((id) => start.gpus.includes(id))
    this.endIdle((other) => other !== start && isInTheWay(other))
    try {
      const worker = new WorkerProcess(start, (changed) => this.#changed(changed))
      this.#workers.add(worker)
      this.#await()
      return worker
    } catch {
      return undefined
    }
  }

  #changed(worker: WorkerProcess): void {
    const { start } = worker
    if (worker.ended) {
      this.#workers.delete(worker)
      if (!worker.worked) this.#failures.set(start, (this.#failures.get(start) ?? 0) + 1)
      // who waited for it needs another
      const entry = this.#waiting.find((one) => one.start === start)
      if (entry) this.#more(entry)
    } else this.#failures.delete(start)
    // what it has used up comes back with its end
    if (worker.left.full && worker.jobs.size === 0) this.#kill(worker)
    this.#serve()
  }

  /** Ends those that have nothing to do, of some kinds. */
  endIdle(of: (start: WorkerStart) => boolean): void {
    for (const worker of this.#workers) if (worker.idle && of(worker.start)) this.#kill(worker)
  }

  /** Nothing anywhere could settle what is stuck in them. */
  failStuck(): void {
    for (const worker of this.#workers) if (worker.stuck) worker.tell({ failStuck: true })
  }

  /** No run needs the workers; they are kept for a while. Those with `exit` handlers of calls run them and end. */
  async leave(): Promise<void> {
    clearTimeout(this.#leaving)
    const idle = [...this.#workers].filter((worker) => worker.idle)
    await Promise.all(idle.flatMap((worker) => (worker.left.exits ? [worker.leave()] : [])))
    for (const worker of idle) if (worker.left.children) this.#kill(worker)
    this.#leaving = setTimeout(() => this.endIdle(() => true), keptFor).unref()
  }

  /** Ends all of them. */
  end(): void {
    if (this.#workers.size === 0) return
    for (const worker of this.#workers) worker.killGroup()
    this.#workers.clear()
    endSurvivors(workerPrefix, 0, Number.POSITIVE_INFINITY)
  }

  #kill(worker: WorkerProcess): void {
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
