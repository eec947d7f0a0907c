import type { Diagnostic, Json, PlanStage } from '@millrace/ir'
import { forEvent } from '../event-output.ts'
import type { Call, CallResult } from '../flow/call-state.ts'
import type { LogReplay } from './log-replay.ts'
import type { RunJournal } from './run-journal.ts'

type Index = readonly number[] | undefined

/** Tells what became of each call, under each id that it has, and counts it. */
export class CallEvents {
  readonly #journal: RunJournal
  readonly #logs: LogReplay
  readonly counts = { ran: 0, cached: 0, skipped: 0, failed: 0 }

  constructor(journal: RunJournal, logs: LogReplay) {
    this.#journal = journal
    this.#logs = logs
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

  /** The executor told of the call itself; equal calls that were merged into it are told here. */
  ran({ node, index }: Call, result: CallResult): void {
    this.counts.ran++
    for (const id of node.merged ?? []) this.#cached(id, index, result)
  }

  /** A result that this or another run made before, with its log and metrics. */
  cached({ node, index, key }: Call, result: CallResult): void {
    for (const message of this.#logs.replay(result.from, key, node.id, index))
      this.#journal.emit({ event: 'log', ...at(node.id, index), level: 'info', message })
    for (const { name, value, step } of result.metrics)
      this.#journal.emit({
        event: 'metric',
        ...at(node.id, index),
        name,
        value,
        ...(step === undefined ? {} : { step }),
      })
    for (const id of idsOf(node)) this.#cached(id, index, result)
  }

  #cached(id: string, index: Index, { from, output }: { readonly from: string; readonly output: Json }): void {
    this.counts.cached++
    this.#journal.emit({ event: 'stage.cached', ...at(id, index), from, output: forEvent(output) })
  }

  failed({ node, index }: Call, attempt: number, cause: Diagnostic, log: string): void {
    for (const id of idsOf(node)) {
      this.counts.failed++
      this.#journal.emit({ event: 'stage.failed', ...at(id, index), attempt, cause, log })
    }
  }
}

const idsOf = (node: PlanStage): readonly string[] => (node.merged ? [node.id, ...node.merged] : [node.id])

const at = (node: string, index: Index) => ({ node, ...(index ? { index } : {}) })
