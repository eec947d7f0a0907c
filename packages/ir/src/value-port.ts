import { isObject } from './json.ts'
import { type ArtifactPort, alternatives, artifactOf, fieldSchemas, itemSchemas, type Schema } from './port.ts'

/** What is known of a value to come. `absent`: it may be missing. */
export type Port = { readonly absent: boolean } & (
  | { readonly kind: 'schema'; readonly schema: Schema; readonly root: Schema }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Port> }
  | { readonly kind: 'list'; readonly item: Port }
  | { readonly kind: 'choice'; readonly options: readonly Port[] }
  | { readonly kind: 'open' }
)

export const openPort: Port = { kind: 'open', absent: false }
export const schemaPort = (schema: Schema, root: Schema, absent = false): Port => ({
  kind: 'schema',
  schema,
  root,
  absent,
})
export const absentPort = (port: Port): Port => (port.absent ? port : { ...port, absent: true })
/** What is absent is null in a list. */
export const asItem = (port: Port): Port =>
  port.absent ? choicePort([{ ...port, absent: false }, schemaPort({ type: 'null' }, {})]) : port
export const choicePort = (options: readonly Port[]): Port => {
  const absent = options.some((option) => option.absent)
  const distinct = [...new Set(options)]
  const first = distinct[0]
  if (!first) return openPort
  return distinct.length === 1 ? (absent ? absentPort(first) : first) : { kind: 'choice', options: distinct, absent }
}

/** A field of a port; of a list, the list of that field of its items. `undefined`: no alternative has it. */
export function fieldOf(port: Port, key: string): Port | undefined {
  const found = fieldIn(port, key)
  return found && port.absent ? absentPort(found) : found
}

function fieldIn(port: Port, key: string): Port | undefined {
  switch (port.kind) {
    case 'open':
      return openPort
    case 'object':
      return port.fields.get(key)
    case 'list': {
      const item = fieldOf(port.item, key)
      return item && { kind: 'list', item: asItem(item), absent: false }
    }
    case 'choice': {
      const fields = port.options.map((option) => fieldOf(option, key))
      const found = fields.filter((field) => field !== undefined)
      if (found.length === 0) return undefined
      return found.length < fields.length ? absentPort(choicePort(found)) : choicePort(found)
    }
    case 'schema': {
      const fields = alternatives(port.schema, port.root).map((option) => fieldOfSchema(option, port.root, key))
      const found = fields.filter((field) => field !== undefined)
      if (found.length === 0) return undefined
      return found.length < fields.length ? absentPort(choicePort(found)) : choicePort(found)
    }
  }
}

function fieldOfSchema(schema: Schema, root: Schema, key: string): Port | undefined {
  if (schema.type === 'null') return schemaPort(schema, root)
  if (schema.type === 'array') {
    const items = listItems(schema).map((item) => fieldOf(schemaPort(item, root), key))
    const found = items.filter((item) => item !== undefined)
    return found.length === 0 ? undefined : { kind: 'list', item: asItem(choicePort(found)), absent: false }
  }
  if (schema.artifact !== undefined) return undefined
  if (schema.type === undefined && !schema.properties && !('const' in schema) && !schema.enum) return openPort
  const [field] = fieldSchemas(schema, key)
  if (!field) return undefined
  const named = isObject(schema.properties) && Object.hasOwn(schema.properties, key)
  const required = ((schema.required as string[] | undefined) ?? []).includes(key) || 'default' in field
  return schemaPort(field, root, named && !required)
}

const listItems = (schema: Schema): Schema[] => {
  const count = Array.isArray(schema.prefixItems) ? schema.prefixItems.length : 0
  return [...Array.from({ length: count }, (_, i) => i), count].flatMap((i) => itemSchemas(schema, i))
}

/** An item of a list. */
export function itemOf(port: Port): Port {
  if (port.kind === 'list') return port.item
  if (port.kind === 'choice') return choicePort(port.options.map(itemOf))
  if (port.kind !== 'schema') return openPort
  const items = alternatives(port.schema, port.root).flatMap(listItems)
  return items.length === 0 ? openPort : choicePort(items.map((item) => schemaPort(item, port.root)))
}

/** Whether a port is a list; `undefined` where that can't be told. */
export function isList(port: Port): boolean | undefined {
  if (port.kind === 'open') return undefined
  if (port.kind === 'object' || port.kind === 'list') return port.kind === 'list'
  const found =
    port.kind === 'choice'
      ? port.options.map(isList)
      : alternatives(port.schema, port.root).map((option) =>
          option.type === undefined && !('const' in option) && !option.enum ? undefined : option.type === 'array',
        )
  return found.every((one) => one === found[0]) ? found[0] : undefined
}

/** The names of the fields of a port, as far as they are known. */
export function fieldNames(port: Port | undefined): string[] {
  if (port?.kind === 'object') return [...port.fields.keys()]
  if (port?.kind === 'list') return fieldNames(port.item)
  if (port?.kind === 'choice') return [...new Set(port.options.flatMap(fieldNames))]
  if (port?.kind !== 'schema') return []
  return alternatives(port.schema, port.root).flatMap((option) => {
    if (option.artifact !== undefined) return []
    const item = itemSchemas(option, 0)[0]
    if (option.type === 'array' && item)
      return fieldNames({ kind: 'schema', schema: item, root: port.root, absent: false })
    return isObject(option.properties) ? Object.keys(option.properties) : []
  })
}

/** The schemas that a port may be of; undefined where some of it is told by none. */
function schemasOf(port: Port): Schema[] | undefined {
  if (port.kind === 'schema') return alternatives(port.schema, port.root)
  if (port.kind !== 'choice') return undefined
  const found = port.options.map(schemasOf)
  return found.includes(undefined) ? undefined : (found as Schema[][]).flat()
}

const isNull = (schema: Schema): boolean => schema.type === 'null' || schema.const === null

/** Whether a value may be null, as far as it is known. */
export const mayBeNull = (port: Port): boolean =>
  port.kind === 'choice' ? port.options.some(mayBeNull) : (schemasOf(port)?.some(isNull) ?? false)

/** A port of what is known to be there, and not null. */
export function presentPort(port: Port): Port {
  if (port.kind === 'choice') return choicePort(port.options.filter((one) => !isAlwaysNull(one)).map(presentPort))
  if (port.kind !== 'schema' || !mayBeNull(port)) return port.absent ? { ...port, absent: false } : port
  const { schema, root } = port
  return choicePort(
    alternatives(schema, root)
      .filter((one) => !isNull(one))
      .map((one) => schemaPort(one, root)),
  )
}

const isAlwaysNull = (port: Port): boolean => schemasOf(port)?.every(isNull) ?? false

/** Whether a value is a text and nothing else; what is null or absent is not looked at. */
export function isText(port: Port): boolean {
  const found = schemasOf(presentPort(port)) ?? []
  return found.length > 0 && found.every(takesTexts)
}

const takesTexts = ({ type, const: one, enum: some }: Schema): boolean =>
  type === 'string' ||
  typeof one === 'string' ||
  (Array.isArray(some) && some.length > 0 && some.every((each) => typeof each === 'string'))

/** The artifacts that a value may be: one for each alternative, undefined for what is none; null is not looked at. */
export const artifactsOf = (port: Port): readonly (ArtifactPort | undefined)[] =>
  (schemasOf(presentPort(port)) ?? []).map(artifactOf)
