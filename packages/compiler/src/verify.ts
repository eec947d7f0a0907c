import { eachBody, eachRead, eachRef, type Graph, isDigest, ownerOf, type Plan } from '@millrace/ir'

/** The invariants of a Graph that no author can break; a broken one is our own mistake. Runs after every pass in tests. */
export function verifyGraph(graph: Graph): void {
  const ids = new Set<string>([':input'])
  eachBody(graph.body, {
    enter(node) {
      expect(!ids.has(node.id), `id "${node.id}" is used twice`)
      ids.add(node.id)
      if (node.kind === 'stage')
        expect(Object.hasOwn(graph.stages, node.stage), `"${node.id}" calls an unknown stage "${node.stage}"`)
      eachRead(node, ({ ref }) => expect(ids.has(ref), `"${ref}" is read before it is made`))
      if (node.kind === 'map') ids.add(`${node.id}:item`).add(`${node.id}:index`)
      if (node.kind === 'pipeline') ids.add(`${node.id}:input`)
    },
  })
}

/** The invariants of a Plan: topological order, known scopes and stages, no sub-pipeline left, keys where they are due. */
export function verifyPlan(plan: Plan, done: { readonly keyed: boolean }): void {
  const ids = new Set<string>([':input'])
  const scopes = new Set<string>([''])
  for (const node of plan.nodes) {
    expect(scopes.has(node.scope), `"${node.id}" stands in an unknown scope "${node.scope}"`)
    expect(!ids.has(node.id), `id "${node.id}" is used twice`)
    const reads = (ref: string) => expect(ids.has(ref), `"${node.id}" reads "${ref}", which comes later or never`)
    eachRead(node, ({ ref }) => reads(ref))
    if (node.kind === 'stage') node.after?.forEach(reads)
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
