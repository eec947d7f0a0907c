import {
  alternatives,
  type Binding,
  type Body,
  fieldSchemas,
  type Graph,
  isObject,
  itemSchemas,
  type Json,
  type Node,
  type Schema,
} from '@millrace/ir'

/** What is known of a value to come. `absent`: it may be missing. */
export type Port = { readonly absent: boolean } & (
  | { readonly kind: 'schema'; readonly schema: Schema; readonly root: Schema }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Port> }
  | { readonly kind: 'list'; readonly item: Port }
  | { readonly kind: 'choice'; readonly options: readonly Port[] }
  | { readonly kind: 'open' }
)

const open: Port = { kind: 'open', absent: false }
const schemaPort = (schema: Schema, root: Schema, absent = false): Port => ({ kind: 'schema', schema, root, absent })
const mayBeAbsent = (port: Port): Port => (port.absent ? port : { ...port, absent: true })
/** What is absent is null in a list. */
const asItem = (port: Port): Port => (port.absent ? { ...port, absent: false } : port)
const choice = (options: readonly Port[]): Port => {
  const absent = options.some((option) => option.absent)
  const distinct = [...new Set(options)]
  const first = distinct[0]
  if (!first) return open
  return distinct.length === 1 ? (absent ? mayBeAbsent(first) : first) : { kind: 'choice', options: distinct, absent }
}

/** A field of a port; of a list, the list of that field of its items. `undefined`: no alternative has it. */
export function fieldOf(port: Port, key: string): Port | undefined {
  const found = fieldIn(port, key)
  return found && port.absent ? mayBeAbsent(found) : found
}

function fieldIn(port: Port, key: string): Port | undefined {
  switch (port.kind) {
    case 'open':
      return open
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
      return found.length < fields.length ? mayBeAbsent(choice(found)) : choice(found)
    }
    case 'schema': {
      const fields = alternatives(port.schema, port.root).map((option) => fieldOfSchema(option, port.root, key))
      const found = fields.filter((field) => field !== undefined)
      if (found.length === 0) return undefined
      return found.length < fields.length ? mayBeAbsent(choice(found)) : choice(found)
    }
  }
}

function fieldOfSchema(schema: Schema, root: Schema, key: string): Port | undefined {
  if (schema.type === 'null') return schemaPort(schema, root)
  if (schema.type === 'array') {
    const items = listItems(schema).map((item) => fieldOf(schemaPort(item, root), key))
    const found = items.filter((item) => item !== undefined)
    return found.length === 0 ? undefined : { kind: 'list', item: asItem(choice(found)), absent: false }
  }
  if (schema.artifact !== undefined) return undefined
  if (schema.type === undefined && !schema.properties && !('const' in schema) && !schema.enum) return open
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

function itemOf(port: Port): Port {
  if (port.kind === 'list') return port.item
  if (port.kind === 'choice') return choice(port.options.map(itemOf))
  if (port.kind !== 'schema') return open
  const items = alternatives(port.schema, port.root).flatMap(listItems)
  return items.length === 0 ? open : choice(items.map((item) => schemaPort(item, port.root)))
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

/** The ports of all nodes of a Graph, in the order in which a body's nodes need each other. */
export class Ports {
  readonly #ports = new Map<string, Port>()
  readonly #graph: Graph

  constructor(graph: Graph) {
    this.#graph = graph
    this.#ports.set(':input', schemaPort(graph.input, graph.input))
  }

  /** To be called before the node's body is walked. */
  enter(node: Node): void {
    if (node.kind === 'pipeline') this.#ports.set(`${node.id}:input`, schemaPort(node.input, node.input))
    if (node.kind === 'map') {
      this.#ports.set(`${node.id}:item`, itemOf(this.of(node.list) ?? open))
      this.#ports.set(`${node.id}:index`, schemaPort({ type: 'integer' }, {}))
    }
  }

  /** To be called after the node's bodies were walked. */
  leave(node: Node): void {
    this.#ports.set(node.id, this.#nodePort(node))
  }

  #nodePort(node: Node): Port {
    switch (node.kind) {
      case 'stage': {
        const { output } = this.#graph.stages[node.stage] as { output: Schema }
        return schemaPort(output, output)
      }
      case 'pipeline':
        return this.#result(node.body)
      case 'map': {
        return { kind: 'list', item: asItem(this.#result(node.body)), absent: false }
      }
      case 'when': {
        const then = this.#result(node.then)
        return node.else ? choice([then, this.#result(node.else)]) : mayBeAbsent(then)
      }
    }
  }

  #result(body: Body): Port {
    return body.result ? (this.of(body.result) ?? open) : mayBeAbsent(open)
  }

  /** The port of a binding; `undefined` when a path leads nowhere. */
  of(binding: Binding): Port | undefined {
    if ('ref' in binding) {
      let port = this.#ports.get(binding.ref)
      for (const key of binding.path) port = port && fieldOf(port, key)
      return port
    }
    if ('value' in binding) return valuePort(binding.value)
    if ('asset' in binding) return schemaPort({ artifact: { kind: 'file' } }, {})
    if ('items' in binding) {
      const items = binding.items.map((item) => this.of(item) ?? open)
      return { kind: 'list', item: asItem(choice(items)), absent: false }
    }
    const fields = new Map(Object.entries(binding.fields).map(([key, field]) => [key, this.of(field) ?? open]))
    return { kind: 'object', fields, absent: false }
  }
}

function valuePort(value: Json): Port {
  if (Array.isArray(value)) return { kind: 'list', item: choice(value.map(valuePort)), absent: false }
  if (!isObject(value)) return schemaPort(value === null ? { type: 'null' } : { const: value }, {})
  const fields = new Map(Object.entries(value).map(([key, field]) => [key, valuePort(field as Json)]))
  return { kind: 'object', fields, absent: false }
}
