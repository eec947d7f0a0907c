import {
  conditionRefs,
  eachRef,
  type Graph,
  isDigest,
  type Node,
  ownerOf,
  type Plan,
  type PlanNode,
} from '@millrace/ir'

/** The invariants of a Graph that no author can break; a broken one is our own mistake. Runs after every pass in tests. */
export function verifyGraph(graph: Graph): void {
  const ids = new Set<string>([':input'])
  const walk = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      expect(!ids.has(node.id), `id "${node.id}" is used twice`)
      ids.add(node.id)
      if (node.kind === 'stage') {
        expect(Object.hasOwn(graph.stages, node.stage), `"${node.id}" calls an unknown stage "${node.stage}"`)
        eachRef(node.args, ({ ref }) => known(ref))
      } else if (node.kind === 'when') {
        conditionRefs(node.condition, ({ ref }) => known(ref))
        walk(node.then.nodes)
        walk(node.else?.nodes ?? [])
      } else if (node.kind === 'map') {
        eachRef(node.list, ({ ref }) => known(ref))
        ids.add(`${node.id}:item`).add(`${node.id}:index`)
        walk(node.body.nodes)
      } else {
        eachRef(node.args, ({ ref }) => known(ref))
        ids.add(`${node.id}:input`)
        walk(node.body.nodes)
      }
    }
  }
  const known = (ref: string) => expect(ids.has(ref), `"${ref}" is read before it is made`)
  walk(graph.body.nodes)
}

/** The invariants of a Plan: topological order, known scopes and stages, no sub-pipeline left, keys where they are due. */
export function verifyPlan(plan: Plan, done: { readonly keyed: boolean }): void {
  const ids = new Set<string>([':input'])
  const scopes = new Set<string>([''])
  const reads = (node: PlanNode, visit: (ref: string) => void): void => {
    const each = ({ ref }: { ref: string }) => visit(ref)
    if (node.kind === 'stage') {
      eachRef(node.args, each)
      node.after?.forEach(visit)
    } else if (node.kind === 'value') node.value && eachRef(node.value, each)
    else if (node.kind === 'map') eachRef(node.list, each)
    else conditionRefs(node.condition, each)
  }
  for (const node of plan.nodes) {
    expect(scopes.has(node.scope), `"${node.id}" stands in an unknown scope "${node.scope}"`)
    expect(!ids.has(node.id), `id "${node.id}" is used twice`)
    reads(node, (ref) => expect(ids.has(ref), `"${node.id}" reads "${ref}", which comes later or never`))
    ids.add(node.id)
    if (node.kind === 'map') {
      scopes.add(node.id)
      ids.add(`${node.id}:item`).add(`${node.id}:index`)
    }
    if (node.kind === 'when') scopes.add(`${node.id}:then`).add(`${node.id}:else`)
    if (node.kind === 'stage') {
      expect(Object.hasOwn(plan.stages, node.stage), `"${node.id}" calls an unknown stage "${node.stage}"`)
      if (done.keyed) expect(isDigest(node.key), `"${node.id}" has no key`)
    }
  }
  for (const scope of scopes) if (scope) expect(ids.has(ownerOf(scope)), `scope "${scope}" has no owner`)
  if (plan.result) eachRef(plan.result, ({ ref }) => expect(ids.has(ref), `the result reads unknown "${ref}"`))
}

function expect(holds: boolean, message: string): void {
  if (!holds) throw new Error(`broken invariant: ${message}`)
}
