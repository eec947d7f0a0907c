/** A value as JSON carries it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Sets a key so that `__proto__`, or what a stage made of the prototype of all objects, is data like any other name. */
export function setKey(target: object, key: string, value: unknown): void {
  if (key in target) Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else (target as Record<string, unknown>)[key] = value
}

/** Deeper values are refused: they would overflow the stack of every JSON tool on the way. */
export const maxDepth = 500

/** Canonical JSON, RFC 8785: keys sorted by UTF-16 code units, ECMAScript numbers, no white space. */
export function canonical(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) {
    let text = '['
    for (let i = 0; i < value.length; i++) text += (i > 0 ? ',' : '') + canonical(value[i] as Json)
    return `${text}]`
  }
  const object = value as JsonObject
  const names = keysInOrder(object)
  let text = '{'
  for (let i = 0; i < names.length; i++) {
    const key = names[i] as string
    text += `${(i > 0 ? ',' : '') + quoted(key)}:${canonical(object[key] as Json)}`
  }
  return `${text}}`
}

/** Names of fields are few, and come again and again. */
const quotedNames = new Map<string, string>()

function quoted(name: string): string {
  let text = quotedNames.get(name)
  if (text === undefined) {
    text = JSON.stringify(name)
    if (quotedNames.size < 1000 && name.length < 100) quotedNames.set(name, text)
  }
  return text
}

/** Few keys are put in their places by hand: to call `sort` for them would cost more than all the rest. */
function keysInOrder(object: JsonObject): string[] {
  const keys = Object.keys(object)
  if (keys.length > 16) return keys.sort()
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string
    let at = i
    for (; at > 0 && (keys[at - 1] as string) > key; at--) keys[at] = keys[at - 1] as string
    keys[at] = key
  }
  return keys
}

/** A deep copy, so that a stage can't change what its siblings read. */
export function copy<T extends Json>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const list = new Array<Json>(value.length)
    for (let i = 0; i < list.length; i++) list[i] = copy(value[i] as Json)
    return list as unknown as T
  }
  const out = {}
  for (const key of Object.keys(value)) setKey(out, key, copy((value as JsonObject)[key] as Json))
  return out as T
}

/** The same with the keys of every object in canonical order (RFC 8785): equal values are the same to all code. */
export function inOrder<T extends Json>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: Json) => inOrder(item)) as unknown as T
  const out = {}
  for (const key of keysInOrder(value as JsonObject)) setKey(out, key, inOrder((value as JsonObject)[key] as Json))
  return out as T
}

/** Why a JavaScript value can't be JSON, and where in it. */
export interface NotJson {
  readonly path: readonly (string | number)[]
  readonly reason: string
}

/**
 * The JSON of a JavaScript value: keys whose value is `undefined` are left out, -0 becomes 0, everything that JSON
 * would change or drop in silence is refused with its place.
 */
export function toJson(value: unknown): { readonly json: Json } | { readonly problem: NotJson } {
  const open = new Set<object>()
  let problem: NotJson | undefined
  const refuse = (path: readonly (string | number)[], reason: string): Json => {
    problem ??= { path, reason }
    return null
  }
  const object = (at: object, path: readonly (string | number)[]): Json => {
    if (path.length > maxDepth) return refuse(path.slice(0, 3), `is nested more than ${maxDepth} levels deep`)
    if (open.has(at)) return refuse(path, 'contains itself')
    open.add(at)
    let out: Json
    if (Array.isArray(at)) {
      const list: Json[] = []
      for (let i = 0; i < at.length && !problem; i++)
        list[i] = at[i] === undefined ? refuse([...path, i], 'is undefined in a list') : visit(at[i], [...path, i])
      out = list
    } else if (plain(at)) {
      out = {}
      for (const key of Object.keys(at)) {
        const item = (at as Record<string, unknown>)[key]
        if (item === undefined) continue
        if (!key.isWellFormed()) return refuse(path, 'has a key that is not well-formed Unicode')
        setKey(out, key, visit(item, [...path, key]))
        if (problem) break
      }
      if (!problem && hasSymbols(at)) return refuse(path, 'has a key that is a symbol')
    } else return refuse(path, `is a ${className(at)}`)
    open.delete(at)
    return out
  }
  const visit = (at: unknown, path: readonly (string | number)[]): Json => {
    switch (typeof at) {
      case 'string':
        return at.isWellFormed() ? at : refuse(path, 'is not well-formed Unicode')
      case 'boolean':
        return at
      case 'number':
        if (!Number.isFinite(at)) return refuse(path, `is ${at}`)
        if (Number.isInteger(at) && !Number.isSafeInteger(at) && Math.abs(at) < 2 ** 64)
          return refuse(path, 'is an integer beyond 2^53')
        return at === 0 ? 0 : at
      case 'object':
        return at === null ? null : object(at, path)
      default:
        return refuse(path, at === undefined ? 'is undefined' : `is a ${typeof at}`)
    }
  }
  const json = visit(value, [])
  return problem ? { problem } : { json }
}

/** An asset carries a mark. */
const hasSymbols = (value: object): boolean =>
  Object.getOwnPropertySymbols(value).some((key) => Symbol.keyFor(key) === undefined)

function className(value: object): string {
  try {
    return value.constructor?.name || 'class instance'
  } catch {
    return 'class instance'
  }
}

function plain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as unknown
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

/** A path as an author would write it: `rows[3].name`. */
export const showPath = (path: readonly (string | number | symbol)[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    '',
  )
