import {
  absentPort,
  asItem,
  type Binding,
  type Body,
  choicePort,
  fieldOf,
  type Graph,
  isObject,
  itemOf,
  type Json,
  type Node,
  openPort,
  type Port,
  type Schema,
  schemaPort,
} from '@millrace/ir'

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
      this.#ports.set(`${node.id}:item`, itemOf(this.of(node.list) ?? openPort))
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
        return node.else ? choicePort([then, this.#result(node.else)]) : absentPort(then)
      }
    }
  }

  #result(body: Body): Port {
    return body.result ? (this.of(body.result) ?? openPort) : absentPort(openPort)
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
      const items = binding.items.map((item) => this.of(item) ?? openPort)
      return { kind: 'list', item: asItem(choicePort(items)), absent: false }
    }
    const fields = new Map(Object.entries(binding.fields).map(([key, field]) => [key, this.of(field) ?? openPort]))
    return { kind: 'object', fields, absent: false }
  }
}

function valuePort(value: Json): Port {
  if (Array.isArray(value)) return { kind: 'list', item: choicePort(value.map(valuePort)), absent: false }
  if (!isObject(value)) return schemaPort(value === null ? { type: 'null' } : { const: value }, {})
  const fields = new Map(Object.entries(value).map(([key, field]) => [key, valuePort(field as Json)]))
  return { kind: 'object', fields, absent: false }
}
