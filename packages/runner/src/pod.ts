import { cpSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import {
  type DoneMarker,
  dataError,
  formatDiagnostic,
  type Json,
  killAfter,
  mapArtifacts,
  markedCause,
  millisecondsOf,
  podVariables,
  receiveVariables,
  type Schema,
  stageVariables,
  type WorkItem,
} from '@millrace/ir'
import { appendStored, makeFolder, onDisk } from '@millrace/store'
import { asStage, perform } from './call.ts'
import { exitWith } from './exit.ts'
import { exitFailure } from './exit-failure.ts'
import { StageFailure, threw } from './failure.ts'
import { contractVariables, writeWhole } from './folder.ts'
import { startTimer } from './long-timer.ts'
import { unpackCode } from './pod/code.ts'
import { PodInputs } from './pod/inputs.ts'
import { checkItem, releasedItem } from './pod/item.ts'
import { PodLog } from './pod/log.ts'
import { publish } from './pod/marker.ts'
import { measured } from './pod/metrics.ts'
import { type PodOptions, podOptions } from './pod/options.ts'
import { attemptNumber, beginAttempt, failuresOf, type PodPaths, podPaths } from './pod/paths.ts'
import { writeTermination } from './pod/termination.ts'
import { protectListener } from './protect-listener.ts'
import { portable } from './result.ts'
import { failStuck, installSandbox, onStuck } from './sandbox.ts'
import { onSignal } from './signals.ts'
import type { Attempt, LoadedStage, Outcome } from './stage.ts'
import { variablesNamed } from './variables-named.ts'
import { writeNow } from './write-now.ts'

/** A stage as a pod needs it: nobody else knows its schema there, nor which variables are its own. */
interface PodStage extends LoadedStage {
  readonly inputSchema: Schema
  readonly env: readonly string[]
}

/** Another user of the store's group reads what is written here, and removes it one day. */
const mask = 0o002

/**
 * The whole life of a pod's process: runs one completion index of one stage's Job. Leaves its attempt's folder and, last,
 * a marker in `done/` or `failed/`. Ends the process with 0, 65 or 1.
 *
 * @param load imports the stage from the folder with its code
 */
export async function runPod(
  load: (folder: string) => Promise<PodStage>,
  given: Partial<PodOptions> = {},
): Promise<void> {
  process.umask(mask)
  receiveVariables(process.env)
  const pod = new Pod({ ...podOptions, ...given })
  const release = installSandbox(true)
  const awake = onStuck(failStuck)
  const end = (code: number): never => {
    awake()
    release()
    return exitWith(code)
  }
  try {
    await pod.work(load)
  } catch (error) {
    end(pod.fail(error))
  }
  pod.ended = true
  end(0)
}

class Pod {
  readonly #options: PodOptions
  readonly #told = new AbortController()
  readonly #abandon = new AbortController()
  #place: PodPaths | undefined
  #item: WorkItem | undefined
  #log: PodLog | undefined
  #signal: StageFailure | undefined
  /** The item had failed for good before this pod: it leaves no marker. */
  #spare = false
  ended = false

  constructor(options: PodOptions) {
    this.#options = options
    onSignal(
      () => this.#name,
      (failure) => {
        this.#signal ??= failure
        this.#stop(failure, options.grace)
      },
    )
    // what ends this process past us must not look like a success
    protectListener('exit', (code: number) => {
      if (!this.ended) process.exitCode = this.fail(exitFailure(this.#name, code, false))
    })
  }

  get #name(): string {
    return this.#item?.node ?? this.#place?.job ?? process.env[podVariables.job] ?? 'stage'
  }

  /** The first who says stop is the cause, whatever comes of it. */
  #stop(failure: StageFailure, grace: number): void {
    if (this.#told.signal.aborted) return
    this.#told.abort(failure)
    setTimeout(() => this.#abandon.abort(failure), grace).unref()
  }

  async work(load: (folder: string) => Promise<PodStage>): Promise<void> {
    const options = this.#options
    const place = podPaths(options)
    this.#place = place
    if (!beginAttempt(place)) return
    const stop = this.#told.signal
    const source = options.items?.(stop) ?? releasedItem(place, options.itemWait, stop)
    const item = await source.next()
    this.#item = item
    checkItem(place, item)
    this.#checkTries(place, item)
    const late = this.#watch(item)
    this.#setVariables(place, item)
    const folder = unpackCode(options.code, join(options.scratch, 'millrace-code'))
    const log = new PodLog(place.log, place.lines)
    this.#log = log
    const print = (text: string) => log.print(text)
    const { stage, outcome } = await asStage({ node: item.node, print, abandon: this.#abandon.signal }, async () => {
      const stage = await load(folder)
      const inputs = new PodInputs(item.node, stage.inputSchema, item.input, options.store)
      await inputs.verify()
      writeWhole(place.paths.input, inputs.value)
      this.#told.signal.throwIfAborted()
      const outcome = await perform(stage, this.#attempt(place, item, stage, inputs.value, log))
      inputs.verifyAgain()
      return { stage, outcome }
    })
    late()
    process.umask(mask)
    this.#succeed(place, item, stage, withoutAssets(stage, outcome, folder, place.paths.files), log)
  }

  #succeed(place: PodPaths, item: WorkItem, stage: PodStage, outcome: Outcome, log: PodLog): void {
    const { paths, index, done, folder } = place
    const { inputDigest, codeDigest, generation, key } = item
    const { output, outputDigest, files } = portable(stage, outcome, paths.files)
    const { metrics, more } = measured(item.node, folder)
    if (more) log.print(`[of the metrics the first ${metrics.length} are kept]\n`)
    log.close()
    writeWhole(paths.output, output)
    const marker = { inputDigest, codeDigest, index, generation, key, outputDigest, output, files, metrics }
    publish(done, { ...marker, cards: [], log: log.tail } as DoneMarker, folder)
  }

  /** Keeps the timeout. Gives a check for a stage that kept the event loop busy beyond it. */
  #watch({ node, timeout }: WorkItem): () => void {
    const milliseconds = timeout === undefined ? undefined : millisecondsOf(timeout)
    if (milliseconds === undefined) return () => this.#told.signal.throwIfAborted()
    const until = performance.now() + milliseconds
    const failure = new StageFailure(
      'stage-timeout',
      `"${node}" did not end within its timeout of ${timeout}`,
      'Give it a longer timeout, or make it end sooner when context.signal is aborted.',
    )
    // the timer is unreferenced: `beforeExit` still tells that nothing can settle the promise
    startTimer(milliseconds, () => this.#stop(failure, killAfter))
    return () => {
      if (performance.now() >= until) this.#stop(failure, 0)
      this.#told.signal.throwIfAborted()
    }
  }

  #setVariables({ uid, paths }: PodPaths, { seed }: WorkItem): void {
    const scratch = join(this.#options.scratch, 'millrace-tmp')
    onDisk('create', scratch, () => makeFolder(scratch))
    Object.assign(process.env, {
      ...contractVariables(paths, seed),
      [stageVariables.attempt]: uid,
      TMPDIR: scratch,
    })
  }

  #attempt(place: PodPaths, item: WorkItem, stage: PodStage, input: Json, log: PodLog): Attempt {
    return {
      node: item.node,
      input,
      files: () => {
        onDisk('create', place.paths.files, () => makeFolder(place.paths.files))
        return place.paths.files
      },
      metric: (metric) => appendStored(place.paths.metrics, `${JSON.stringify(metric)}\n`),
      log: (level, message, data) => log.log(level, message, data),
      print: (text) => log.print(text),
      signal: this.#told.signal,
      abandon: this.#abandon.signal,
      seed: item.seed,
      resources: item.resources,
      worker: { index: 0, count: 1 },
      env: variablesNamed(stage.env),
      attempt: attemptNumber(place),
    }
  }

  /** Kubernetes counts the pods of an index otherwise than a stage its retries, and may make one too many. */
  #checkTries(place: PodPaths, { node, retries }: WorkItem): void {
    if (failuresOf(place) <= retries) return
    this.#spare = true
    throw new StageFailure(
      'process-failed',
      `"${node}" has failed as often as its retries allow, and is not tried again`,
      'Read the log of the pod before this one for the cause.',
      { retry: false },
    )
  }

  /** Tells the cause wherever somebody may look for it. Gives the exit code. */
  fail(error: unknown): number {
    this.ended = true
    const failure = threw(this.#name, this.#told.signal.aborted ? this.#told.signal.reason : error)
    const { pipeline, node } = this.#item ?? { pipeline: null, node: '' }
    const told = failure.toDiagnostic(pipeline ?? '', node, {})
    const cause = markedCause({ ...told, at: { ...told.at, pipeline } })
    const place = this.#place
    let last = false
    try {
      process.umask(mask)
      if (place) {
        const marker = { cause, retry: failure.retry, log: this.#log?.tail ?? '' }
        // a pod that was deleted, evicted or suspended did not fail; the cluster alone knows why it sends it away
        if (failure === this.#signal) publish(place.stopped, marker, place.folder)
        else if (!this.#spare) {
          publish(place.failed, marker, place.folder)
          last = failuresOf(place) > (this.#item?.retries ?? Number.POSITIVE_INFINITY)
        }
      }
    } catch {
      // on a full disk only Kubernetes is left to be told
    }
    writeTermination(this.#options.termination, cause.message)
    writeNow(2, `${formatDiagnostic(cause, undefined, Number.POSITIVE_INFINITY)}\n`)
    // the Job would try it more often: it also counts pods that were only sent away
    return failure.retry && !last ? 1 : dataError
  }
}

/** The assets of a schema lie where this pod alone can see them: those that are handed on become files of the attempt. */
function withoutAssets(stage: PodStage, { output, files }: Outcome, code: string, folder: string): Outcome {
  const copied = new Map<string, Outcome['files'][number]>()
  const moved = mapArtifacts(stage.outputSchema, output, (at) => {
    const artifact = at as unknown as Outcome['files'][number]
    if (!artifact.path.startsWith(code + sep)) return at
    const path = join(folder, '.assets', relative(code, artifact.path))
    if (!copied.has(path)) onDisk('write', path, () => cpSync(artifact.path, path, { recursive: true }))
    copied.set(path, { ...artifact, path })
    return { ...artifact, path } as unknown as Json
  })
  return { output: moved, files: [...files, ...copied.values()] }
}
