import {
  content,
  type Digest,
  digestJson,
  type Json,
  optionsOf,
  type Plan,
  type PlanStage,
  type PlanStageSpec,
} from '@millrace/ir'

/**
 * Cache keys (contracts: keys): the stage's identity (code, schemas, env) and the input as wired, artifacts by content.
 * Of a call with `cache: false` also the run and, among equal calls, an ordinal: it never hits in another run.
 */
export class CacheKeys {
  readonly #plan: Plan
  readonly #run: string
  readonly #ordinals = new Map<Digest, number>()

  constructor(plan: Plan, run: string) {
    this.#plan = plan
    this.#run = run
  }

  of(node: PlanStage, args: Json): { readonly key: Digest; readonly kept: boolean } {
    const { identity, code } = this.#plan.stages[node.stage] as PlanStageSpec
    const base = { identity, input: content(args) }
    const key = digestJson(base)
    if (optionsOf(this.#plan, node).cache) return { key, kept: code !== undefined }
    const ordinal = this.#ordinals.get(key) ?? 0
    this.#ordinals.set(key, ordinal + 1)
    return { key: digestJson({ ...base, run: this.#run, ordinal }), kept: code !== undefined }
  }
}
