import { artifactOf, canonical, isObject, type Json, type Schema } from '@millrace/ir'
import { type Field, type FunctionSide, type Literal, plain, type Shape, type ShapeTree } from './shape.ts'
import { unionOf } from './union-shape.ts'

/** What Python sees of the values of a schema. */
export function readShapes(root: Schema, side: FunctionSide): ShapeTree {
  const { $defs = {}, ...whole } = root
  const ids = Object.keys($defs as object)
  const definition = (id: string) => ($defs as { readonly [id: string]: Schema })[id] as Schema
  const named = new Map(ids.map((id) => [id, readShape(definition(id), root, side)]))
  const rootId = ids.find((id) => canonical(definition(id) as Json) === canonical(whole as Json))
  return { root: readShape(whole, root, side), named, ...(rootId === undefined ? {} : { rootId }) }
}

function readShape(schema: Schema, root: Schema, side: FunctionSide): Shape {
  const of = (part: unknown): Shape => (isObject(part) ? readShape(part, root, side) : plain('Any'))
  const each = (list: unknown): Shape[] => (list as unknown[]).filter((one) => !isNever(one)).map(of)
  if (typeof schema.$ref === 'string') return { kind: 'named', id: nameIn(schema.$ref) }
  const artifact = artifactOf(schema)
  if (artifact) return plain(artifact.kind === 'folder' ? 'Folder' : 'File')
  if (Array.isArray(schema.enum)) return literals(schema.enum as Json[])
  if ('const' in schema) return literals([schema.const as Json])
  const choices = schema.anyOf ?? schema.oneOf
  if (Array.isArray(choices)) return unionOf(each(choices))
  if (Array.isArray(schema.type)) return unionOf(schema.type.map((type) => of({ ...schema, type })))
  switch (schema.type) {
    case 'string':
      return plain('str')
    case 'integer':
      return plain('int')
    case 'number':
      return plain('float')
    case 'boolean':
      return plain('bool')
    case 'null':
      return plain('None')
    case 'array':
      return list(schema, of, each)
    case 'object':
      return dict(schema, of, side)
    default:
      return Array.isArray(schema.allOf) ? together(schema.allOf as Schema[], root, side) : plain('Any')
  }
}

/** `#/$defs/Point` is `Point`. */
const nameIn = (reference: string): string =>
  (reference.split('/').at(-1) ?? '').replaceAll('~1', '/').replaceAll('~0', '~')

const isNever = (schema: unknown): boolean => isObject(schema) && schema.not !== undefined

/** JSON gives lists where the schema says tuples, and takes no tuples from a stage. */
function list({ prefixItems, items }: Schema, of: (part: unknown) => Shape, each: (list: unknown) => Shape[]): Shape {
  if (!Array.isArray(prefixItems)) return { kind: 'list', item: of(items) }
  const first = each(prefixItems)
  const rest = items === undefined || items === true || isObject(items)
  return { kind: 'list', item: unionOf(rest ? [...first, of(items)] : first), first, rest }
}

function dict(schema: Schema, of: (part: unknown) => Shape, side: FunctionSide): Shape {
  const { additionalProperties: others, propertyNames: names } = schema
  const properties = Object.entries((schema.properties ?? {}) as { readonly [key: string]: Schema })
  const isOpen = others === true || isObject(others)
  if (properties.length === 0 && (isOpen || names !== undefined))
    return { kind: 'dict', key: keyOf(names, of), value: of(others) }
  // a TypedDict has no place for other keys, which the stage may give
  if (isOpen && side === 'returned') return { kind: 'dict', key: plain('str'), value: plain('Any') }
  const required = new Set((schema.required as string[] | undefined) ?? [])
  const fields = properties
    .filter(([, field]) => !isNever(field))
    .map(([key, field]): Field => {
      const shape = of(field)
      // what is said of the dict stands there
      const description = shape.kind === 'fields' ? undefined : textOf(field)
      return { key, shape, isRequired: required.has(key), ...(description === undefined ? {} : { description }) }
    })
  const description = textOf(schema)
  return { kind: 'fields', fields, isOpen, ...(description === undefined ? {} : { description }) }
}

function keyOf(names: unknown, of: (part: unknown) => Shape): Shape {
  const key = of(names)
  return key.kind === 'literal' && key.values.every((value) => typeof value === 'string') ? key : plain('str')
}

const textOf = ({ description }: Schema): string | undefined =>
  typeof description === 'string' && description.trim() !== '' ? description : undefined

/** A literal of Python is no fraction. */
function literals(values: readonly Json[]): Shape {
  return unionOf(
    values.map((value): Shape => {
      if (value === null) return plain('None')
      if (typeof value === 'number') return Number.isSafeInteger(value) ? literal(value) : plain('float')
      return typeof value === 'string' || typeof value === 'boolean' ? literal(value) : plain('Any')
    }),
  )
}

const literal = (value: Literal): Shape => ({ kind: 'literal', values: [value] })

/** What all of several schemas say: of objects all fields, else what the first says that says anything. */
function together(parts: readonly Schema[], root: Schema, side: FunctionSide): Shape {
  const shapes = parts.map((part) => {
    const defined = root.$defs as { readonly [id: string]: Schema } | undefined
    const found = typeof part.$ref === 'string' ? defined?.[nameIn(part.$ref)] : part
    return readShape(found ?? {}, root, side)
  })
  const dicts = shapes.filter((shape) => shape.kind === 'fields')
  if (dicts.length < shapes.length) return shapes.find(says) ?? plain('Any')
  const fields = new Map<string, Field>()
  for (const field of dicts.flatMap((shape) => shape.fields)) {
    const other = fields.get(field.key)
    fields.set(field.key, { ...(other ?? field), isRequired: field.isRequired || other?.isRequired === true })
  }
  return { kind: 'fields', fields: [...fields.values()], isOpen: dicts.every(({ isOpen }) => isOpen) }
}

const says = (shape: Shape): boolean => shape.kind !== 'plain' || shape.name !== 'Any'
