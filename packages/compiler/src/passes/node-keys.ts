import {
  type Binding,
  type Condition,
  content,
  type Digest,
  digestJson,
  type Json,
  optionsOf,
  type Plan,
  type PlanNode,
  type PlanStage,
  type PlanValue,
  setKey,
  valueAt,
} from '@millrace/ir'
import type { Facts } from '../context.ts'

/**
 * Node keys (contracts: keys): the cache key's formula with each upstream value replaced by the key of the call that
 * makes it, plus the maps and conditions around the call. They hold no id and no name of a call.
 */
export function nodeKeys(plan: Plan, facts: Facts): Plan {
  /** What a ref to a node counts as. */
  const forms = new Map<string, Json>()
  /** What being inside a scope counts as. */
  const around = new Map<string, Json>([['', []]])
  const ordinals = new Map<Digest, number>()
  const byId = new Map(plan.nodes.map((node) => [node.id, node]))
  const scopeDepth = new Map<string, number>([['', 0]])

  const form = (binding: Binding): Json => {
    if ('ref' in binding) return refForm(binding.ref, binding.path)
    if ('value' in binding) return { value: content(binding.value) }
    if ('asset' in binding) return { value: facts.assets.get(binding.asset)?.digest ?? binding.asset }
    if ('items' in binding) return { items: binding.items.map(form) }
    const fields = {}
    for (const [key, field] of Object.entries(binding.fields)) setKey(fields, key, form(field))
    return { fields }
  }
  const refForm = (ref: string, path: readonly string[]): Json => {
    if (ref === ':input')
      return facts.input ? { value: content(valueAt(facts.input, path) ?? null) } : { input: [...path] }
    const whole = forms.get(ref) ?? resultForm(ref)
    return path.length > 0 ? { of: whole, path: [...path] } : whole
  }
  const conditionForm = ({ left, operator, right }: Condition): Json => ({
    left: form(left),
    operator,
    right: right ? form(right) : { absent: true },
  })
  /** Maps and whens are told when they are first read: by then their bodies have keys. */
  const resultForm = (ref: string): Json => {
    const node = byId.get(ref) as PlanNode
    let told: Json = { absent: true }
    if (node.kind === 'map')
      told = { map: form(node.list), result: node.result ? form(node.result) : null, failures: node.failures ?? null }
    if (node.kind === 'when')
      told = {
        when: conditionForm(node.condition),
        then: node.then ? form(node.then) : null,
        else: node.else ? form(node.else) : null,
      }
    const digest = digestJson(told)
    forms.set(ref, digest)
    return digest
  }

  /** A field of a sub-pipeline's input, with what its schema may fill in. */
  const valueForm = (node: PlanValue): Json => {
    const { default: own, ...inner } = node.schema
    const given = node.value ? form(node.value) : { absent: true }
    const value = own === undefined ? given : { value: given, else: form(node.default as Binding) }
    return JSON.stringify(inner).includes('"default":') ? { value, filled: inner as Json } : value
  }

  const keyed = (node: PlanStage): PlanStage => {
    const { cache } = optionsOf(plan, node)
    const { identity } = plan.stages[node.stage] as { identity: Digest }
    const base: Json = { identity, input: form(node.args), around: around.get(node.scope) as Json }
    let key = digestJson(base)
    if (!cache) {
      const ordinal = ordinals.get(key) ?? 0
      ordinals.set(key, ordinal + 1)
      key = digestJson({ ...base, graph: plan.graph, ordinal })
    }
    forms.set(node.id, key)
    return { ...node, key }
  }

  const nodes = plan.nodes.map((node): PlanNode => {
    const outside = around.get(node.scope) as Json[]
    const depth = scopeDepth.get(node.scope) as number
    switch (node.kind) {
      case 'stage':
        return keyed(node)
      case 'value':
        forms.set(node.id, valueForm(node))
        return node
      case 'map': {
        const list = digestJson(form(node.list))
        forms.set(`${node.id}:item`, { item: list, depth })
        forms.set(`${node.id}:index`, { index: list, depth })
        around.set(node.id, [...outside, { map: list }])
        scopeDepth.set(node.id, depth + 1)
        return node
      }
      case 'when': {
        const when = digestJson(conditionForm(node.condition))
        for (const branch of ['then', 'else']) {
          around.set(`${node.id}:${branch}`, [...outside, { when, branch }])
          scopeDepth.set(`${node.id}:${branch}`, depth)
        }
        return node
      }
    }
  })
  return { ...plan, nodes }
}
