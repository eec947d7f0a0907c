import type { Call, CallEvents, RunJournal } from '@millrace/engine'
import {
  canonical,
  type Digest,
  type Json,
  type Level,
  type Metric,
  type Plan,
  type PlanStage,
  type PlanStageSpec,
  type StageOptions,
} from '@millrace/ir'
import { attemptFiles, exhaustion, type Finding, type LoadedStage, StageFailure, storeFault } from '@millrace/runner'
import { makeFolder, onDisk, outputDigest, type RunFolder } from '@millrace/store'
import type { AttemptRequest, ExecutionSite, Performed } from '../attempts/attempt-request.ts'
import { Inputs, shown } from '../attempts/inputs.ts'
import type { StageLog } from '../attempts/stage-log.ts'
import type { ChildProgram, LocalOptions, Reader } from '../local-options.ts'
import type { Capacity, Share } from '../machine/capacity.ts'
import type { Gpu } from '../machine/gpus.ts'
import type { Lease } from '../machine/slots.ts'
import { exhausted } from '../processes/exhausted.ts'
import { tokenPrefix } from '../processes/guard.ts'
import { Unloadable } from '../workers/worker-attempt.ts'
import { runAttempt } from './run-attempt.ts'

/** What a run's attempts have in common. */
export interface Dependencies {
  readonly plan: Plan
  readonly options: LocalOptions
  readonly machine: Capacity
  readonly folder: RunFolder
  readonly journal: RunJournal
  readonly events: CallEvents
  readonly stop: AbortSignal
  readonly abandon: AbortSignal
  share(node: PlanStage): Share
}

/** What an attempt made, before it is committed. */
export interface Made {
  readonly output: Json
  /** The output as canonical JSON. */
  readonly text: string
  readonly digest: Digest
  readonly metrics: readonly Metric[]
  readonly attempt: string | undefined
  /** Whether it ran in a process of its own. */
  readonly apart: boolean
  readonly seconds: number
  /** Path of its log; missing when it printed nothing. */
  readonly log: string | undefined
  /** What is known of it only now. */
  readonly finding: Finding | undefined
}

/** Attempt ids are a prefix and a number: unique in the store, and cheap. */
let attempts = 0
const newToken = (): string => `${tokenPrefix}${(attempts++).toString(16).padStart(6, '0')}`

/** One attempt at one call: the checks before and after it, its folder, its events. */
export class CallAttempt implements AttemptRequest {
  readonly pipeline: string
  readonly node: PlanStage
  readonly spec: PlanStageSpec
  readonly options: StageOptions
  readonly key: Digest
  readonly input: Json
  readonly attempt: number
  readonly share: Share
  readonly gpus: readonly Gpu[]
  readonly log: StageLog
  readonly variables: LocalOptions['variables']
  readonly stop: AbortSignal
  readonly abandon: AbortSignal
  place: ExecutionSite
  token = newToken()
  readonly #dependencies: Dependencies
  readonly #call: Call
  readonly #metrics: Metric[] = []
  #folder: string | undefined

  constructor(
    dependencies: Dependencies,
    call: Call,
    attempt: number,
    given: Pick<AttemptRequest, 'spec' | 'options' | 'place' | 'share' | 'log'> & { readonly lease: Lease },
  ) {
    const { plan, options, machine, stop, abandon } = dependencies
    const { node } = call
    this.pipeline = plan.pipeline
    this.node = node
    this.spec = given.spec
    this.options = given.options
    this.key = call.key
    this.input = call.args
    this.attempt = attempt
    this.share = given.share
    this.gpus = given.lease.gpus.map((number) => machine.gpus?.[number] ?? { vendor: 'nvidia', id: String(number) })
    this.log = given.log
    this.variables = options.variables
    this.stop = stop
    this.abandon = abandon
    this.place = given.place
    this.#dependencies = dependencies
    this.#call = call
  }

