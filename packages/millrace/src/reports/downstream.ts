import { eachRef, inputsOf, ownerOf, type Plan, type PlanNode, resultsOf } from '@millrace/ir'

/** What each node reads directly: ids of nodes before it. A map and a when read what their bodies' results read. */
function readsOf(node: PlanNode): string[] {
  const out: string[] = []
  for (const binding of [...inputsOf(node), ...resultsOf(node)])
    eachRef(binding, ({ ref }) => out.push(ref.replace(/:(item|index)$/, '')))
  if (node.kind === 'stage') out.push(...(node.after ?? []))
  if (node.scope !== '') out.push(ownerOf(node.scope))
  return out
}

/** The given nodes and all that depends on them, directly or not. */
export function downstreamOf(plan: Plan, from: ReadonlySet<string>): Set<string> {
  const readers = new Map<string, string[]>()
  for (const node of plan.nodes)
    for (const id of readsOf(node)) {
      const list = readers.get(id)
      if (list) list.push(node.id)
      else readers.set(id, [node.id])
    }
  const out = new Set(from)
  const open = [...from]
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const reader of readers.get(at) ?? [])
      if (!out.has(reader)) {
        out.add(reader)
        open.push(reader)
      }
  return out
}
