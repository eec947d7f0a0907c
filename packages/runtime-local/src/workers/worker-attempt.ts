import { bitsOf, checkShape, killAfter } from '@millrace/ir'
import {
  attemptFiles,
  attemptRefused,
  failureData,
  failureOf,
  processFailure,
  type StageFailure,
  threw,
  type WorkerProgram,
  type WorkerTells,
  workerPipes,
} from '@millrace/runner'
import { rememberLarge } from '@millrace/store'
import { type AttemptRequest, envOf, type Performed, type WorkerSite } from '../attempts/attempt-request.ts'
import type { Timeout } from '../attempts/timeout.ts'
import { origin } from '../origin.ts'
import { refusedOutput } from '../processes/refused-output.ts'
import { afterReading } from './after-reading.ts'
import type { WorkerEnd, WorkerJob, WorkerStart } from './worker-job.ts'
import { type Placed, workerPool } from './worker-pool.ts'

/** Its modules can't be loaded in another process: it must run in this one. */
export class Unloadable extends Error {}

/** Its worker ended while others ran there, too: nobody knows whose doing it was. */
class WorkerLost extends Error {}

/** Its worker can open no more files, which calls before it may have opened. */
class WorkerFull extends WorkerLost {
  readonly failure: StageFailure

  constructor(failure: StageFailure) {
    super()
    this.failure = failure
  }
}

/** Milliseconds after which a running call has another worker started for the calls after it. */
const aheadAfter = 100

/** How often a call is begun again whose worker was lost. */
const again = 3

/** @throws StageFailure; Unloadable */
export async function runInWorker(request: AttemptRequest, place: WorkerSite, timeout: Timeout): Promise<Performed> {
  for (let round = 0; ; round++) {
    try {
      return await new Call(request, place, timeout, place.heavy || round > 0).ended
    } catch (error) {
      if (error instanceof WorkerFull && round > 0) throw error.failure
      if (!(error instanceof WorkerLost) || round === again || request.stop.aborted) throw error
      request.again()
    }
  }
}

/** One call in a worker. */
class Call implements WorkerJob {
  readonly ended: Promise<Performed>
  readonly program: WorkerProgram
  readonly call: WorkerJob['call']
  readonly cpu: number
  readonly alone: boolean
  readonly #request: AttemptRequest
  readonly #place: WorkerSite
  readonly #timeout: Timeout
  #settle: { resolve(made: Performed): void; reject(error: unknown): void } = { resolve() {}, reject() {} }
  /** The workers that may run it: how they are started, and how many there may be. */
  readonly #workers: { readonly start: WorkerStart; readonly most: number }
  #undo: (() => void)[] = []
  #loading = false

  constructor(request: AttemptRequest, place: WorkerSite, timeout: Timeout, alone: boolean) {
    this.#request = request
    this.#place = place
    this.#timeout = timeout
    this.program = place.program
    this.alone = alone
    this.cpu = request.share.cpu
    this.call = {
      stage: place.stage,
      node: request.node.id,
      input: request.input,
      seed: bitsOf(request.key),
      resources: request.share.resources,
      env: envOf(request),
      attempt: request.attempt,
      ...(timeout.limited ? { timeout: { after: timeout.after, failure: failureData(timeout.failure) } } : {}),
    }
    const { gpus } = request
    this.#workers = {
      start: workerPool.startOf(place.args, origin(), gpus),
      most: gpus.length > 0 ? 1 : place.most,
    }
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.#begin()
  }

  #begin(): void {
    const { stop, abandon } = this.#request
    const placed = workerPool.run(this, this.#workers.start, this.#workers.most)
    this.#on(stop, () => {
      if (!placed.stop(failureData(stop.reason as StageFailure))) this.#reject(stop.reason)
    })
    this.#on(abandon, () => {
      placed.kill()
      this.#reject(abandon.reason)
    })
    this.#on(this.#timeout.signal, () => this.#late(placed))
  }

  #late(placed: Placed): void {
    placed.stop(failureData(this.#timeout.failure))
    const timer = setTimeout(() => placed.kill(), killAfter)
    this.#undo.push(() => clearTimeout(timer))
  }

  #on(signal: AbortSignal, act: () => void): void {
    if (signal.aborted) return act()
    signal.addEventListener('abort', act, { once: true })
    this.#undo.push(() => signal.removeEventListener('abort', act))
  }

  heard(tells: Parameters<WorkerJob['heard']>[0]): void {
    try {
      this.#hear(tells)
    } catch (error) {
      // the store fails, within which it is told
      this.#reject(error)
    }
  }

  #hear(tells: Parameters<WorkerJob['heard']>[0]): void {
    if ('print' in tells) this.#request.log.write(tells.print)
    else if ('log' in tells) this.#request.event(tells.log, tells.message, tells.data)
    else if ('metric' in tells) this.#request.metric(tells.metric)
    else if ('began' in tells) this.#start(tells.loading)
    else if ('unloadable' in tells) this.#reject(new Unloadable(tells.unloadable))
    else {
      this.#place.took(tells.processor)
      if (this.#outOfTime) this.#reject(this.#outOfTime)
      else if ('done' in tells) this.#done(tells)
      else this.#reject(tells.left.full ? new WorkerFull(failureOf(tells.failed)) : failureOf(tells.failed))
    }
  }

  #done({ done, large, seconds }: Extract<WorkerTells, { done: unknown }>): void {
    const { spec, node } = this.#request
    // the check of the worker shared its process with stages, which may have changed what it uses
    const problem = checkShape(spec.output, done.output)
    if (problem !== undefined) return this.#reject(refusedOutput(node.id, problem))
    for (const { path, files } of large) rememberLarge(path, files)
    this.#resolve({ ...done, seconds, loading: this.#loading })
  }

  #start(loading: boolean): void {
    this.#loading = loading
    this.#timeout.start()
    const { start, most } = this.#workers
    if (this.#place.wide) this.#undo.push(afterReading(aheadAfter, () => workerPool.ahead(start, most)))
  }

  /** After its timeout a call fails with that, whatever its worker tells. */
  get #outOfTime(): StageFailure | undefined {
    return this.#timeout.signal.aborted ? this.#timeout.failure : undefined
  }

  print(text: string): void {
    this.#request.log.write(text)
  }

  folder(): ReturnType<WorkerJob['folder']> {
    try {
      return { folder: attemptFiles(this.#request.folder()).files }
    } catch (error) {
      return { failed: failureData(threw(this.#request.node.id, error)) }
    }
  }

  refused(): void {
    this.#reject(new Unloadable('no worker can be started'))
  }

  lost({ code, signal, odd }: WorkerEnd, own: boolean): void {
    if (this.#outOfTime) this.#reject(this.#outOfTime)
    else if (!own) this.#reject(new WorkerLost())
    else if (odd)
      this.#reject(attemptRefused(this.#request.node.id, `fd ${workerPipes.tells}`, 'holds what no worker writes'))
    else this.#reject(processFailure(this.#request.node.id, { code, signal }, false))
  }

  #resolve(made: Performed): void {
    this.#end()
    this.#settle.resolve(made)
  }

  #reject(error: unknown): void {
    this.#end()
    this.#settle.reject(error)
  }

  #end(): void {
    for (const undo of this.#undo.splice(0)) undo()
  }
}
