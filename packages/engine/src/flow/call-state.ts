import type { Digest, Json, Metric, PlanStage } from '@millrace/ir'
import type { Step } from './frame.ts'

/** One call that is ready, on its way through cache, attempts and commit. */
export interface Call {
  readonly step: Step
  readonly node: PlanStage
  readonly index: readonly number[] | undefined
  readonly args: Json
  readonly key: Digest
  /** Whether its result may be taken from, and put into, the store. */
  readonly cacheable: boolean
}

/** What a call ended with. */
export interface CallResult {
  readonly output: Json
  /** Its canonical JSON, where it was made anyway. */
  readonly text?: string | undefined
  readonly metrics: readonly Metric[]
  /** The run that made it. */
  readonly from: string
  /** Nobody can use what the attempt wrote: another's result stands. */
  readonly unnamed?: boolean
}
