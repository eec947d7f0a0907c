import { fromDefault, resolve } from './binding.ts'
import { isObject, type Json, setKey } from './json.ts'
import { alternatives, fieldSchemas, itemSchemas, type Schema } from './port.ts'

/** A value in which fields that were not given have the defaults of their schema, at any depth. */
export function fillDefaults(schema: Schema, value: Json, root: Schema, asset: (token: string) => Json): Json {
  if (typeof value !== 'object' || value === null) return value
  const parts = schema.allOf as readonly Schema[] | undefined
  if (parts) return parts.reduce<Json>((filled, part) => fillDefaults(part, filled, root, asset), value)
  if (Array.isArray(value)) {
    const [list, ...others] = alternatives(schema, root).filter((option) => option.type === 'array')
    if (!list || others.length > 0) return value
    const filled = value.map((item: Json, i) =>
      itemSchemas(list, i).reduce((at, own) => fillDefaults(own, at, root, asset), item),
    )
    for (const item of ((list.prefixItems ?? []) as readonly Schema[]).slice(value.length)) {
      const own = defaultOf(item, root, asset)
      if (own === undefined) break
      filled.push(own)
    }
    return filled
  }
  if (!isObject(value)) return value
  const [object, ...others] = alternatives(schema, root).filter((option) => isMeant(option, value))
  if (!object || others.length > 0) return value
  const out = {}
  for (const [key, item] of Object.entries(value)) {
    const own = fieldSchemas(object, key)[0]
    setKey(out, key, own ? fillDefaults(own, item as Json, root, asset) : item)
  }
  for (const [key, field] of Object.entries((object.properties ?? {}) as { readonly [key: string]: Schema })) {
    if (Object.hasOwn(value, key)) continue
    const own = defaultOf(field, root, asset)
    if (own !== undefined) setKey(out, key, own)
  }
  return out as Json
}

/** What a schema gives where a value is absent; `undefined` where that is nothing. */
function defaultOf(schema: Schema, root: Schema, asset: (token: string) => Json): Json | undefined {
  if (!('default' in schema)) return undefined
  const filled = resolve(fromDefault(schema.default as Json), () => undefined, asset)
  return filled === undefined ? undefined : fillDefaults(schema, filled, root, asset)
}

/** Whether an object can be what one of several alternatives describes: the literals in it say so. */
function isMeant(option: Schema, value: { readonly [key: string]: unknown }): boolean {
  if (option.type !== 'object' || option.artifact !== undefined) return false
  return Object.entries((option.properties ?? {}) as { readonly [key: string]: Schema }).every(
    ([key, field]) =>
      !('const' in field) || (Object.hasOwn(value, key) ? value[key] === field.const : 'default' in field),
  )
}
