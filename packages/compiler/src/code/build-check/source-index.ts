import { pathToFileURL } from 'node:url'
import type { ESTree } from 'rolldown/utils'
import { type Analysis, type Binding, lookup, type Scope, type Visit } from '../parse/scopes.ts'
import { bindingNames, children, isFunction, type Node, unwrap } from '../parse/syntax.ts'
import type { Value } from './build-value.ts'

type Loop = ESTree.ForOfStatement

/** Answers questions about one parsed file that need all of it. */
export class SourceIndex {
  readonly calls: readonly ESTree.CallExpression[]
  readonly #scopes = new Map<Node, Scope>()
  readonly #parents = new Map<Node, Node | null>()
  readonly #returned = new Map<Node, (Node | null)[]>()
  readonly #assigned = new Map<Binding, (Node | null)[]>()
  readonly #loops = new Map<Node, Loop>()
  readonly #exports = new Map<Binding, Value>()

  constructor({ visits, root }: Analysis, file: string) {
    const calls: ESTree.CallExpression[] = []
    const around = new Map<Node, Node | null>()
    for (const { node, parent, scope } of visits) {
      this.#scopes.set(node, scope)
      this.#parents.set(node, parent)
      around.set(node, parent && (isFunction(parent) ? parent : (around.get(parent) ?? null)))
      if (node.type === 'CallExpression') calls.push(node)
      else if (node.type === 'ReturnStatement') add(this.#returned, around.get(node) as Node, node.argument)
      else if (node.type === 'ArrowFunctionExpression' && node.expression) add(this.#returned, node, node.body)
      else if (node.type === 'ForOfStatement' && node.left.type === 'VariableDeclaration')
        for (const declarator of node.left.declarations) this.#loops.set(declarator, node)
      else this.#assignments(node, scope)
    }
    this.calls = calls
    this.#addExports(visits, root, pathToFileURL(file).href)
  }

  scopeOf(node: Node): Scope {
    return this.#scopes.get(node) as Scope
  }

  /** What a function returns, for each `return`; null for nothing. */
  returnedBy(node: Node): readonly (Node | null)[] {
    return this.#returned.get(node) ?? []
  }

  /** What is assigned to a name after its declaration; null where that can't be told. */
  assignedTo(binding: Binding): readonly (Node | null)[] {
    return this.#assigned.get(binding) ?? []
  }

  /** The `for (… of …)` that declares a variable. */
  loopOf(declarator: Node): Loop | undefined {
    return this.#loops.get(declarator)
  }

  /** The call that has a node among its arguments. */
  callAround(node: Node): ESTree.CallExpression | undefined {
    const parent = this.#parents.get(node)
    return parent?.type === 'CallExpression' && parent.callee !== node ? parent : undefined
  }

  /** What the file exports under a name of its top level; it may be looked at there. */
  exportOf(binding: Binding): Value {
    return this.#exports.get(binding) ?? { kind: 'unknown' }
  }

  #assignments(node: Node, scope: Scope): void {
    if (node.type === 'AssignmentExpression') {
      // `a ||= b` may leave a as it is, and is a use of it
      if (/^(?:&&|\|\||\?\?)=$/.test(node.operator)) return
      const left = unwrap(node.left)
      if (left.type === 'Identifier') this.#assign(scope, left.name, node.operator === '=' ? node.right : null)
      // [a, b] = x
      else if (left.type !== 'MemberExpression') this.#assignNames(left, scope)
    } else if (node.type === 'UpdateExpression') {
      if (node.argument.type === 'Identifier') this.#assign(scope, node.argument.name, null)
    } else if (
      (node.type === 'ForInStatement' || node.type === 'ForOfStatement') &&
      node.left.type !== 'VariableDeclaration'
    )
      this.#assignNames(node.left, scope)
  }

  #assignNames(pattern: Node, scope: Scope): void {
    const stack: Node[] = [pattern]
    for (let at = stack.pop(); at; at = stack.pop()) {
      if (at.type === 'Identifier') this.#assign(scope, at.name, null)
      stack.push(...children(at))
    }
  }

  #assign(scope: Scope, name: string, value: Node | null): void {
    const binding = lookup(scope, name)
    if (binding) add(this.#assigned, binding, value)
  }

  #addExports(visits: readonly Visit[], root: Scope, url: string): void {
    const addExport = (local: string, name: string): void => {
      const binding = root.names.get(local)
      if (binding) this.#exports.set(binding, { kind: 'imported', from: url, path: [name] })
    }
    for (const { node } of visits) {
      if (node.type !== 'ExportNamedDeclaration') continue
      if (node.declaration?.type === 'VariableDeclaration')
        for (const { id } of node.declaration.declarations)
          for (const { name } of bindingNames(id)) addExport(name, name)
      if (node.source) continue
      for (const { local, exported } of node.specifiers)
        if (local.type === 'Identifier' && exported.type === 'Identifier') addExport(local.name, exported.name)
    }
  }
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
