import type { Binding, Condition } from './binding.ts'
import type { Digest } from './digest.ts'
import type { StageOptions, StageSpec } from './graph.ts'
import type { Schema } from './port.ts'

/** The Graph after the passes: sub-pipelines inlined, checked, keyed, merged; ready to run anywhere. */
export interface Plan {
  readonly version: 1
  readonly pipeline: string
  /** Digest of the Graph's canonical JSON. */
  readonly graph: Digest
  readonly input: Schema
  readonly stages: { readonly [key: string]: PlanStageSpec }
  /** In topological order: a node reads only nodes before it. */
  readonly nodes: readonly PlanNode[]
  readonly result?: Binding
}

export type PlanStageSpec = StageSpec & {
  /** Digest of the stage's own code; missing where it can't be known (then nothing of the stage is cached). */
  readonly code?: Digest
  /** How any process finds the stage again: a module relative to its nearest package.json, and an export's name. */
  readonly found?: { readonly module: string; readonly export: string }
  /** Digest over code, schemas and env: the part of every key that all calls of the stage share. */
  readonly identity: Digest
}

export type PlanNode = PlanStage | PlanMap | PlanWhen | PlanValue

interface Placed {
  readonly id: string
  /** The body this node stands in: `` (the pipeline's), `map.2` (a map's), `when:then` or `when:else`. */
  readonly scope: string
}

export interface PlanStage extends Placed {
  readonly kind: 'stage'
  readonly stage: string
  /** Node key (contracts: keys): identifies the call before any value exists. */
  readonly key: Digest
  readonly args: Binding
  readonly options?: Partial<StageOptions>
  readonly after?: readonly string[]
  /** Ids of calls that are equal to this one in node key and options. */
  readonly merged?: readonly string[]
}

export interface PlanMap extends Placed {
  readonly kind: 'map'
  readonly list: Binding
  readonly result?: Binding
  readonly concurrency?: number
  readonly failures?: 'allow'
}

export interface PlanWhen extends Placed {
  readonly kind: 'when'
  readonly condition: Condition
  readonly then?: Binding
  readonly else?: Binding
  /** Whether the author gave an else, which may return nothing. */
  readonly hasElse: boolean
}

/** One field of a sub-pipeline's input: checked against its schema, with its default. Id: `prepare:input.epochs`. */
export interface PlanValue extends Placed {
  readonly kind: 'value'
  /** Missing: the call doesn't give it. */
  readonly value?: Binding
  readonly schema: Schema
  readonly required: boolean
  readonly default?: Binding
}

/** The scopes from the pipeline's body (left out) to the one given, outermost first. */
export function scopesOf(parents: ReadonlyMap<string, string>, scope: string): string[] {
  const out: string[] = []
  for (let at: string | undefined = scope; at; at = parents.get(at)) out.push(at)
  return out.reverse()
}

/** The node that owns a scope: `when` of `when:then`. */
export const ownerOf = (scope: string): string => scope.replace(/:(then|else)$/, '')

/** The options of a call: the stage's, with the call's overrides. */
export const optionsOf = (plan: Plan, node: PlanStage): StageOptions => ({
  ...(plan.stages[node.stage] as StageSpec),
  ...node.options,
})
