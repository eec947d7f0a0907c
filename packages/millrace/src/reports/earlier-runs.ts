import type { CodeIndex } from '@millrace/compiler'
import { type DryCall, forEvent } from '@millrace/engine'
import {
  type ArtifactValue,
  canonical,
  content,
  type Json,
  type JsonObject,
  type Plan,
  type PlanNode,
  type PlanStage,
  showNode,
} from '@millrace/ir'
import type { Store } from '@millrace/store'
import { type RunRecord, readRecord } from '../program/record.ts'
import type { UnknownStages } from '../program/unknown-code.ts'

/** What is asked of the store, and of the runs that it remembers. */
export interface Question {
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
export interface Before extends RunRecord {
  readonly calls: ReadonlyMap<string, readonly DryCall[]>
  /** By node and index, as its events tell. */
  readonly ends: ReadonlyMap<string, End>
  /** The nodes that it got as far as. */
  readonly reached: ReadonlySet<string>
  /** The nodes of the Plan to come. */
  readonly byId: ReadonlyMap<string, PlanNode>
  /** The calls of the earlier run, by each id that they had. */
  readonly stages: ReadonlyMap<string, PlanStage>
}

/** How many runs are looked at to find the last one that a call had a part in. */
export const runsBack = 20

const told = (output: Json): string => canonical(content(output))

/** The runs of the pipeline, newest first; each is read when it is asked for. */
export class History {
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
    const ends = endsOf(store, id)
    return {
      ...record,
      calls: this.#calls,
      ends,
      reached: new Set([...ends.keys()].map((call) => call.replace(/(\[\d+\])+$/, ''))),
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

/** Whether a call gives something else than in the last run. */
export function gaveAnother(node: string, { calls, ends }: Before): boolean {
  const found = calls.get(node)
  if (!found) return true
  return found.some(({ state, index, output }) => {
    const end = ends.get(showNode(node, index))
    return state !== 'hit' || !end || !('output' in end) || end.output !== told(forEvent(output ?? null))
  })
}

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
