import {
  type Binding,
  canonical,
  content,
  eachRef,
  type Json,
  type PlanNode,
  type PlanStage,
  valueAt,
} from '@millrace/ir'
import { type Before, gaveAnother, type Question } from './earlier-runs.ts'
import { shortDigest } from './short-digest.ts'

/** In what the input of a call differs from what it was in an earlier run. */
export function inputCauses(now: Binding, then: Binding, question: Question, before: Before): string[] {
  const fields = (binding: Binding): { readonly [key: string]: Binding } =>
    'fields' in binding ? binding.fields : { '': binding }
  const causes: string[] = []
  const [a, b] = [fields(now), fields(then)]
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)].sort())) {
    const what = key === '' ? 'its input' : `input "${key}"`
    const [left, right] = [a[key], b[key]]
    if (!left) causes.push(`${what} is no longer given`)
    else if (!right) causes.push(`${what} is new`)
    else if (canonical(left as unknown as Json) !== canonical(right as unknown as Json)) {
      if ('value' in left && 'value' in right)
        causes.push(`${what} changed: ${show(right.value)} → ${show(left.value)}`)
      else causes.push(`${what} is wired otherwise`)
    } else causes.push(...valueCauses(left, what, question, before))
  }
  return causes
}

/** The wiring is the same: a parameter, an asset, or what an earlier call gave is another one. */
function valueCauses(binding: Binding, what: string, question: Question, before: Before): string[] {
  const causes = new Set<string>()
  const seen = new Set<string>()
  const open: Binding[] = [binding]
  for (let next = open.shift(); next; next = open.shift()) {
    eachRef(next, ({ ref, path }) => {
      if (ref === ':input') {
        const [now, then] = [valueAt(question.input, path), valueAt(before.input, path)]
        if (canonical(contentOf(now)) !== canonical(contentOf(then)))
          causes.add(`parameter "${path.join('.')}" changed: ${show(then)} → ${show(now)}`)
        return
      }
      if (seen.has(ref)) return
      seen.add(ref)
      const node = before.byId.get(ref.replace(/:(item|index)$/, ''))
      if (node?.kind !== 'stage') open.push(...(node ? innerBindings(node, ref) : []))
      else if (gaveAnother(node.id, before)) causes.add(`${what}: "${ref}" gave another result`)
    })
  }
  if (causes.size === 0 && hasAsset(binding)) causes.add(`${what}: the asset's bytes changed`)
  return [...causes]
}

/** What a value to come is made of, when no one call makes it. */
function innerBindings(node: Exclude<PlanNode, PlanStage>, ref: string): readonly Binding[] {
  if (node.kind === 'value') return node.value ? [node.value] : []
  if (node.kind === 'when') return [node.condition.left, node.then, node.else].filter((at) => at !== undefined)
  const ofItem = ref.endsWith(':item') || ref.endsWith(':index')
  return [node.list, ofItem ? undefined : node.result].filter((at) => at !== undefined)
}

const hasAsset = (binding: Binding): boolean =>
  'asset' in binding ||
  ('items' in binding && binding.items.some(hasAsset)) ||
  ('fields' in binding && Object.values(binding.fields).some(hasAsset))

const contentOf = (value: Json | undefined): Json => (value === undefined ? null : content(value))

function show(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  const json = value as { digest?: string }
  if (typeof value === 'object' && value !== null && typeof json.digest === 'string') return shortDigest(json.digest)
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
