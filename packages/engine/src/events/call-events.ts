import type { Diagnostic, Digest, LogLine, Metric, PlanStage, Resources } from '@millrace/ir'
import { forEvent } from '../event-output.ts'
import type { Call, CallResult } from '../flow/call-state.ts'
import type { LogReplay } from './log-replay.ts'
import type { RunJournal } from './run-journal.ts'

type Index = readonly number[] | undefined

/** Tells what becomes of each call, for every runtime, and counts it. */
export class CallEvents {
  readonly #journal: RunJournal
  readonly #logs: LogReplay
  readonly #told = new Set<string>()
  readonly counts = { ran: 0, cached: 0, skipped: 0, failed: 0 }

  constructor(journal: RunJournal, logs: LogReplay) {
    this.#journal = journal
    this.#logs = logs
  }

  /** All calls are told and counted anew. */
  reset(): void {
    Object.assign(this.counts, { ran: 0, cached: 0, skipped: 0, failed: 0 })
  }

  skipped(node: PlanStage, index: Index, because: string): void {
    for (const id of idsOf(node)) {
      this.counts.skipped++
      this.#journal.emit({ event: 'stage.skipped', ...at(id, index), because })
    }
  }

  notRun(node: PlanStage, index: Index, because: string): void {
    for (const id of idsOf(node)) this.#journal.emit({ event: 'stage.not-run', ...at(id, index), because })
  }

  waiting(call: Call, attempt: number, reason: string): void {
    this.#journal.emit({ event: 'stage.waiting', ...ofAttempt(call, attempt), reason })
  }

  started(call: Call, attempt: number, resources: Resources): void {
    this.#journal.emit({ event: 'stage.started', ...ofAttempt(call, attempt), key: call.key, resources })
  }

  metric(call: Call, attempt: number, metric: Metric): void {
    this.#metric(ofAttempt(call, attempt), metric)
  }

  log(call: Call, attempt: number, line: LogLine): void {
    this.#log(ofAttempt(call, attempt), line)
  }

  /** What was found out about a call as it ran; of all calls of a stage it is told once. */
  notice({ node }: Call, notice: Diagnostic): void {
    const told = `${node.stage} ${notice.code} ${notice.message}`
    if (this.#told.has(told)) return
    this.#told.add(told)
    this.#journal.emit({ event: 'notice', ...notice })
  }

  retried(call: Call, attempt: number, cause: Diagnostic, next: string): void {
    this.#journal.emit({ event: 'stage.retried', ...ofAttempt(call, attempt), cause, next })
  }

  /** @param attempt the one that was cut short; undefined between attempts, or before the first */
  cancelled({ node, index }: Call, attempt: number | undefined, reason: string): void {
    this.#journal.emit({
      event: 'stage.cancelled',
      ...at(node.id, index),
      ...(attempt === undefined ? {} : { attempt }),
      reason,
    })
  }

  /** @param seconds how long its attempt took */
  succeeded(call: Call, attempt: number, seconds: number, { output, text }: CallResult): void {
    const rounded = Math.round(seconds * 1000) / 1000
    this.#journal.emit({
      event: 'stage.succeeded',
      ...ofAttempt(call, attempt),
      key: call.key,
      seconds: rounded,
      output: forEvent(output, text),
    })
  }

  /** It has succeeded; equal calls that were merged into it are told here. */
  ran({ node, index, key }: Call, result: CallResult): void {
    this.counts.ran++
    for (const id of node.merged ?? []) this.#cached(id, index, key, result)
  }

  /** A result that this or another run made before, with its log and metrics. */
  cached({ node, index, key }: Call, result: CallResult): void {
    const place = at(node.id, index)
    for (const message of this.#logs.replay(result.from, key, node.id, index))
      this.#log(place, { level: 'info', message })
    for (const metric of result.metrics) this.#metric(place, metric)
    for (const id of idsOf(node)) this.#cached(id, index, key, result)
  }

  #cached(id: string, index: Index, key: Digest, { from, output, text }: CallResult): void {
    this.counts.cached++
    this.#journal.emit({ event: 'stage.cached', ...at(id, index), key, from, output: forEvent(output, text) })
  }

  /** @param log the end of the log of its last attempt */
  failed({ node, index, key }: Call, attempt: number, cause: Diagnostic, log: string): void {
    for (const id of idsOf(node)) {
      this.counts.failed++
      this.#journal.emit({ event: 'stage.failed', ...at(id, index), attempt, key, cause, log })
    }
  }

  #metric(place: EventSubject, { name, value, step }: Metric): void {
    this.#journal.emit({ event: 'metric', ...place, name, value, ...(step === undefined ? {} : { step }) })
  }

  #log(place: EventSubject, { level, message, data }: LogLine): void {
    this.#journal.emit({ event: 'log', ...place, level, message, ...(data === undefined ? {} : { data }) })
  }
}

interface EventSubject {
  readonly node: string
  readonly index?: readonly number[]
  readonly attempt?: number
}

const idsOf = (node: PlanStage): readonly string[] => (node.merged ? [node.id, ...node.merged] : [node.id])

const at = (node: string, index: Index): EventSubject => ({ node, ...(index ? { index } : {}) })

const ofAttempt = ({ node, index }: Call, attempt: number): EventSubject => ({ ...at(node.id, index), attempt })
