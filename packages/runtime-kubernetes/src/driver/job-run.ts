import type { Call } from '@millrace/engine'
import type { ClusterJob, PlanStage, Release } from '@millrace/ir'
import type { ItemCall } from './item-call.ts'
import type { JobFolder } from './job-folder.ts'

/** One stage call of the Plan with its Job: all its items together. */
export interface JobRun {
  readonly node: PlanStage
  readonly job: ClusterJob
  /**
   * `waits` for the stages before it, `opens` while its calls are looked up, `runs` once its Job is released, `closes`
   * while the reviewed values are put back.
   */
  phase: 'waits' | 'opens' | 'runs' | 'closes' | 'closed'
  /** Calls that are ready, before the node opens. */
  readonly pending: Call[]
  /** Calls that have not ended. */
  openCalls: number
  skipped: number
  notRun: number
  failed: number
  /** By completion index; an index whose result was there already has none. */
  items: readonly (ItemCall | undefined)[]
  /** Of the Job that was released. */
  uid: string | undefined
  /** Of that very Job. */
  folder: JobFolder | undefined
  /** What it was released with. */
  release: Release | undefined
  /** Nothing of it runs: why. */
  skipReason: 'cached' | 'skipped' | undefined
  /** Its Job had ended before this driver came to it. */
  endedBefore: boolean
  /** When its Job ended without all markers. */
  endedAt: number | undefined
  /** How often somebody else suspended it, by field manager. */
  readonly suspensions: Map<string, number>
  /** Who gave it the reviewed width while it ran. */
  narrowedBy: string | undefined
  /** The sentence that was told last of why it waits. */
  waitReason: string | undefined
  /** A pod of it ran, or said why it does not. */
  reported: boolean
  /** Patches that are on their way. */
  patchesInFlight: number
}

export const newJobRun = (node: PlanStage, job: ClusterJob): JobRun => ({
  node,
  job,
  phase: 'waits',
  pending: [],
  openCalls: 0,
  skipped: 0,
  notRun: 0,
  failed: 0,
  items: [],
  uid: undefined,
  folder: undefined,
  release: undefined,
  skipReason: undefined,
  endedBefore: false,
  endedAt: undefined,
  suspensions: new Map(),
  narrowedBy: undefined,
  waitReason: undefined,
  reported: false,
  patchesInFlight: 0,
})
