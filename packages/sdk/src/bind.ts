import {
  type Binding,
  type Code,
  type DiagnosticLocation,
  type Json,
  maxDepth,
  setKey,
  showPath,
  toJson,
} from '@millrace/ir'
import { assetUrl } from './artifact.ts'
import { definitionOf } from './definition.ts'
import { inScope, refState, showRef } from './ref.ts'
import type { Trace } from './scope.ts'

/** Bytes of JSON that one literal may have. */
const literalLimit = 64 * 1024

/**
 * A literal holding refs as a Binding; what is wrong with it goes to the trace's problems. Parts without a ref become
 * one `value`. `undefined` gives `undefined`: the field is left out.
 */
export function bind(trace: Trace, input: unknown, at: () => DiagnosticLocation): Binding | undefined {
  const open = new Set<object>()
  const report = (code: Code, path: Path, message: string, fix: string) => {
    const name = showPath(path)
    trace.problems.push({ code, severity: 'error', message, at: { ...at(), ...(name ? { path: name } : {}) }, fix })
    return { value: null }
  }
  const visit = (value: unknown, path: Path): Binding | undefined => {
    if (value === undefined) return undefined
    const ref = refState(value)
    if (ref) {
      if (inScope(ref)) return { ref: ref.node, path: ref.path }
      const { stage } = ref.scope
      const body =
        stage === undefined ? 'another body (of a map, a when or a pipeline)' : `the words of stage "${stage}"`
      const message = `"${showRef(ref)}" was made in ${body} and is used outside it`
      const fix =
        stage === undefined
          ? 'Return it from the body that makes it, and use what that call gives.'
          : 'Use it in those words alone.'
      return report('ref-out-of-scope', path, message, fix)
    }
    const url = assetUrl(value)
    if (url !== undefined) return { asset: url }
    if (typeof value === 'object' && value !== null && !notPlain(value)) return compound(value, path)
    const definition = definitionOf(value)
    if (definition) {
      const message = `${quoted(path)}is the ${definition.type} "${definition.name}" itself, not what a call of it gives`
      return report('literal-not-json', path, message, `Call it: ${definition.name}({ … }).`)
    }
    const json = toJson(value)
    if ('json' in json) return { value: json.json }
    const at = [...path, ...json.problem.path]
    const message = `${quoted(at)}${json.problem.reason}, which JSON can't carry`
    return report('literal-not-json', at, message, 'Give a value that JSON can carry.')
  }
  const compound = (value: object, path: Path): Binding => {
    if (open.has(value) || path.length > maxDepth) {
      const at = open.has(value) ? path : path.slice(0, 3)
      const what = open.has(value) ? 'contains itself' : `is nested more than ${maxDepth} levels deep`
      return report('literal-not-json', at, `${quoted(at)}${what}`, 'Give a value that JSON can carry.')
    }
    open.add(value)
    const binding = Array.isArray(value) ? list(value, path) : fields(value, path)
    open.delete(value)
    return binding
  }
  const list = (value: readonly unknown[], path: Path): Binding => {
    // from() also sees the holes
    const items = Array.from(value, (item, i) => visit(item, [...path, i]) ?? { value: null })
    return items.every(isValue) ? { value: items.map((item) => item.value) } : { items }
  }
  const fields = (value: object, path: Path): Binding => {
    const found: Record<string, Binding> = {}
    let plain = true
    for (const key of Object.keys(value)) {
      const field = visit((value as Record<string, unknown>)[key], [...path, key])
      if (field === undefined) continue
      if (!key.isWellFormed())
        report(
          'literal-not-json',
          path,
          `${quoted(path)}has a key that is not well-formed Unicode, which JSON can't carry`,
          'Give a value that JSON can carry.',
        )
      if (!('value' in field)) plain = false
      setKey(found, key, field)
    }
    // the top of a call stays `fields`, so that every pass finds them in one form
    if (!plain || path.length === 0) return { fields: found }
    const json: Record<string, Json> = {}
    for (const [key, field] of Object.entries(found)) setKey(json, key, (field as { value: Json }).value)
    return { value: json }
  }
  const binding = visit(input, [])
  if (binding) {
    const tooLarge = literalSize(binding)
    if (tooLarge > literalLimit)
      report(
        'literal-too-large',
        [],
        `a literal of ${Math.ceil(tooLarge / 1024)} KiB is written into "${at().node ?? at().pipeline}"; the limit is 64 KiB`,
        'Put it in a file and give it with asset() or a file parameter.',
      )
  }
  return binding
}

type Path = readonly (string | number)[]

const quoted = (path: Path): string => (path.length > 0 ? `"${showPath(path)}" ` : 'the value ')
const isValue = (binding: Binding): binding is { value: Json } => 'value' in binding
const notPlain = (value: object): boolean => {
  if (Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype !== null && prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null
}

/** Bytes of JSON of all literals in a binding together. */
function literalSize(binding: Binding): number {
  let size = 0
  const open: Binding[] = [binding]
  for (let at = open.pop(); at; at = open.pop()) {
    if ('value' in at) size += typeof at.value === 'number' ? 8 : Buffer.byteLength(JSON.stringify(at.value))
    else if ('items' in at) for (const item of at.items) open.push(item)
    else if ('fields' in at) for (const field of Object.values(at.fields)) open.push(field)
  }
  return size
}
