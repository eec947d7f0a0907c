import { type JournalFacts, journalFacts } from '@millrace/engine'
import { canonical, type EnvValue, type Json, optionsOf, type Plan } from '@millrace/ir'
import type { RunSummary, Store } from '@millrace/store'
import { type RunRecord, readRecord } from '../program/record.ts'
import { type Leaves, leavesOf } from './leaves.ts'

/** One way in which two runs differ; a side without it has none of it. */
export interface Difference {
  readonly what: string
  readonly a?: Json
  readonly b?: Json
  /** More about it: the files that changed. */
  readonly note?: string
}

export interface Comparison {
  readonly a: RunSummary
  readonly b: RunSummary
  readonly parameters: readonly Difference[]
  /** By stage: code digests, with the files that changed; schemas and env. */
  readonly code: readonly Difference[]
  /** By call: resources, retries and the other options that change no result. */
  readonly options: readonly Difference[]
  /** How calls ended, where that differs; a call that only one run has. */
  readonly calls: readonly Difference[]
  /** Last values, by call and name. */
  readonly metrics: readonly Difference[]
  readonly output: readonly Difference[]
  /** Seconds of calls that both ran, the largest difference first. */
  readonly times: readonly Difference[]
  /** How many of each are the same. */
  readonly same: { readonly parameters: number; readonly code: number; readonly metrics: number }
}

/** How two runs differ. */
export function compareRuns(store: Store, a: RunSummary, b: RunSummary): Comparison {
  const records = [a, b].map((run) => readRecord(store.runs.path(run.id)))
  const [left, right] = [journalFacts(store.runs.events(a.id)), journalFacts(store.runs.events(b.id))]
  const inputs = [a, b].map((run, i) => leavesOf(records[i]?.input ?? run.parameters)) as [Leaves, Leaves]
  const codes = records.map(codeOf) as [Leaves, Leaves]
  const parameters = between(...inputs)
  const code = between(...codes).map((at) => withFiles(at, records))
  const metrics = between(left.metrics, right.metrics)
  return {
    a,
    b,
    parameters,
    code,
    options: between(...(records.map((record) => optionsIn(record?.plan)) as [Leaves, Leaves])),
    calls: between(left.ends, right.ends).filter(({ a, b }) => !(ended(a) && ended(b))),
    metrics,
    output: between(leavesOf(left.output), leavesOf(right.output)),
    times: timesOf(left, right),
    same: {
      parameters: inputs[0].size - parameters.filter(({ a }) => a !== undefined).length,
      code: sameStages(records, code),
      metrics: left.metrics.size - metrics.filter(({ a }) => a !== undefined).length,
    },
  }
}

/** Whether a call gave a result; that it came from the cache is no difference of the runs' work. */
const ended = (end: Json | undefined): boolean => end === 'succeeded' || end === 'cached'

function between(a: Leaves, b: Leaves): Difference[] {
  const out: Difference[] = []
  for (const what of new Set([...b.keys(), ...a.keys()])) {
    const [left, right] = [a.get(what), b.get(what)]
    if (left !== undefined && right !== undefined && canonical(left) === canonical(right)) continue
    out.push({ what, ...(left === undefined ? {} : { a: left }), ...(right === undefined ? {} : { b: right }) })
  }
  return out
}

/** What of each stage counts for its results. */
function codeOf(record: RunRecord | undefined): Leaves {
  const out = new Map<string, Json>()
  for (const [key, stage] of Object.entries(record?.plan.stages ?? {})) {
    out.set(key, stage.code ?? null)
    for (const [name, value] of Object.entries(stage.env ?? {})) out.set(`${key} env ${name}`, told(value))
    for (const side of ['input', 'output'] as const)
      for (const [path, leaf] of leavesOf(stage[side] as Json, `${key} ${side} schema`)) out.set(path, leaf)
  }
  return out
}

const told = (value: EnvValue): Json =>
  'value' in value ? value.value : 'inherited' in value ? value.inherited : (value as unknown as Json)

/** Stages of both runs of which nothing that counts differs. */
function sameStages(records: readonly (RunRecord | undefined)[], differences: readonly Difference[]): number {
  const [then, now] = records.map((record) => Object.keys(record?.plan.stages ?? {}))
  const changed = new Set(differences.map(({ what }) => what.split(' ')[0]))
  return (then ?? []).filter((stage) => now?.includes(stage) && !changed.has(stage)).length
}

function optionsIn(plan: Plan | undefined): Leaves {
  const out = new Map<string, Json>()
  for (const node of plan?.nodes ?? []) {
    if (!plan || node.kind !== 'stage') continue
    const { resources, retries, timeout, cache, isolate, workers } = optionsOf(plan, node)
    const given = { resources, retries, timeout: timeout ?? 'none', cache, isolate: isolate ?? 'no', workers }
    for (const [path, leaf] of leavesOf(given as unknown as Json, node.id)) out.set(path, leaf)
  }
  return out
}

/** A difference of a stage's code, with the files that make it. */
function withFiles(at: Difference, records: readonly (RunRecord | undefined)[]): Difference {
  if (at.a === undefined || at.b === undefined) return at
  const [then, now] = records.map((record) => record?.sources[at.what] ?? {})
  const files = [...new Set([...Object.keys(then ?? {}), ...Object.keys(now ?? {})])]
    .filter((file) => then?.[file] !== now?.[file])
    .sort()
  return files.length > 0 ? { ...at, note: files.join(', ') } : at
}

function timesOf(a: JournalFacts, b: JournalFacts): Difference[] {
  return [...a.seconds]
    .flatMap(([what, seconds]) => {
      const other = b.seconds.get(what)
      return other === undefined ? [] : [{ what, a: seconds, b: other }]
    })
    .sort((x, y) => Math.abs(y.b - y.a) - Math.abs(x.b - x.a))
}
