import { isObject, type Json, setKey } from './json.ts'

/**
 * Where a value comes from. A `ref` names a call (`clean`, `prepare/clean`), a map or a when (`map.2`), a pipeline's
 * input (`:input`, `prepare:input`), or a map's item and index (`map:item`, `map:index`).
 */
export type Binding =
  | Ref
  | { readonly value: Json }
  | { readonly fields: { readonly [key: string]: Binding } }
  | { readonly items: readonly Binding[] }
  | { readonly asset: string }

/** A value to come, or a field in it. */
export interface Ref {
  readonly ref: string
  readonly path: readonly string[]
}

export type Operator = '===' | '!==' | '<' | '<=' | '>' | '>='
export interface Condition {
  readonly left: Binding
  readonly operator: Operator
  /** Missing: compared with an absent value (`undefined` in the program). */
  readonly right?: Binding
}

/** The key under which an asset stands in a schema's default. */
export const assetKey = '$asset'

/** A value of a schema's default as a Binding: assets in it become asset bindings. */
export function fromDefault(value: Json): Binding {
  if (Array.isArray(value)) {
    const items = value.map(fromDefault)
    return items.every((item) => 'value' in item) ? { value } : { items }
  }
  if (!isObject(value)) return { value }
  if (typeof value[assetKey] === 'string') return { asset: value[assetKey] }
  const fields: Record<string, Binding> = {}
  for (const [key, field] of Object.entries(value)) setKey(fields, key, fromDefault(field as Json))
  return Object.values(fields).every((field) => 'value' in field) ? { value: value as Json } : { fields }
}

/** Calls `visit` for each ref of a binding. */
export function eachRef(binding: Binding, visit: (ref: Ref) => void): void {
  const open: Binding[] = [binding]
  for (let next = open.pop(); next; next = open.pop()) {
    if ('ref' in next) visit(next)
    else if ('fields' in next) open.push(...Object.values(next.fields))
    else if ('items' in next) for (const item of next.items) open.push(item)
  }
}

/** Rewrites the refs of a binding (its nesting is that of a literal an author typed, so recursion is safe). */
export function mapRefs(binding: Binding, replace: (ref: Ref) => Binding): Binding {
  if ('ref' in binding) return replace(binding)
  if ('items' in binding) return { items: binding.items.map((item) => mapRefs(item, replace)) }
  if ('fields' in binding) {
    const fields: Record<string, Binding> = {}
    for (const [key, field] of Object.entries(binding.fields)) setKey(fields, key, mapRefs(field, replace))
    return { fields }
  }
  return binding
}

/** A field of a binding: of a literal it is taken now, of a ref it lengthens the path. */
export function select(binding: Binding, path: readonly string[]): Binding | undefined {
  let at: Binding = binding
  for (let i = 0; i < path.length; i++) {
    const key = path[i] as string
    if ('ref' in at) return { ref: at.ref, path: [...at.path, ...path.slice(i)] }
    if ('items' in at) {
      const rest = path.slice(i)
      const items = at.items.map((item) => select(item, rest))
      return items.includes(undefined) ? undefined : { items: items as Binding[] }
    }
    if ('fields' in at) {
      const field: Binding | undefined = Object.hasOwn(at.fields, key) ? at.fields[key] : undefined
      if (!field) return undefined
      at = field
    } else if ('value' in at) {
      const value = valueAt(at.value, path.slice(i))
      return value === undefined ? undefined : { value }
    } else return undefined
  }
  return at
}

/** A field of a value; of a list, that field of each item, through all list levels (a missing one is `null` there). */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let at = value
  for (let i = 0; i < path.length; i++) {
    if (at === undefined || at === null) return at
    if (Array.isArray(at)) {
      const rest = path.slice(i)
      return at.map((item: Json) => valueAt(item, rest) ?? null)
    }
    at = isObject(at) && Object.hasOwn(at, path[i] as string) ? (at[path[i] as string] as Json) : undefined
  }
  return at
}

/** The value of a binding; `undefined` where it is absent. Absent fields of an object are left out. */
export function resolve(
  binding: Binding,
  look: (ref: string) => Json | undefined,
  asset: (token: string) => Json,
): Json | undefined {
  if ('ref' in binding) return valueAt(look(binding.ref), binding.path)
  if ('value' in binding) return binding.value
  if ('asset' in binding) return asset(binding.asset)
  if ('items' in binding) return binding.items.map((item) => resolve(item, look, asset) ?? null)
  const out = {}
  for (const key of Object.keys(binding.fields)) {
    const value = resolve(binding.fields[key] as Binding, look, asset)
    if (value !== undefined) setKey(out, key, value)
  }
  return out as Json
}

export function compare(left: Json | undefined, operator: Operator, right: Json | undefined): boolean {
  switch (operator) {
    case '===':
      return left === right
    case '!==':
      return left !== right
    case '<':
      return (left as number) < (right as number)
    case '<=':
      return (left as number) <= (right as number)
    case '>':
      return (left as number) > (right as number)
    case '>=':
      return (left as number) >= (right as number)
  }
}
