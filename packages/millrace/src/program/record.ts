import { join } from 'node:path'
import type { CodeIndex } from '@millrace/compiler'
import {
  content,
  type Digest,
  isObject,
  type JsonObject,
  type Plan,
  parseChecksummed,
  withChecksum,
} from '@millrace/ir'
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
    runs.write(run, recordName, withChecksum(record), 0o600)
  } catch {
    // a later plan then can't tell what changed; what is wrong with the disk is the journal's to say
  }
}

export function readRecord(folder: string): RunRecord | undefined {
  try {
    const record = parseChecksummed(readStored(join(folder, recordName)))
    return isRecord(record) ? record : undefined
  } catch {
    return undefined
  }
}

/** Whether a value is a record as far as one is read: a store may come from anybody. */
const isRecord = (value: unknown): value is RunRecord =>
  isObject(value) &&
  isObject(value.input) &&
  isObjectOf(value.sources, (sources) => isObjectOf(sources, isText)) &&
  isObject(value.plan) &&
  isObjectOf(value.plan.stages, isSpec) &&
  Array.isArray(value.plan.nodes) &&
  value.plan.nodes.every(isNode)

const isText = (value: unknown): boolean => typeof value === 'string'

const isObjectOf = (value: unknown, is: (item: unknown) => boolean): boolean =>
  isObject(value) && Object.values(value).every(is)

const isSpec = (spec: unknown): boolean =>
  isObject(spec) &&
  isObject(spec.input) &&
  isObject(spec.output) &&
  (spec.code === undefined || isText(spec.code)) &&
  (spec.env === undefined || isObjectOf(spec.env, isObject))

function isNode(node: unknown): boolean {
  if (!isObject(node) || !isText(node.id)) return false
  if (node.kind !== 'stage') return true
  const { stage, args, options, merged } = node
  return (
    isText(stage) &&
    isObject(args) &&
    (args.fields === undefined || isObjectOf(args.fields, isObject)) &&
    (options === undefined || isObject(options)) &&
    (merged === undefined || (Array.isArray(merged) && merged.every(isText)))
  )
}
