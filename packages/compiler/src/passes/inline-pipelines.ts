import {
  type Binding,
  type Body,
  type Digest,
  digestJson,
  eachBody,
  fromDefault,
  type Graph,
  type Json,
  mapCondition,
  mapRefs,
  type Node,
  type PipelineNode,
  type Plan,
  type PlanNode,
  type PlanStageSpec,
  type Schema,
  select,
} from '@millrace/ir'

/** Filled in by later passes. */
const unknown = 'sha256:' as Digest

/**
 * Lowers the Graph's tree to the Plan's flat list. A sub-pipeline becomes its nodes; each field of its input becomes a
 * `value` node, so that its calls wait for no more than what they read.
 */
export function inlinePipelines(graph: Graph): Plan {
  const nodes: PlanNode[] = []
  /** What a ref to a pipeline call, or to a sub-pipeline's input, stands for. */
  const known = new Map<string, Binding>()
  const inner = new Map<string, readonly string[]>()

  const rewrite = (binding: Binding): Binding =>
    mapRefs(binding, (ref) => {
      const whole = known.get(ref.ref)
      return whole ? (select(whole, ref.path) ?? { value: null }) : ref
    })
  const result = (body: Body, name: 'result' | 'then' | 'else') => (body.result ? { [name]: rewrite(body.result) } : {})

  /** A map or a when stands before what is in it, and gets its results after that. */
  const places = new Map<string, number>()
  const put = (node: PlanNode) => places.set(node.id, nodes.push(node) - 1)
  const complete = (id: string, results: Partial<PlanNode>) => {
    const place = places.get(id) as number
    nodes[place] = { ...(nodes[place] as PlanNode), ...results } as PlanNode
  }

  const enter = (node: Node, scope: string): void => {
    const { id } = node
    switch (node.kind) {
      case 'stage': {
        const { kind, stage, args, options, after } = node
        nodes.push({
          kind,
          id,
          scope,
          stage,
          key: unknown,
          args: rewrite(args),
          ...(options ? { options } : {}),
          ...(after ? { after: [...new Set(after.flatMap((other) => inner.get(other) ?? [other]))] } : {}),
        })
        return
      }
      case 'map': {
        const { kind, list, concurrency, failures } = node
        put({
          kind,
          id,
          scope,
          list: rewrite(list),
          ...(concurrency === undefined ? {} : { concurrency }),
          ...(failures ? { failures } : {}),
        })
        return
      }
      case 'when': {
        const { kind, condition } = node
        put({ kind, id, scope, condition: mapCondition(condition, rewrite), hasElse: node.else !== undefined })
        return
      }
      case 'pipeline':
        known.set(`${id}:input`, lowerInput(node, scope))
    }
  }

  const leave = (node: Node): void => {
    if (node.kind === 'map') complete(node.id, result(node.body, 'result'))
    else if (node.kind === 'when')
      complete(node.id, { ...result(node.then, 'then'), ...(node.else ? result(node.else, 'else') : {}) })
    else if (node.kind === 'pipeline') {
      const { id, body } = node
      known.set(id, body.result ? rewrite(body.result) : { fields: {} })
      inner.set(
        id,
        body.nodes.flatMap((child) => inner.get(child.id) ?? [child.id]),
      )
    }
  }

  const lowerInput = (node: PipelineNode, scope: string): Binding => {
    const args = rewrite(node.args)
    const properties = (node.input.properties ?? {}) as { readonly [key: string]: Schema }
    const required = (node.input.required as string[] | undefined) ?? []
    const fields: Record<string, Binding> = {}
    for (const [key, schema] of Object.entries(properties)) {
      const given = select(args, [key])
      const value = given ?? ('default' in schema ? fromDefault(schema.default as Json) : undefined)
      const id = `${node.id}:input.${key}`
      nodes.push({
        kind: 'value',
        id,
        scope,
        ...(value ? { value } : {}),
        schema: withDefinitions(schema, node.input),
        required: required.includes(key),
        ...('default' in schema ? { default: fromDefault(schema.default as Json) } : {}),
      })
      fields[key] = { ref: id, path: [] }
    }
    return { fields }
  }

  eachBody(graph.body, { enter, leave })
  const stages: Record<string, PlanStageSpec> = {}
  for (const [key, spec] of Object.entries(graph.stages)) stages[key] = { ...spec, identity: unknown }
  return {
    version: 1,
    pipeline: graph.pipeline,
    graph: digestJson(graph as unknown as Json),
    input: graph.input,
    stages,
    nodes,
    ...(graph.body.result ? { result: rewrite(graph.body.result) } : {}),
  }
}

/** A field's schema on its own still finds what its `$ref`s name. */
const withDefinitions = (schema: Schema, root: Schema): Schema =>
  root.$defs ? { ...schema, $defs: root.$defs } : schema
