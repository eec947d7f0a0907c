import { type Binding, eachRef, type Ref } from './binding.ts'
import type { Body, Node } from './graph.ts'
import type { PlanNode, PlanWhen } from './plan.ts'

/** The bindings that a node reads before it starts, in the order in which they are written. */
export function inputsOf(node: Node | PlanNode): readonly Binding[] {
  switch (node.kind) {
    case 'stage':
    case 'pipeline':
      return [node.args]
    case 'map':
      return [node.list]
    case 'when': {
      const { left, right } = node.condition
      return right ? [left, right] : [left]
    }
    case 'value':
      return node.value ? [node.value] : []
  }
}

/** The bindings that a node of a Plan gives its value by: what its bodies return. */
export function resultsOf(node: PlanNode): readonly Binding[] {
  const found = node.kind === 'map' ? [node.result] : node.kind === 'when' ? [node.then, node.else] : []
  return found.filter((binding) => binding !== undefined)
}

/** All bindings of a node of a Plan. */
export const bindingsOf = (node: PlanNode): readonly Binding[] => [
  ...inputsOf(node),
  ...(node.kind === 'value' && node.default ? [node.default] : []),
  ...resultsOf(node),
]

/** Calls `visit` for each ref that a node reads before it starts. */
export function eachRead(node: Node | PlanNode, visit: (ref: Ref) => void): void {
  for (const binding of inputsOf(node)) eachRef(binding, visit)
}

/** A node of a Plan with other bindings. */
export function mapBindings(node: PlanNode, replace: (binding: Binding) => Binding): PlanNode {
  switch (node.kind) {
    case 'stage':
      return { ...node, args: replace(node.args) }
    case 'value': {
      const { value, default: own } = node
      return { ...node, ...(value ? { value: replace(value) } : {}), ...(own ? { default: replace(own) } : {}) }
    }
    case 'map':
      return { ...node, list: replace(node.list), ...(node.result ? { result: replace(node.result) } : {}) }
    case 'when': {
      const { condition, then, else: other } = node
      return {
        ...node,
        condition: mapCondition(condition, replace),
        ...(then ? { then: replace(then) } : {}),
        ...(other ? { else: replace(other) } : {}),
      }
    }
  }
}

export const mapCondition = (
  { left, operator, right }: PlanWhen['condition'],
  replace: (binding: Binding) => Binding,
): PlanWhen['condition'] => ({ left: replace(left), operator, ...(right ? { right: replace(right) } : {}) })

/** What hears of the nodes of a Graph. */
export interface BodyVisitor {
  /** Before the node's bodies. `scope`: the body that it will stand in when sub-pipelines are inlined. */
  enter?(node: Node, scope: string): void
  /** After all nodes of a body. */
  end?(body: Body, owner: Node | undefined): void
  /** After the node's bodies. */
  leave?(node: Node, scope: string): void
}

type Task =
  | { readonly enter: Node; readonly scope: string }
  | { readonly leave: Node; readonly scope: string }
  | { readonly end: Body; readonly owner: Node | undefined }

/** Visits the nodes of a tree of bodies in the order in which they are written, however deep they stand. */
export function eachBody(root: Body, visitor: BodyVisitor): void {
  const open: Task[] = []
  const push = (body: Body, scope: string, owner: Node | undefined): void => {
    open.push({ end: body, owner })
    for (let i = body.nodes.length - 1; i >= 0; i--) open.push({ enter: body.nodes[i] as Node, scope })
  }
  push(root, '', undefined)
  for (let at = open.pop(); at; at = open.pop()) {
    if ('enter' in at) {
      const { enter: node, scope } = at
      visitor.enter?.(node, scope)
      open.push({ leave: node, scope })
      for (const [body, inner] of bodiesOf(node, scope).reverse()) push(body, inner, node)
    } else if ('leave' in at) visitor.leave?.(at.leave, at.scope)
    else visitor.end?.(at.end, at.owner)
  }
}

function bodiesOf(node: Node, scope: string): [Body, string][] {
  switch (node.kind) {
    case 'stage':
      return []
    case 'map':
      return [[node.body, node.id]]
    case 'pipeline':
      return [[node.body, scope]]
    case 'when': {
      const then: [Body, string] = [node.then, `${node.id}:then`]
      return node.else ? [then, [node.else, `${node.id}:else`]] : [then]
    }
  }
}
