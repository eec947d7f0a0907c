import { isAbsolute, relative } from 'node:path'
import type { Call } from '@millrace/engine'
import {
  bitsOf,
  digestJson,
  type Json,
  mapArtifacts,
  optionsOf,
  type Plan,
  type PlanStageSpec,
  type Release,
  type WorkItem,
} from '@millrace/ir'
import type { Attempt } from './pod-attempt.ts'

/** A call that runs as one completion index of a Job. */
export interface ItemCall {
  readonly call: Call
  readonly item: WorkItem
  /** Its completion index. */
  place: number
  /** By pod uid. */
  readonly attempts: Map<string, Attempt>
  /** The last of them. */
  latest: Attempt | undefined
  /** Attempts that the stage itself failed. */
  failures: number
  /** Uids of pods in which no process of the stage could be started. */
  readonly unstarted: Set<string>
  ended: boolean
}

export const newItemCall = (call: Call, item: WorkItem): ItemCall => ({
  call,
  item,
  place: -1,
  attempts: new Map(),
  latest: undefined,
  failures: 0,
  unstarted: new Set(),
  ended: false,
})

/**
 * Gives each item its completion index in a release: by its key, or in a Job that still runs by its input. `left` are
 * items without an index; an index whose result exists already has no item.
 */
export function adopt(
  release: Release,
  items: readonly ItemCall[],
  keysOnly: boolean,
): { readonly items: readonly (ItemCall | undefined)[]; readonly left: readonly ItemCall[] } {
  const adopted: (ItemCall | undefined)[] = release.items.map(() => undefined)
  const left = new Set(items)
  for (const name of keysOnly ? (['key'] as const) : (['key', 'inputDigest'] as const)) {
    const waiting = Map.groupBy(left, ({ item }) => item[name])
    for (const [i, told] of release.items.entries()) {
      const item = adopted[i] ? undefined : waiting.get(told[name])?.shift()
      if (!item) continue
      adopted[i] = item
      left.delete(item)
    }
  }
  return { items: adopted, left: [...left] }
}

/** What a pod needs to run a call. */
export function itemOf(plan: Plan, root: string, run: string, call: Call): WorkItem {
  const spec = plan.stages[call.node.stage] as PlanStageSpec
  const { timeout, resources, retries } = optionsOf(plan, call.node)
  const input = inStore(spec, root, call.args)
  return {
    version: 1,
    run,
    pipeline: plan.pipeline,
    node: call.node.id,
    ...(call.index ? { index: call.index } : {}),
    generation: 0,
    key: call.key,
    inputDigest: digestJson(input),
    codeDigest: spec.code ?? '',
    seed: bitsOf(call.key),
    resources,
    ...(timeout === undefined ? {} : { timeout }),
    retries,
    input,
  }
}

const inStore = (spec: PlanStageSpec, root: string, args: Json): Json =>
  mapArtifacts(spec.input, args, (at) => {
    const { path } = at as { path: string }
    return (isAbsolute(path) ? { ...(at as object), path: relative(root, path).replaceAll('\\', '/') } : at) as Json
  })
