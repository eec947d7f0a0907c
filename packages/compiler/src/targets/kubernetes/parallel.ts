import { ownerOf, type Plan, type PlanStage, scopesOf } from '@millrace/ir'

/** The maps around a call, outermost first, and how many of its items may run at once. */
export function mapsAround(plan: Plan): (node: PlanStage) => { readonly mapped: boolean; readonly parallel?: number } {
  const parents = new Map<string, string>()
  const limits = new Map<string, number | undefined>()
  for (const node of plan.nodes) {
    if (node.kind === 'map') {
      parents.set(node.id, node.scope)
      limits.set(node.id, node.concurrency)
    } else if (node.kind === 'when')
      for (const branch of ['then', 'else']) parents.set(`${node.id}:${branch}`, node.scope)
  }
  return (node) => {
    const maps = scopesOf(parents, node.scope).filter((scope) => limits.has(ownerOf(scope)))
    const own = maps.map((scope) => limits.get(scope))
    const parallel = own.every((limit) => limit !== undefined)
      ? own.reduce<number>((product, limit) => product * (limit as number), 1)
      : undefined
    return { mapped: maps.length > 0, ...(maps.length > 0 && parallel !== undefined ? { parallel } : {}) }
  }
}
