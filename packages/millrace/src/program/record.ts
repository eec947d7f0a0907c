import { join } from 'node:path'
import type { CodeIndex } from '@millrace/compiler'
import { content, type Digest, type JsonObject, type Plan, seal, unseal } from '@millrace/ir'
import { type Runs, readStored } from '@millrace/store'

/** What a run was made of, kept beside its journal so that a later `plan` can tell what changed. */
export interface RunRecord {
  readonly plan: Plan
  /** By stage key: the files and packages that its code is made of. */
  readonly sources: { readonly [stage: string]: { readonly [source: string]: Digest } }
  readonly input: JsonObject
}

/** For its owner alone: a digest of what a stage inherits may tell a short value to who tries them all. */
const recordName = 'record.json'

export function saveRecord(runs: Runs, run: string, plan: Plan, code: CodeIndex, input: JsonObject): void {
  const sources = Object.fromEntries([...code.stages].map(([key, found]) => [key, found.sources]))
  const record: RunRecord = { plan, sources, input: content(input) as JsonObject }
  try {
    runs.write(run, recordName, seal(record), 0o600)
  } catch {
    // a later plan then can't tell what changed; what is wrong with the disk is the journal's to say
  }
}

export function readRecord(folder: string): RunRecord | undefined {
  try {
    return unseal(readStored(join(folder, recordName))) as RunRecord | undefined
  } catch {
    return undefined
  }
}
