import { alternatives, isObject, type Schema } from '@millrace/ir'

/** A field that a parameter's name leads to, or the first part of the name that leads nowhere. */
export type Named =
  | { readonly keys: readonly string[]; readonly schema: Schema }
  | { readonly unknown: readonly string[]; readonly known: readonly string[] }

/**
 * Follows a name through the schema: dots nest, and names of fields may hold dots themselves: the longest that there is
 * is meant.
 */
export function fieldNamed(name: string, schema: Schema, root: Schema): Named {
  return follow(name.split('.'), [], schema, root)
}

function follow(parts: readonly string[], before: readonly string[], schema: Schema, root: Schema): Named {
  if (parts.length === 0) return { keys: before, schema }
  const options = alternatives(schema, root).filter((option) => option.artifact === undefined)
  const known = [...new Set(options.flatMap((option) => Object.keys(propertiesOf(option))))]
  let deepest: Named = { unknown: [...before, unknownPart(parts, known)], known }
  // what every object has is no name
  const end = parts.includes('__proto__') ? parts.indexOf('__proto__') : parts.length
  const lengths = Array.from({ length: end }, (_, i) => i + 1)
  // of a record or of anything the shortest names are meant
  for (const length of [
    ...lengths.toReversed().filter((n) => known.includes(parts.slice(0, n).join('.'))),
    ...lengths,
  ]) {
    const key = parts.slice(0, length).join('.')
    const fields = options.flatMap((option) => fieldsNamed(option, key))
    if (fields.length === 0) continue
    const inner = fields.length === 1 ? (fields[0] as Schema) : { anyOf: fields }
    const found = follow(parts.slice(length), [...before, key], inner, root)
    if ('keys' in found) return found
    if (found.unknown.length > deepest.unknown.length) deepest = found
  }
  return deepest
}

/** What of a name leads nowhere: all of it where names with dots are known. */
const unknownPart = (parts: readonly string[], known: readonly string[]): string =>
  known.some((name) => name.includes('.')) ? parts.join('.') : (parts[0] as string)

export const propertiesOf = (schema: Schema): { readonly [key: string]: Schema } =>
  isObject(schema.properties) ? (schema.properties as { readonly [key: string]: Schema }) : {}

/** The schemas of a field of one alternative. */
export function fieldsNamed(schema: Schema, key: string): Schema[] {
  const properties = propertiesOf(schema)
  if (Object.hasOwn(properties, key)) return [properties[key] as Schema]
  if (isObject(schema.additionalProperties)) return [schema.additionalProperties]
  return schema.type === undefined && !schema.properties ? [{}] : []
}
