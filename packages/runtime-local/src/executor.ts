import {
  type Call,
  type CallResult,
  type Digest,
  forEvent,
  type Json,
  type Metric,
  optionsOf,
  type Plan,
  type PlanStage,
  type PlanStageSpec,
} from '@millrace/ir'
import { attemptFiles, exhaustion, StageFailure, storeFault } from '@millrace/runner'
import { makeFolder, onDisk, outputDigest, type RunEvents, type RunFolder } from '@millrace/store'
import { type Performed, runAttempt } from './attempt.ts'
import type { AttemptRequest, Place } from './attempt-request.ts'
import { type Capacity, gpuTypes, type Share } from './capacity.ts'
import { exhausted } from './exhausted.ts'
import { tokenPrefix } from './guard.ts'
import { Inputs, shown } from './inputs.ts'
import type { LocalOptions, Reader } from './request.ts'
import { type Lease, Slots } from './slots.ts'
import { StageLog } from './stage-log.ts'
import { Waiting } from './waiting.ts'
import { Places } from './workers/places.ts'
import { Unloadable } from './workers/worker-attempt.ts'

interface Surroundings {
  readonly plan: Plan
  readonly options: LocalOptions
  readonly machine: Capacity
  readonly folder: RunFolder
  readonly journal: RunEvents
  readonly cancel: AbortSignal
  readonly kill: AbortSignal
  share(node: PlanStage): Share
}

/** What an attempt made, before it is committed. */
export interface Made {
  readonly output: Json
  readonly digest: Digest
  readonly metrics: readonly Metric[]
  readonly attempt: string | undefined
  /** Whether it ran in a process of its own. */
  readonly apart: boolean
  readonly seconds: number
  /** Path of its log; missing when it printed nothing. */
  readonly log: string | undefined
}

/** What became of a call, told once for each that entered. */
export interface Outcomes {
  commit(call: Call, made: Made): Promise<CallResult> | CallResult
  succeeded(call: Call, result: CallResult): void
  /** After the last attempt; `tail` is the end of its log. */
  failed(call: Call, failure: StageFailure, attempt: number, tail: string): void
  /** A cancel kept it from ending. */
  left(call: Call): void
  /** The store failed, or Millrace did. */
  broken(error: unknown): void
}

/** An attempt that waits for room. */
interface Entry {
  readonly call: Call
  readonly attempt: number
}

/** Attempt ids are a prefix and a number: unique in the store, and cheap. */
let attempts = 0

/** Runs calls: waits for room on the machine, makes attempts with back-off between them, commits what came out. */
export class Executor {
  readonly #around: Surroundings
  readonly #outcomes: Outcomes
  readonly #slots: Slots<Entry>
  readonly #waiting: Waiting<Entry>
  readonly #places: Places
  /** Calls between two attempts, with the way to end their wait. */
  readonly #backingOff = new Map<Call, () => void>()

