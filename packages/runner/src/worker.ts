import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { asStage, perform } from './call.ts'
import { exitWith } from './exit.ts'
import { threw } from './failure.ts'
import { failureData, failureOf } from './failure-data.ts'
import { leftChildren } from './guard-process.ts'
import { knownLarge } from './large-files.ts'
import { Lines } from './lines.ts'
import type { StageScope } from './per-stage.ts'
import { countProcessorTime } from './processor-time.ts'
import { readLineNow } from './read-now.ts'
import { failStuck, installSandbox, onStuck, outsideStage } from './sandbox.ts'
import type { Attempt, LoadedStage } from './stage.ts'
import { exhaustion, processLacks } from './whose-fault.ts'
import {
  type FolderAnswer,
  type ToldWorker,
  type WorkerCall,
  type WorkerProgram,
  type WorkerState,
  type WorkerTells,
  workerPipes,
} from './worker-protocol.ts'
import { writeNow } from './write-now.ts'

/** What a worker's program gives it. */
export interface WorkerHost {
  preload(specifier: string, from: string): Promise<unknown>
  learn(program: WorkerProgram): void
  /** @throws what keeps the modules of a stage from being loaded */
  load(program: string, stage: string): Promise<LoadedStage>
}

/**
 * The life of a warm worker: runs calls of any stage, several at once, as the process that started it would, until that
 * one is gone.
 */
export function runWorker(host: WorkerHost): void {
  installSandbox()
  countProcessorTime()
  pipe = inodeOf(workerPipes.tells)
  new Worker(host).listen()
}

class Worker {
  readonly #host: WorkerHost
  readonly #told = new Socket({ fd: workerPipes.told, readable: true, writable: false })
  readonly #stops = new Map<number, AbortController>()
  readonly #lines = new Lines()
  readonly #loaded = new Set<string>()
  /** Handlers of the end of this process that are ours, or Node's. */
  readonly #exits = process.listenerCount('exit')

  constructor(host: WorkerHost) {
    this.#host = host
  }

  listen(): void {
    this.#told.setEncoding('utf8')
    this.#told.on('data', (text: string) => this.#read(text))
    // nobody is left to work for
    const end = () => outsideStage(() => process.kill(-process.pid, 'SIGKILL'))
    this.#told.on('close', end).on('error', end)
    tell({ ready: true })
    onStuck(() => {
      if (this.#stops.size === 0) return
      tell({ stuck: true })
      this.#told.ref()
    })
  }

  #read(text: string): void {
    for (const line of this.#lines.add(text)) this.#hear(JSON.parse(line) as ToldWorker)
    this.#stay()
  }

  /** Only an idle worker stays alive for its next call: else a stuck stage would not be noticed. */
  #stay(): void {
    if (this.#stops.size === 0) this.#told.ref()
    else this.#told.unref()
  }

  #hear(told: ToldWorker): void {
    if ('call' in told) void this.#run(told)
    else if ('stop' in told) this.#stops.get(told.stop)?.abort(failureOf(told.why))
    else if ('learn' in told) this.#host.learn(told.learn)
    else if ('failStuck' in told) failStuck()
    else if ('leave' in told) outsideStage(() => exitWith(0))
    // who needs it will be told why it can't be loaded
    else this.#host.preload(told.preload, told.from).catch(() => {})
  }

  async #run(call: WorkerCall): Promise<void> {
    const stop = new AbortController()
    this.#stops.set(call.call, stop)
    const ended = await this.#call(call, stop.signal)
    this.#stops.delete(call.call)
    if (ended) tell(ended)
    this.#stay()
  }

  async #call(call: WorkerCall, signal: AbortSignal): Promise<WorkerTells | undefined> {
    const { node } = call
    const number = { call: call.call }
    let stage: LoadedStage
    const loading = !this.#loaded.has(`${call.program} ${call.stage}`)
    if (loading) tell({ ...number, heard: true })
    try {
      // prints are dropped: the main process printed them when it loaded these modules
      stage = await asStage({ node, print: () => {}, abandon: never }, () => this.#host.load(call.program, call.stage))
    } catch (error) {
      return { ...number, unloadable: threw(node, error).message }
    }
    this.#loaded.add(`${call.program} ${call.stage}`)
    tell({ ...number, began: true, loading })
    const began = performance.now()
    const { timeout } = call
    const attempt: Attempt = {
      ...call,
      files: () => folderOf(call.call),
      metric: (metric) => tell({ ...number, metric }),
      log: (log, message, data) => tell({ ...number, log, message, ...(data === undefined ? {} : { data }) }),
      print: (print) => tell({ ...number, print }),
      signal,
      abandon: never,
      ...(timeout ? { deadline: { at: began + timeout.after, failure: failureOf(timeout.failure) } } : {}),
      worker: { index: 0, count: 1 },
    }
    let own: Readonly<StageScope> | undefined
    const took = (full = false) => ({
      seconds: (performance.now() - began) / 1000,
      processor: own?.processor ?? 0,
      left: {
        children: leftChildren().length > 0,
        exits: process.listenerCount('exit') > this.#exits,
        full,
      },
    })
    try {
      const { output, files } = await asStage(attempt, (scope) => {
        own = scope
        return perform(stage, attempt)
      })
      return { ...number, done: { output, files }, large: knownLarge({ files }), ...took() }
    } catch (error) {
      const failure = threw(node, error)
      const lacking = exhaustion(failure)
      const isFull = lacking === 'open no more files'
      return { ...number, failed: failureData(isFull ? processLacks(node, lacking) : failure), ...took(isFull) }
    }
  }
}

const never = new AbortController().signal

/** The inode of the pipe to who reads what is told. */
let pipe: bigint | undefined

function tell(what: WorkerTells | WorkerState): void {
  // a stage closed it, and may have opened a file of its own under the number
  if (inodeOf(workerPipes.tells) !== pipe) outsideStage(() => process.kill(-process.pid, 'SIGKILL'))
  writeNow(workerPipes.tells, `${JSON.stringify(what)}\n`)
}

// as bigint: after another stat of a pipe, Node 22.19 and 24.11 load modules by paths with links in them
function inodeOf(fd: number): bigint | undefined {
  try {
    return fstatSync(fd, { bigint: true }).ino
  } catch {
    return undefined
  }
}

/** Asks where a call's files go, and waits for the answer. */
function folderOf(call: number): string {
  tell({ call, folder: true })
  const line = readLineNow(workerPipes.answers)
  if (line === undefined) return outsideStage(() => process.kill(-process.pid, 'SIGKILL')) as never
  const answer = JSON.parse(line) as FolderAnswer
  if ('failed' in answer) throw failureOf(answer.failed)
  return answer.folder
}
