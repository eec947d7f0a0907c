import { eachRead, eachRef, ownerOf, type Plan, resultsOf } from '@millrace/ir'

/**
 * Which stages must have ended, all their items, before those of another can be known: on a cluster all items of a
 * stage are one Job. Takes O(nodes + edges).
 */
export class Order {
  readonly #left = new Map<string, number>()
  readonly #next = new Map<string, string[]>()
  readonly #stages = new Set<string>()

  constructor(plan: Plan) {
    const ids = new Set(plan.nodes.map(({ id }) => id))
    for (const node of plan.nodes) {
      this.#add(node.id)
      if (node.kind === 'stage') this.#stages.add(node.id)
      else if (node.kind !== 'value') this.#add(opened(node.id))
    }
    for (const node of plan.nodes) {
      const reads = new Set<string>()
      if (node.scope !== '') reads.add(opened(ownerOf(node.scope)))
      const owner = ownerOf(node.scope)
      const open = node.kind === 'map' || node.kind === 'when' ? opened(node.id) : node.id
      eachRead(node, ({ ref }) => ids.has(ref) && reads.add(ref))
      if (node.kind === 'stage') for (const id of node.after ?? []) if (ids.has(id)) reads.add(id)
      for (const read of reads) this.#edge(read, open)
      if (open !== node.id) {
        this.#edge(open, node.id)
        for (const binding of resultsOf(node)) eachRef(binding, ({ ref }) => ids.has(ref) && this.#edge(ref, node.id))
      }
      if (owner !== '') this.#edge(node.id, owner)
    }
  }

  /** Stages that wait for nothing. */
  *first(): Iterable<string> {
    for (const [id, left] of [...this.#left]) if (left === 0) yield* this.#reach(id)
  }

  /** Stages that wait for nothing any more, now that one has ended. */
  *ended(stage: string): Iterable<string> {
    const open = [stage]
    for (let at = open.pop(); at !== undefined; at = open.pop())
      for (const next of this.#next.get(at) ?? []) {
        const left = (this.#left.get(next) as number) - 1
        this.#left.set(next, left)
        if (left > 0) continue
        if (this.#stages.has(next)) yield next
        else open.push(next)
      }
  }

  *#reach(id: string): Iterable<string> {
    this.#left.set(id, -1)
    if (this.#stages.has(id)) yield id
    else yield* this.ended(id)
  }

  #add(id: string): void {
    this.#left.set(id, 0)
  }

  #edge(from: string, to: string): void {
    const list = this.#next.get(from)
    if (list) list.push(to)
    else this.#next.set(from, [to])
    this.#left.set(to, (this.#left.get(to) ?? 0) + 1)
  }
}

/** A map whose list is there, a when whose condition is. */
const opened = (id: string): string => `${id}\0opened`

/** On a cluster all items are known before the first starts; how many run at once is the Job's parallelism. */
export const withoutConcurrency = (plan: Plan): Plan => ({
  ...plan,
  nodes: plan.nodes.map((node) => {
    if (node.kind !== 'map') return node
    const { concurrency: _, ...map } = node
    return map
  }),
})
