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
  notRun: number
  failed: number
  /** By completion index; an index whose result was there already has none. */
  readonly items: readonly (ItemCall | undefined)[]
  /** Up to so many items all that pods wrote is listed at every look. */
  readonly fewItems: number
  /** How many of them have not ended. */
  readonly openItems: number
  /** Those of which an attempt runs, as far as is known. */
  readonly running: Set<ItemCall>
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
  /** When all that its pods wrote was listed last, in milliseconds of `performance.now()`. */
  listedAt: number
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

export const newJobRun = (node: PlanStage, job: ClusterJob, fewItems = 50): JobRun => ({
  fewItems,
  node,
  job,
  phase: 'waits',
  pending: [],
  openCalls: 0,
  notRun: 0,
  failed: 0,
  items: [],
  openItems: 0,
  running: new Set(),
  uid: undefined,
  folder: undefined,
  release: undefined,
  skipReason: undefined,
  endedBefore: false,
  endedAt: undefined,
  listedAt: 0,
  suspensions: new Map(),
  narrowedBy: undefined,
  waitReason: undefined,
  reported: false,
  patchesInFlight: 0,
})

/** Gives a Job its items. */
export function setItems(run: JobRun, items: readonly (ItemCall | undefined)[]): void {
  for (const [place, item] of items.entries()) if (item) item.place = place
  Object.assign(run, { items, openItems: items.filter((item) => item !== undefined && !item.ended).length })
}

/** An item has its result, or has failed for good. */
export function endItem(run: JobRun, item: ItemCall): void {
  run.running.delete(item)
  if (item.ended) return
  item.ended = true
  Object.assign(run, { openItems: run.openItems - 1 })
}

/** Items that have not ended. */
export const openItems = (run: JobRun): ItemCall[] =>
  run.items.filter((item): item is ItemCall => item !== undefined && !item.ended)
