import { statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Counts,
  canonical,
  digestBytes,
  hexOf,
  isObject,
  type JsonObject,
  type RunStatus,
  unseal,
} from '@millrace/ir'
import { readText } from './disk.ts'
import { lastEvent, readEvents } from './journal-reader.ts'
import { hasLiveOwner } from './owner.ts'

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

/** How a run ended. */
export interface RunEnd {
  readonly status: RunStatus
  readonly counts: Counts
  readonly seconds: number
  readonly finished: string
}

export const journalOf = (folder: string): string => join(folder, 'journal.jsonl')
export const infoOf = (folder: string): string => join(folder, 'info.json')
export const summaryOf = (folder: string): string => join(folder, 'summary.json')

/** The same for runs of the same pipeline, parameters and plan: 16 hex digits. */
export const sameWork = ({ pipeline, plan, parameters }: RunInfo): string =>
  hexOf(digestBytes(canonical([pipeline, plan, parameters]))).slice(0, 16)

/**
 * What is known of a run; undefined where the folder holds none. The journal's last event decides: summary.json only
 * saves reading it, and holds the length of the journal that it was written for.
 */
export function summarize(folder: string, id: string): RunSummary | undefined {
  const saved = savedSummary(folder, id)
  if (saved && isCurrent(saved, folder)) return bare(saved)
  const info = infoIn(folder)
  if (!info) return undefined
  const last = lastEvent(journalOf(folder))
  if (last?.event !== 'run.finished') return { id, ...info, status: hasLiveOwner(folder) ? 'running' : 'interrupted' }
  const { status, counts, seconds, time: finished } = last
  return { id, ...info, status, finished, seconds, counts }
}

/** What summary.json says, with the length of the journal that it was written for. */
export interface SavedSummary extends RunSummary {
  readonly journal: number
}

export function savedSummary(folder: string, id: string): SavedSummary | undefined {
  const saved = readObject(summaryOf(folder))
  return typeof saved?.journal === 'number' ? ({ id, ...saved } as unknown as SavedSummary) : undefined
}

/** Whether the journal is still as long as it was. */
export const isCurrent = (saved: SavedSummary, folder: string): boolean => saved.journal === sizeOf(journalOf(folder))

export const bare = ({ journal: _, ...summary }: SavedSummary): RunSummary => summary

/** info.json, or what the journal's first event says. */
function infoIn(folder: string): (RunInfo & { readonly started: string }) | undefined {
  const info = readObject(infoOf(folder))
  if (info && typeof info.pipeline === 'string' && typeof info.started === 'string' && isObject(info.parameters))
    return info as unknown as RunInfo & { readonly started: string }
  for (const event of readEvents(journalOf(folder))) {
    if (event.event !== 'run.started') return undefined
    const { pipeline, plan, parameters, time: started } = event
    return { pipeline, plan, parameters, started }
  }
  return undefined
}

function readObject(path: string): { readonly [key: string]: unknown } | undefined {
  try {
    const value = unseal(readText(path))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function sizeOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.size
  } catch {
    return undefined
  }
}
