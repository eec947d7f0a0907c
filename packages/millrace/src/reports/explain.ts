import type { CodeIndex } from '@millrace/compiler'
import { type DryCall, dryRun, forEvent } from '@millrace/engine'
import {
  type ArtifactValue,
  type Binding,
  canonical,
  content,
  eachRef,
  type Json,
  type JsonObject,
  optionsOf,
  type Plan,
  type PlanNode,
  type PlanStage,
  type PlanStageSpec,
  showNode,
  valueAt,
} from '@millrace/ir'
import type { Store } from '@millrace/store'
import { type RunRecord, readRecord } from '../program/record.ts'
import type { UnknownStages } from '../program/unknown-code.ts'

/** What a run would do with one call, and why. */
export interface PlanRow {
  readonly node: string
  /** `waits`: whether it runs is known only when what it reads has run. */
  readonly action: 'run' | 'cached' | 'waits' | 'skipped'
  readonly causes: readonly string[]
}

interface Question {
  readonly plan: Plan
  readonly code: CodeIndex
  readonly unknown: UnknownStages
  readonly store: Store
  readonly input: JsonObject
  readonly assets: ReadonlyMap<string, ArtifactValue>
}

/** How a call ended: with an output (as text), or why not. */
type End = { readonly output: string } | { readonly failed: true } | { readonly skipped: string }

/** An earlier run of the pipeline, and what the store holds for the one to come. */
interface Before extends RunRecord {
  readonly calls: ReadonlyMap<string, readonly DryCall[]>
  /** By node and index, as its events tell. */
  readonly ends: ReadonlyMap<string, End>
  /** The nodes of the Plan to come. */
  readonly byId: ReadonlyMap<string, PlanNode>
  /** The calls of the earlier run, by each id that they had. */
  readonly stages: ReadonlyMap<string, PlanStage>
}

/** How many runs are looked at to find the last one that a call had a part in. */
const runsBack = 20

const told = (output: Json): string => canonical(content(output))

function endsOf(store: Store, run: string): ReadonlyMap<string, End> {
  const ends = new Map<string, End>()
  for (const event of store.runs.events(run)) {
    if (!('node' in event)) continue
    const node = showNode(event.node, event.index)
    if (event.event === 'stage.succeeded' || event.event === 'stage.cached')
      ends.set(node, { output: told(event.output) })
    else if (event.event === 'stage.failed') ends.set(node, { failed: true })
    else if (event.event === 'stage.skipped') ends.set(node, { skipped: event.because })
  }
  return ends
}

function stagesById(plan: Plan): ReadonlyMap<string, PlanStage> {
  const out = new Map<string, PlanStage>()
  for (const node of plan.nodes)
    if (node.kind === 'stage') for (const id of [node.id, ...(node.merged ?? [])]) out.set(id, node)
  return out
}

/** Whether a call gives something else than in the last run. */
function gaveAnother(node: string, { calls, ends }: Before): boolean {
  const found = calls.get(node)
  if (!found) return true
  return found.some(({ state, index, output }) => {
    const end = ends.get(showNode(node, index))
    return state !== 'hit' || !end || !('output' in end) || end.output !== told(forEvent(output ?? null))
  })
}

/**
 * Compares a Plan with the store and with the last runs of the pipeline.
 *
 * @param goesOn the run that the next one goes on with
 */
export async function explain(question: Question, goesOn?: string): Promise<PlanRow[]> {
  const { plan, store, input, assets } = question
  const asset = (token: string) => assets.get(token) as unknown as Json
  const calls = await dryRun({ plan, input, store, asset, run: goesOn })
  const history = new History(question, calls)
  return plan.nodes.flatMap((node): PlanRow[] => {
    if (node.kind !== 'stage') return []
    const found = calls.get(node.id) ?? []
    const row = rowOf(node, found, question, history)
    return [row, ...(node.merged ?? []).map((id) => ({ ...row, node: id, causes: [`equal to ${node.id}`] }))]
  })
}

