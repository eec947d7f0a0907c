import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CodeIndex } from '@millrace/compiler'
import { content, type Digest, type JsonObject, type Plan } from '@millrace/ir'

/** What a run was made of, kept beside its journal so that a later `plan` can tell what changed. */
export interface RunRecord {
  readonly plan: Plan
  /** By stage key: the files and packages that its code is made of. */
  readonly sources: { readonly [stage: string]: { readonly [source: string]: Digest } }
  readonly input: JsonObject
}

const recordOf = (folder: string): string => join(folder, 'record.json')

export function saveRecord(folder: string, plan: Plan, code: CodeIndex, input: JsonObject): void {
  const sources = Object.fromEntries([...code.stages].map(([key, found]) => [key, found.sources]))
  const record: RunRecord = { plan, sources, input: content(input) as JsonObject }
  try {
    writeFileSync(recordOf(folder), JSON.stringify(record))
  } catch {
    // a later plan then can't tell what changed; what is wrong with the disk is the journal's to say
  }
}

export function readRecord(folder: string): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordOf(folder), 'utf8')) as RunRecord
  } catch {
    return undefined
  }
}
