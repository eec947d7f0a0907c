import { isObject, type Json, type JsonObject, setKey } from './json.ts'

/** A JSON Schema (2020-12) as zod prints it. Artifacts carry the keyword `artifact`. */
export type Schema = { readonly [keyword: string]: unknown }

export interface ArtifactPort {
  readonly kind: 'file' | 'folder'
  readonly media?: string
}

/** An artifact in a value: its path (absolute while it is handed around), content digest and size in bytes. */
export interface ArtifactValue {
  readonly path: string
  readonly digest: string
  readonly size: number
}

export const isArtifactValue = (value: unknown): value is ArtifactValue =>
  isObject(value) && typeof value.path === 'string' && typeof value.digest === 'string' && 'size' in value

export const artifactOf = (schema: Schema): ArtifactPort | undefined => schema.artifact as ArtifactPort | undefined

/** The alternatives of a schema with its references followed: what `anyOf`, `oneOf` and `allOf` list, else itself. */
export function alternatives(schema: Schema, root: Schema): Schema[] {
  const out: Schema[] = []
  const seen = new Set<Schema>()
  const open: Schema[] = [schema]
  for (let at = open.pop(); at; at = open.pop()) {
    if (seen.has(at)) continue
    seen.add(at)
    // of a text and a number they are more patterns and divisors
    const all = at.type === undefined ? at.allOf : undefined
    const choices = (at.anyOf ?? at.oneOf ?? all) as Schema[] | undefined
    if (typeof at.$ref === 'string') open.push(lookup(at.$ref, root))
    else if (choices) open.push(...[...choices].reverse())
    // several types in one schema are as many alternatives
    else if (Array.isArray(at.type))
      for (const type of [...at.type].reverse()) open.push({ ...at, type: type as string })
    else out.push(at)
  }
  return out
}

/** What a `$ref` names. */
export function lookup(reference: string, root: Schema): Schema {
  let at: unknown = root
  for (const key of reference.split('/').slice(1))
    at = isObject(at) ? at[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  return isObject(at) ? at : {}
}

const known = new WeakMap<Schema, boolean>()

/** Whether artifacts can stand in a value of this schema, which nobody changes any more. */
export function hasArtifacts(schema: Schema): boolean {
  let answer = known.get(schema)
  if (answer === undefined) {
    answer = findsArtifact(schema)
    known.set(schema, answer)
  }
  return answer
}

function findsArtifact(schema: Schema): boolean {
  const open: unknown[] = [schema]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (Array.isArray(at)) open.push(...at)
    else if (isObject(at)) {
      if (isObject(at.artifact) && typeof at.artifact.kind === 'string') return true
      open.push(...Object.values(at).filter((value) => typeof value === 'object'))
    }
  }
  return false
}

/**
 * Replaces each artifact of a value, found by the schema. `replace` gets what stands there (a path, or an object),
 * the port, and the place; what no alternative of the schema calls an artifact is left as it is.
 */
export function mapArtifacts(
  schema: Schema,
  value: Json,
  replace: (value: Json, port: ArtifactPort, path: readonly (string | number)[]) => Json,
): Json {
  if (!hasArtifacts(schema)) return value
  const visit = (at: Json, schemas: readonly Schema[], path: readonly (string | number)[]): Json => {
    const options = schemas.flatMap((option) => alternatives(option, schema))
    const port = options.map(artifactOf).find((option) => option !== undefined)
    if (port && (typeof at === 'string' || isArtifactValue(at)) && !otherwise(options, at))
      return replace(at, port, path)
    if (Array.isArray(at)) {
      return at.map((item: Json, i) =>
        visit(
          item,
          options.flatMap((option) => itemSchemas(option, i)),
          [...path, i],
        ),
      )
    }
    if (!isObject(at)) return at
    const out: Record<string, Json> = {}
    for (const [key, item] of Object.entries(at)) {
      const fields = options.flatMap((option) => fieldSchemas(option, key))
      Object.defineProperty(out, key, {
        value: visit(item as Json, fields, [...path, key]),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return out
  }
  return visit(value, [schema], [])
}

/** A string where the schema also allows plain strings is a string, not a path. */
const otherwise = (options: readonly Schema[], at: Json): boolean =>
  typeof at === 'string' && options.some((option) => option.type === 'string' || option.const === at)

export function itemSchemas(schema: Schema, index: number): Schema[] {
  const tuple = schema.prefixItems as Schema[] | undefined
  const item = tuple?.[index] ?? (isObject(schema.items) ? schema.items : undefined)
  return item ? [item] : []
}

export function fieldSchemas(schema: Schema, key: string): Schema[] {
  const fields = schema.properties as { readonly [key: string]: Schema } | undefined
  if (fields && Object.hasOwn(fields, key)) return [fields[key] as Schema]
  return isObject(schema.additionalProperties) ? [schema.additionalProperties] : []
}

/** A value with its artifacts by content: where they lie doesn't matter. Keys are made of this form. What has none stays. */
export function content(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (isArtifactValue(value) && Object.keys(value).length === 3) return { digest: value.digest, size: value.size }
  if (Array.isArray(value)) {
    const items = value.map(content)
    return items.some((item, i) => item !== value[i]) ? items : value
  }
  let out: Json | undefined
  for (const key of Object.keys(value)) {
    const item = (value as JsonObject)[key] as Json
    const own = content(item)
    if (own === item) continue
    out ??= { ...value } as Json
    setKey(out as object, key, own)
  }
  return out ?? value
}