/** The runs of the pipeline, newest first; each is read when it is asked for. */
class History {
  readonly #question: Question
  readonly #calls: ReadonlyMap<string, readonly DryCall[]>
  readonly #byId: ReadonlyMap<string, PlanNode>
  readonly #read: (Before | undefined)[] = []
  #ids: readonly string[] | undefined

  constructor(question: Question, calls: ReadonlyMap<string, readonly DryCall[]>) {
    this.#question = question
    this.#calls = calls
    this.#byId = new Map(question.plan.nodes.map((node) => [node.id, node]))
  }

  at(back: number): Before | undefined {
    if (back >= this.#read.length) this.#read[back] = this.#readAt(back)
    return this.#read[back]
  }

  #readAt(back: number): Before | undefined {
    const { store, plan } = this.#question
    const id = back === 0 ? store.runs.last(plan.pipeline)?.id : this.#list()[back]
    const record = id === undefined ? undefined : readRecord(store.runs.path(id))
    if (id === undefined || !record) return undefined
    return {
      ...record,
      calls: this.#calls,
      ends: endsOf(store, id),
      byId: this.#byId,
      stages: stagesById(record.plan),
    }
  }

  #list(): readonly string[] {
    const { store, plan } = this.#question
    this.#ids ??= store.runs
      .list()
      .filter(({ pipeline }) => pipeline === plan.pipeline)
      .slice(0, runsBack)
      .map(({ id }) => id)
    return this.#ids
  }
}

function rowOf(node: PlanStage, calls: readonly DryCall[], question: Question, history: History): PlanRow {
  const { plan } = question
  const spec = plan.stages[node.stage] as PlanStageSpec
  const missed = calls.filter((call) => call.state === 'miss')
  const of = calls.length > 1 ? `${missed.length} of ${calls.length}: ` : ''
  if (missed.length > 0) {
    if (!optionsOf(plan, node).cache)
      return { node: node.id, action: 'run', causes: ['cache: false, so it runs in every run'] }
    if (!spec.code) {
      const why = question.unknown.get(node.stage)?.why ?? 'no module exports its stage'
      return { node: node.id, action: 'run', causes: [`${why}, so nothing of it is cached`] }
    }
    const causes = causesOf(node, missed[0] as DryCall, question, history)
    return { node: node.id, action: 'run', causes: causes.map((cause, i) => (i === 0 ? of + cause : cause)) }
  }
  const unknown = calls.filter((call) => call.state === 'unknown')
  if (unknown.length > 0)
    return {
      node: node.id,
      action: 'waits',
      causes: [`for ${[...new Set(unknown.map((call) => call.because))].join(', ')}`],
    }
  const hits = calls.filter((call) => call.state === 'hit')
  if (hits.length > 0) {
    const runs = [...new Set(hits.map((call) => call.because))]
    return {
      node: node.id,
      action: 'cached',
      causes: [`from ${runs.slice(0, 3).join(', ')}${runs.length > 3 ? ', …' : ''}`],
    }
  }
  return {
    node: node.id,
    action: 'skipped',
    causes: calls.length > 0 ? [`${calls[0]?.because}`] : ['its map has no items'],
  }
}

/** What changed since the last run in which the call came to an end. */
function causesOf(node: PlanStage, missed: DryCall, question: Question, history: History): string[] {
  const name = showNode(node.id, missed.index)
  for (let back = 0; back < runsBack; back++) {
    const before = history.at(back)
    if (!before) break
    const causes = changesOf(node, question, before)
    if (causes && causes.length > 0) return causes
    const end = before.ends.get(name)
    if (end && 'failed' in end) return ['it failed in the last run']
    if (end && 'skipped' in end) return [`it was skipped: ${end.skipped}`]
    if (end) return ['its result is not in the store']
    if (back === 0 && !causes) return ['it is new']
  }
  return ['it never ran']
}

/** Undefined for a call that the earlier run didn't have. */
function changesOf(node: PlanStage, question: Question, before: Before): string[] | undefined {
  const { plan } = question
  const stage = plan.stages[node.stage] as PlanStageSpec
  const old = before.stages.get(node.id)
  const oldStage = old && before.plan.stages[old.stage]
  if (!old || !oldStage) return undefined
  const causes: string[] = []
  if (stage.code !== oldStage.code) causes.push(codeCause(node, old, question, before))
  for (const name of new Set([...Object.keys(stage.env ?? {}), ...Object.keys(oldStage.env ?? {})].sort()))
    if (envText(stage, name) !== envText(oldStage, name)) causes.push(`env ${name} changed`)
  return [...causes, ...inputCauses(node.args, old.args, question, before)]
}

