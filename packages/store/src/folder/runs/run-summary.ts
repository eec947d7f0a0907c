import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Counts,
  canonical,
  digestBytes,
  hexOf,
  isCounts,
  isObject,
  type JsonObject,
  parseChecksummed,
  type RunStatus,
} from '@millrace/ir'
import { isRealFolder } from '../../files/real-folder.ts'
import { readText } from '../../files/regular-file.ts'
import { hasLiveOwner } from '../coordination/run-lock.ts'
import { lastEvent, readEvents } from './journal-reader.ts'

/** What makes two runs the same work. */
export interface RunInfo {
  readonly pipeline: string
  /** Digest of the plan. */
  readonly plan: string
  readonly parameters: JsonObject
}

export interface RunSummary extends RunInfo {
  readonly id: string
  /** `interrupted`: no `run.finished`, and no process that lives owns it. */
  readonly status: RunStatus | 'running' | 'interrupted'
  readonly started: string
  readonly finished?: string
  readonly seconds?: number
  readonly counts?: Counts
}

type Info = RunInfo & { readonly started: string }
type Fields = { readonly [field: string]: unknown }

/** How a run ended. */
export interface RunEnd {
  readonly status: RunStatus
  readonly counts: Counts
  readonly seconds: number
  readonly finished: string
}

export const journalOf = (folder: string): string => join(folder, 'journal.jsonl')
export const infoOf = (folder: string): string => join(folder, 'info.json')
export const graphOf = (folder: string): string => join(folder, 'graph.json')
export const summaryOf = (folder: string): string => join(folder, 'summary.json')

/** The same for runs of the same pipeline, parameters and plan: 16 hex digits. */
export const sameWork = ({ pipeline, plan, parameters }: RunInfo): string =>
  hexOf(digestBytes(canonical([pipeline, plan, parameters]))).slice(0, 16)

/**
 * What is known of a run; undefined where the folder holds none. The journal's last event decides: summary.json only
 * saves reading it, and holds the length of the journal that it was written for.
 */
export function summarize(folder: string, id: string): RunSummary | undefined {
  if (!isRealFolder(folder)) return undefined
  const saved = savedSummary(folder, id)
  if (saved && isCurrent(saved, folder)) return bare(saved)
  const info = infoIn(folder)
  if (!info) return undefined
  const last = lastEvent(journalOf(folder))
  if (last?.event !== 'run.finished') return { ...info, id, status: hasLiveOwner(folder) ? 'running' : 'interrupted' }
  const { status, counts, seconds, time: finished } = last
  return { ...info, id, status, finished, seconds, counts }
}

/** What summary.json says, with the length of the journal that it was written for. */
export interface SavedSummary extends RunSummary {
  readonly journal: number
}

export function savedSummary(folder: string, id: string): SavedSummary | undefined {
  const saved = readObject(summaryOf(folder))
  return saved && isSaved(saved) ? { ...saved, id } : undefined
}

const isText = (value: unknown): value is string => typeof value === 'string'
const statuses = new Set<unknown>(['succeeded', 'failed', 'cancelled', 'running', 'interrupted'])

const isBegun = (value: Fields): value is Fields & Omit<Info, 'parameters'> =>
  [value.pipeline, value.plan, value.started].every(isText)

const isInfo = (value: Fields): value is Fields & Info => isBegun(value) && isObject(value.parameters)

/** Whether fields are a summary's, but for the id. */
export const isSaved = (value: Fields): value is Fields & SavedSummary =>
  isInfo(value) &&
  typeof value.journal === 'number' &&
  statuses.has(value.status) &&
  (value.finished === undefined || isText(value.finished)) &&
  (value.seconds === undefined || typeof value.seconds === 'number') &&
  (value.counts === undefined || isCounts(value.counts))

/** Whether the journal is still as long as it was. */
export const isCurrent = (saved: SavedSummary, folder: string): boolean => saved.journal === sizeOf(journalOf(folder))

export const bare = ({ journal: _, ...summary }: SavedSummary): RunSummary => summary

/** What the journal's first event says, or info.json where a kill came before it. */
function infoIn(folder: string): Info | undefined {
  const info = readObject(infoOf(folder))
  const begun = info && isBegun(info) ? info : undefined
  if (begun && isInfo(begun)) return begun
  for (const event of readEvents(journalOf(folder))) {
    if (event.event !== 'run.started') break
    const { pipeline, plan, parameters, time } = event
    return { pipeline, plan, parameters, started: begun?.started ?? time }
  }
  return begun && { ...begun, parameters: {} }
}

function readObject(path: string): Fields | undefined {
  try {
    const value = parseChecksummed(readText(path))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function sizeOf(path: string): number | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.size
  } catch {
    return undefined
  }
}