  constructor(around: Surroundings, outcomes: Outcomes) {
    this.#around = around
    this.#outcomes = outcomes
    this.#slots = new Slots(around.machine, around.options.jobs, () => gpuTypes(around.plan))
    this.#places = new Places(around.plan, around.options, around.machine)
    this.#waiting = new Waiting(
      () => this.#slots.first(),
      ({ call, attempt }, reason) => {
        try {
          around.journal.emit({ event: 'stage.waiting', ...placeOf(call, attempt), reason })
        } catch (error) {
          outcomes.broken(error)
        }
      },
    )
  }

  /** Lets all who wait for room or for a retry go without. */
  clear(): void {
    const told = this.#waiting.end()
    const entries = this.#slots.clear()
    const waiting = [...entries.map(({ call }) => call), ...this.#backingOff.keys()]
    const reason = (this.#around.cancel.reason as Error).message
    for (const end of this.#backingOff.values()) end()
    // of the others nobody has heard
    const heard = entries.filter((entry) => entry.attempt > 1 || told.has(entry)).map(({ call }) => call)
    for (const { node, index } of [...this.#backingOff.keys(), ...heard])
      this.#around.journal.emit({ event: 'stage.cancelled', node: node.id, ...(index ? { index } : {}), reason })
    this.#backingOff.clear()
    for (const call of waiting) this.#outcomes.left(call)
  }

  /** Nothing more will enter. */
  close(): void {
    this.#places.close()
  }

  enter(call: Call, attempt = 1): void {
    const share = this.#around.share(call.node)
    this.#slots.enter(share, { call, attempt }, (lease) => {
      void this.#begin(call, attempt, share, lease)
    })
    this.#waiting.watch()
  }

  /** Awaited, not chained: a stage may replace what promises have. */
  async #begin(call: Call, attempt: number, share: Share, lease: Lease): Promise<void> {
    try {
      await this.#work(call, attempt, share, lease)
    } catch (error) {
      this.#outcomes.broken(error)
    }
  }

  async #work(call: Call, attempt: number, share: Share, lease: Lease): Promise<void> {
    const { journal } = this.#around
    const place = placeOf(call, attempt)
    const log = this.#log(call, attempt)
    try {
      journal.emit({ event: 'stage.started', ...place, resources: share.resources })
      const made = await this.#attempt(call, attempt, share, lease, log)
      log.check()
      const result = await this.#outcomes.commit(call, made)
      this.#settle(made, result)
      const seconds = Math.round(made.seconds * 1000) / 1000
      log.close()
      journal.emit({ event: 'stage.succeeded', ...place, seconds, output: forEvent(result.output) })
      lease.release()
      this.#outcomes.succeeded(call, result)
    } catch (error) {
      log.close()
      try {
        if (!(error instanceof StageFailure)) throw error
        this.#failed(call, attempt, error, log.tail)
      } finally {
        // only now: with --fail-fast nothing may start in the place of what failed
        lease.release()
      }
    }
  }

  #settle({ attempt }: Made, { unnamed }: CallResult): void {
    if (attempt === undefined) return
    const { attempts } = this.#around.folder
    if (unnamed) attempts.discard(attempt)
    else attempts.end(attempt)
  }

  #failed(call: Call, attempt: number, failure: StageFailure, tail: string): void {
    const { plan, cancel, journal } = this.#around
    if (cancel.aborted) {
      journal.emit({ event: 'stage.cancelled', ...placeOf(call, attempt), reason: (cancel.reason as Error).message })
      this.#outcomes.left(call)
    } else if (failure.retry && attempt <= optionsOf(plan, call.node).retries) this.#backOff(call, attempt, failure)
    else this.#outcomes.failed(call, failure, attempt, tail)
  }

  /** Exponential from 1 s to 30 s. */
  #backOff(call: Call, attempt: number, failure: StageFailure): void {
    const delay = Math.min(30_000, 1000 * 2 ** (attempt - 1))
    const { plan, options, journal } = this.#around
    const cause = failure.toDiagnostic(plan.pipeline, call.node.id, options.place(call.node.id))
    const next = journal.later(delay)
    journal.emit({ event: 'stage.retried', ...placeOf(call, attempt), cause, next })
    const timer = setTimeout(() => {
      this.#backingOff.delete(call)
      this.enter(call, attempt + 1)
    }, delay)
    this.#backingOff.set(call, () => clearTimeout(timer))
  }

  #log(call: Call, attempt: number): StageLog {
    const { folder, journal } = this.#around
    return new StageLog(
      () => folder.logFile(call.node.id, call.index, attempt),
      (message) => journal.emit({ event: 'log', ...placeOf(call, attempt), level: 'info', message }),
    )
  }

  async #attempt(call: Call, attempt: number, share: Share, lease: Lease, log: StageLog): Promise<Made> {
    const { plan, options, machine, journal, folder: around, cancel, kill } = this.#around
    const { node } = call
    const spec = plan.stages[node.stage] as PlanStageSpec
    const place = placeOf(call, attempt)
    const metrics: Metric[] = []
    let token = newToken()
    let folder: string | undefined
    const chosen = optionsOf(plan, node)
    const placed = this.#places.of(node, spec, share, chosen)
    const where = placed instanceof Promise ? await placed : placed
    const inputs = new Inputs(spec, node.id, call.args, options.verify === true)
    if (!inputs.none) await inputs.verify()
    const checkCode = (reader: Reader): Promise<void> | undefined => {
      // a result that no other run takes may come from a file that the stage itself writes
      const looked = chosen.cache || reader === 'loading' ? options.changed(node.stage, reader) : undefined
      return looked && refuseChanged(node, looked)
    }
    // awaited only where there is something to wait for: most calls are short
    const before = checkCode(readerOf(where))
    if (before) await before
    const request: AttemptRequest = {
      pipeline: plan.pipeline,
      node,
      spec,
      options: chosen,
      key: call.key,
      input: call.args,
      attempt,
      share,
      place: where,
      gpus: lease.gpus.map((number) => machine.gpus?.[number] ?? { vendor: 'nvidia', id: String(number) }),
      log,
      variables: options.variables,
      token,
      again: () => {
        metrics.length = 0
        if (folder !== undefined) around.attempts.end(folder)
        folder = undefined
        token = newToken()
      },
      folder: () => {
        if (folder === undefined) {
          folder = around.attempts.begin(node.id, token, call.kept ? call.key : undefined)
          const { files } = attemptFiles(folder)
          onDisk('create', files, () => makeFolder(files))
        }
        return folder
      },
      metric: (metric) => {
        if (log.over) return
        metrics.push(metric)
        const { name, value, step } = metric
        journal.emit({ event: 'metric', ...place, name, value, ...(step === undefined ? {} : { step }) })
      },
      event: (level, message, data) => {
        log.keep(data === undefined ? message : `${message} ${JSON.stringify(data)}`)
        if (log.over) return
        journal.emit({ event: 'log', ...place, level, message, ...(data === undefined ? {} : { data }) })
      },
      load: () => options.load(node.stage),
      child: () => options.child(node.stage),
      checkCode,
      cancel,
      kill,
    }
    try {
      const { output, seconds, loading } = await this.#perform(request, checkCode)
      // what a stage gives once it was told to end is what it had by then
      if (cancel.aborted) throw cancel.reason
      if (!inputs.none) await inputs.verifyAgain()
      const after = checkCode(where === 'process' ? 'loaded' : readerOf(request.place, loading))
      if (after) await after
      const digest = outputDigest(spec.output, output)
      return { output, digest, metrics, attempt: folder, apart: where === 'process', seconds, log: log.file }
    } catch (error) {
      // what a cancel cut short is of no use; what failed may be looked at
      if (folder !== undefined && !cancel.aborted) around.attempts.end(folder)
      if (!(error instanceof StageFailure)) throw error
      throw notItsOwn(error, folder, options.store.root) ?? withRoom(error, folder)
    }
  }

  async #perform(request: AttemptRequest, checkCode: AttemptRequest['checkCode']): Promise<Performed> {
    try {
      return await runAttempt(request)
    } catch (error) {
      if (!(error instanceof Unloadable)) throw error
      const place = this.#places.unloadable(request.node)
      await checkCode('here')
      return runAttempt({ ...request, place })
    }
  }
}

const newToken = (): string => `${tokenPrefix}${(attempts++).toString(16).padStart(6, '0')}`

function readerOf(place: Place, loading = false): Reader {
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
  const { code, message, retry, place, path, cause } = failure
  if (code !== 'stage-threw' || folder === undefined || !noRoom.test(message)) return failure
  const more = { retry, place, cause, ...(path === undefined ? {} : { path }) }
  return new StageFailure(code, message, `Free some space on the disk of "${shown(folder)}", then run again.`, more)
}

const placeOf = ({ node, index }: Call, attempt: number) => ({ node: node.id, ...(index ? { index } : {}), attempt })