const envText = ({ env }: PlanStageSpec, name: string): string => canonical((env?.[name] ?? null) as unknown as Json)

function codeCause(node: PlanStage, old: PlanStage, { code }: Question, before: Before): string {
  const now = code.stages.get(node.stage)?.sources ?? {}
  const then = before.sources[old.stage] ?? {}
  const changed = [...new Set([...Object.keys(now), ...Object.keys(then)])]
    .filter((source) => now[source] !== then[source])
    .sort()
  return changed.length > 0
    ? `code changed: ${changed.slice(0, 4).join(', ')}${changed.length > 4 ? ', …' : ''}`
    : 'code changed'
}

function inputCauses(now: Binding, then: Binding, question: Question, before: Before): string[] {
  const fields = (binding: Binding): { readonly [key: string]: Binding } =>
    'fields' in binding ? binding.fields : { '': binding }
  const causes: string[] = []
  const [a, b] = [fields(now), fields(then)]
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)].sort())) {
    const what = key === '' ? 'its input' : `input "${key}"`
    const [left, right] = [a[key], b[key]]
    if (!left) causes.push(`${what} is no longer given`)
    else if (!right) causes.push(`${what} is new`)
    else if (canonical(left as unknown as Json) !== canonical(right as unknown as Json)) {
      if ('value' in left && 'value' in right)
        causes.push(`${what} changed: ${show(right.value)} → ${show(left.value)}`)
      else causes.push(`${what} is wired otherwise`)
    } else causes.push(...valueCauses(left, what, question, before))
  }
  return causes
}

/** The wiring is the same: a parameter, an asset, or what an earlier call gave is another one. */
function valueCauses(binding: Binding, what: string, question: Question, before: Before): string[] {
  const causes = new Set<string>()
  const seen = new Set<string>()
  const open: Binding[] = [binding]
  for (let next = open.shift(); next; next = open.shift()) {
    eachRef(next, ({ ref, path }) => {
      if (ref === ':input') {
        const [now, then] = [valueAt(question.input, path), valueAt(before.input, path)]
        if (canonical(contentOf(now)) !== canonical(contentOf(then)))
          causes.add(`parameter "${path.join('.')}" changed: ${show(then)} → ${show(now)}`)
        return
      }
      if (seen.has(ref)) return
      seen.add(ref)
      const node = before.byId.get(ref.replace(/:(item|index)$/, ''))
      if (node?.kind !== 'stage') open.push(...(node ? innerBindings(node, ref) : []))
      else if (gaveAnother(node.id, before)) causes.add(`${what}: "${ref}" gave another result`)
    })
  }
  if (causes.size === 0 && hasAsset(binding)) causes.add(`${what}: the asset's bytes changed`)
  return [...causes]
}

/** What a value to come is made of, when no one call makes it. */
function innerBindings(node: Exclude<PlanNode, PlanStage>, ref: string): readonly Binding[] {
  if (node.kind === 'value') return node.value ? [node.value] : []
  if (node.kind === 'when') return [node.condition.left, node.then, node.else].filter((at) => at !== undefined)
  const ofItem = ref.endsWith(':item') || ref.endsWith(':index')
  return [node.list, ofItem ? undefined : node.result].filter((at) => at !== undefined)
}

const hasAsset = (binding: Binding): boolean =>
  'asset' in binding ||
  ('items' in binding && binding.items.some(hasAsset)) ||
  ('fields' in binding && Object.values(binding.fields).some(hasAsset))

const contentOf = (value: Json | undefined): Json => (value === undefined ? null : content(value))

function show(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  const json = value as { digest?: string }
  if (typeof value === 'object' && value !== null && typeof json.digest === 'string')
    return `${json.digest.slice(0, 15)}…`
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
