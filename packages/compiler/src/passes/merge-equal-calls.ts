import {
  type Binding,
  canonical,
  type Json,
  mapBindings,
  mapRefs,
  type Plan,
  type PlanNode,
  type PlanStage,
} from '@millrace/ir'

/** Calls of one body that are equal in node key and options become one; their ids stay, as `merged`. */
export function mergeEqualCalls(plan: Plan): Plan {
  const kept = new Map<string, PlanStage>()
  const instead = new Map<string, string>()
  const merged = new Map<string, string[]>()
  for (const node of plan.nodes) {
    if (node.kind !== 'stage') continue
    const identity = `${node.key} ${node.scope} ${node.options ? canonical(node.options as Json) : ''} ${node.after?.join(' ') ?? ''}`
    const first = kept.get(identity)
    if (!first) kept.set(identity, node)
    else {
      instead.set(node.id, first.id)
      const ids = merged.get(first.id)
      if (ids) ids.push(node.id)
      else merged.set(first.id, [node.id])
    }
  }
  if (instead.size === 0) return plan
  const rename = (id: string): string => instead.get(id) ?? id
  const rewrite = (binding: Binding): Binding =>
    mapRefs(binding, (ref) => (instead.has(ref.ref) ? { ref: rename(ref.ref), path: ref.path } : ref))
  const nodes = plan.nodes
    .filter((node) => !instead.has(node.id))
    .map((node): PlanNode => {
      const mapped = mapBindings(node, rewrite)
      if (mapped.kind !== 'stage') return mapped
      const ids = merged.get(node.id)
      return {
        ...mapped,
        ...(mapped.after ? { after: [...new Set(mapped.after.map(rename))] } : {}),
        ...(ids ? { merged: ids } : {}),
      }
    })
  return { ...plan, nodes, ...(plan.result ? { result: rewrite(plan.result) } : {}) }
}