  /**
   * @param elsewhere where it runs when its code can't be loaded where it was to run
   * @throws StageFailure; what ends the run
   */
  async make(elsewhere: () => ExecutionSite): Promise<Made> {
    const inputs = new Inputs(this.spec, this.node.id, this.input, this.#dependencies.options.verify === true)
    // awaited only where there is something to wait for: most calls are short
    if (!inputs.none) await inputs.verify()
    const before = this.checkCode(readerOf(this.place))
    if (before) await before
    try {
      const { output, text = canonical(output), seconds, loading, finding } = await this.#perform(elsewhere)
      // what a stage gives once it was told to end is what it had by then
      if (this.stop.aborted) throw this.stop.reason
      if (!inputs.none) await inputs.verifyAgain()
      const apart = this.place === 'process'
      const after = this.checkCode(apart ? 'loaded' : readerOf(this.place, loading))
      if (after) await after
      const digest = outputDigest(this.spec.output, output, text)
      const { log } = this
      return {
        output,
        text,
        digest,
        metrics: this.#metrics,
        attempt: this.#folder,
        apart,
        seconds,
        log: log.file,
        finding,
      }
    } catch (error) {
      // what a cancel cut short is of no use; what failed may be looked at
      if (this.#folder !== undefined && !this.stop.aborted) this.#dependencies.folder.attempts.end(this.#folder)
      if (!(error instanceof StageFailure)) throw error
      throw notItsOwn(error, this.#folder, this.#dependencies.options.store.root) ?? withRoom(error, this.#folder)
    }
  }

  async #perform(elsewhere: () => ExecutionSite): Promise<Performed> {
    try {
      return await runAttempt(this)
    } catch (error) {
      if (!(error instanceof Unloadable)) throw error
      this.place = elsewhere()
      await this.checkCode('here')
      return runAttempt(this)
    }
  }

  again(): void {
    this.#metrics.length = 0
    if (this.#folder !== undefined) this.#dependencies.folder.attempts.end(this.#folder)
    this.#folder = undefined
    this.token = newToken()
  }

  folder(): string {
    if (this.#folder === undefined) {
      const { key, cacheable } = this.#call
      this.#folder = this.#dependencies.folder.attempts.begin(this.node.id, this.token, cacheable ? key : undefined)
      const { files } = attemptFiles(this.#folder)
      onDisk('create', files, () => makeFolder(files))
    }
    return this.#folder
  }

  metric(metric: Metric): void {
    if (this.log.over) return
    this.#metrics.push(metric)
    this.#dependencies.events.metric(this.#call, this.attempt, metric)
  }

  event(level: Level, message: string, data?: Json): void {
    this.log.keep(data === undefined ? message : `${message} ${JSON.stringify(data)}`)
    if (this.log.over) return
    this.#dependencies.events.log(this.#call, this.attempt, { level, message, data })
  }

  load(): LoadedStage {
    return this.#dependencies.options.load(this.node.stage)
  }

  child(): ChildProgram | undefined {
    return this.#dependencies.options.child(this.node.stage)
  }

  checkCode(reader: Reader): Promise<void> | undefined {
    // with `cache: false` no other run takes the result, and the stage may have written a file of its code
    if (!this.options.cache && reader !== 'loading') return undefined
    const looked = this.#dependencies.options.changed(this.node.stage, reader)
    return looked && refuseChanged(this.node, looked)
  }
}

function readerOf(place: ExecutionSite, loading = false): Reader {
  if (place === 'process') return 'loading'
  if (!('program' in place)) return 'here'
  return loading ? 'bundleLoading' : 'bundle'
}

async function refuseChanged({ id }: PlanStage, looked: Promise<string | undefined>): Promise<void> {
  const file = await looked
  if (file === undefined) return
  const message = `"${file}" was changed after the run began, so "${id}" is not what was planned`
  throw new StageFailure('wrong-code', message, 'Run again: the changed code is planned anew.', { retry: false })
}

/** What is no failure of the stage ends the run. */
function notItsOwn(failure: StageFailure, folder: string | undefined, root: string): unknown {
  const lacking = exhaustion(failure)
  return storeFault(failure, folder, [root]) ?? (lacking === undefined ? undefined : exhausted(lacking, failure.cause))
}

/** Node knows no name for what a quota says. */
const noRoom = /\b(ENOSPC|EDQUOT|system error -122)\b/

/** A stage that found no room for its own files is told where to make some: Node's message may name no path. */
function withRoom(failure: StageFailure, folder: string | undefined): StageFailure {
  const { code, message, retry, trace, path, cause } = failure
  if (code !== 'stage-threw' || folder === undefined || !noRoom.test(message)) return failure
  const more = { retry, cause, ...(trace === undefined ? {} : { trace }), ...(path === undefined ? {} : { path }) }
  return new StageFailure(code, message, `Free some space on the disk of "${shown(folder)}", then run again.`, more)
}
