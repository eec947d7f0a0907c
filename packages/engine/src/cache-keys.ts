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
 * Cache keys (contracts: keys): the stage's identity (code, schemas, env) and the input as wired, artifacts by
 * content. The key of a call with `cache: false` also holds the run and the call's place in the Plan: no other run
 * takes its result, but the same run finds it when it is resumed, in whatever order equal calls come then.
 */
export class CacheKeys {
  readonly #plan: Plan
  readonly #run: string
  readonly #places: ReadonlyMap<string, number>

  constructor(plan: Plan, run: string) {
    this.#plan = plan
    this.#run = run
    this.#places = new Map(plan.nodes.map(({ id }, place) => [id, place]))
  }

  /** `index`: one number per enclosing map. */
  of(
    node: PlanStage,
    index: readonly number[] | undefined,
    args: Json,
  ): { readonly key: Digest; readonly cacheable: boolean } {
    const { identity, code } = this.#plan.stages[node.stage] as PlanStageSpec
    const base = { identity, input: content(args) }
    const key = digestJson(base)
    if (optionsOf(this.#plan, node).cache) return { key, cacheable: code !== undefined }
    const place = [this.#places.get(node.id) ?? -1, ...(index ?? [])]
    return { key: digestJson({ ...base, run: this.#run, place }), cacheable: code !== undefined }
  }
}
