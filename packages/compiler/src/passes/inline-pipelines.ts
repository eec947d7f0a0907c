import {
  type Binding,
  type Body,
  type Condition,
  type Digest,
  digestJson,
  fromDefault,
  type Graph,
  type Json,
  mapRefs,
  type Node,
  type PipelineNode,
  type Plan,
  type PlanNode,
  type PlanStageSpec,
  type Schema,
  step,
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
      return whole ? (step(whole, ref.path) ?? { value: null }) : ref
    })
  const rewriteCondition = (condition: Condition): Condition => ({
    ...condition,
    left: rewrite(condition.left),
    ...(condition.right ? { right: rewrite(condition.right) } : {}),
  })
  const result = (body: Body, name: 'result' | 'then' | 'else') => (body.result ? { [name]: rewrite(body.result) } : {})

  const lower = (node: Node, scope: string): void => {
    switch (node.kind) {
      case 'stage': {
        const { kind, id, stage, args, options, after } = node
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
        const { kind, id, list, body, concurrency, failures } = node
        const at = nodes.push({ kind, id, scope, list: rewrite(list) }) - 1
        for (const child of body.nodes) lower(child, id)
        nodes[at] = {
          ...(nodes[at] as PlanNode & { kind: 'map' }),
          ...result(body, 'result'),
          ...(concurrency === undefined ? {} : { concurrency }),
          ...(failures ? { failures } : {}),
        }
        return
      }
      case 'when': {
        const { kind, id, condition } = node
        const placed = { kind, id, scope, condition: rewriteCondition(condition), hasElse: node.else !== undefined }
        const at = nodes.push(placed) - 1
        for (const child of node.then.nodes) lower(child, `${id}:then`)
        for (const child of node.else?.nodes ?? []) lower(child, `${id}:else`)
        nodes[at] = { ...placed, ...result(node.then, 'then'), ...(node.else ? result(node.else, 'else') : {}) }
        return
      }
      case 'pipeline': {
        known.set(`${node.id}:input`, lowerInput(node, scope))
        for (const child of node.body.nodes) lower(child, scope)
        known.set(node.id, node.body.result ? rewrite(node.body.result) : { fields: {} })
        inner.set(
          node.id,
          node.body.nodes.flatMap((child) => inner.get(child.id) ?? [child.id]),
        )
      }
    }
  }

  const lowerInput = (node: PipelineNode, scope: string): Binding => {
    const args = rewrite(node.args)
    const properties = (node.input.properties ?? {}) as { readonly [key: string]: Schema }
    const required = (node.input.required as string[] | undefined) ?? []
    const fields: Record<string, Binding> = {}
    for (const [key, schema] of Object.entries(properties)) {
      const given = step(args, [key])
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

  for (const node of graph.body.nodes) lower(node, '')
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
