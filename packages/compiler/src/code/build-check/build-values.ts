import type { ESTree } from 'rolldown/utils'
import { importedName, sdkName } from '../parse/millrace-names.ts'
import { type Analysis, type Binding, lookup } from '../parse/scopes.ts'
import { isFunction, type Node, propertyName, unwrap } from '../parse/syntax.ts'
import type { Value } from './build-value.ts'
import type { SourceIndex } from './source-index.ts'

const unknown: Value = { kind: 'unknown' }
const ref: Value = { kind: 'ref' }
const callable: Value = { kind: 'callable' }

const sdkResults: Readonly<Record<string, Value>> = {
  stage: callable,
  python: callable,
  container: callable,
  pipeline: callable,
  map: ref,
  when: ref,
  is: ref,
}
const sameList = new Set(['filter', 'slice', 'reverse', 'toReversed', 'sort', 'toSorted', 'concat'])
const oneItem = new Set(['at', 'find', 'findLast', 'pop', 'shift'])
const visitsItems = new Set(['map', 'flatMap', 'forEach', 'filter', 'find', 'findLast', 'some', 'every'])

/** Tells what expressions of one file are, each name and function once. */
export class BuildValues {
  readonly #index: SourceIndex
  readonly #isCallable: (value: Value & { readonly kind: 'imported' }) => boolean
  readonly #names = new Map<Node, Value>()
  readonly #results = new Map<Node, Value>()
  readonly #returns = new Map<Node, Value>()
  /** Functions whose parameters are values to come. */
  readonly #bodies = new Set<Node>()

  constructor(index: SourceIndex, isCallable: (value: Value & { readonly kind: 'imported' }) => boolean) {
    this.#index = index
    this.#isCallable = isCallable
    for (const call of index.calls) {
      const name = sdkName(call.callee, index.scopeOf(call))
      if (name === 'map' || name === 'when') for (const body of call.arguments.slice(1)) this.addBody(body)
    }
  }

  /** The function behind `build`, `map`'s body and such: written there, or named. */
  functionOf(node: Node): Node | undefined {
    const at = unwrap(node)
    if (isFunction(at)) return at
    const binding = at.type === 'Identifier' ? lookup(this.#index.scopeOf(at), at.name) : undefined
    if (binding?.kind === 'function') return binding.node
    const init = binding?.node.type === 'VariableDeclarator' ? binding.node.init : undefined
    return init && isFunction(unwrap(init)) ? unwrap(init) : undefined
  }

  /** Makes the parameters of the function behind an expression values to come. */
  addBody(node: Node): void {
    const found = this.functionOf(node)
    if (found) this.#bodies.add(found)
  }

  /** Makes the parameters of a function values to come. */
  addBuild(build: Node): void {
    this.#bodies.add(build)
  }

  /** Settles all names in source order, so that a long chain of names is no deep recursion. */
  settle({ visits, declaring }: Analysis): void {
    for (const { node, scope } of visits)
      if (node.type === 'Identifier' && declaring.has(node)) this.#name(lookup(scope, node.name))
  }

  isRef(node: Node): boolean {
    return this.of(node).kind === 'ref'
  }

  of(node: Node): Value {
    const at = unwrap(node)
    const known = this.#results.get(at)
    if (known) return known
    // of what depends on itself nothing is known
    this.#results.set(at, unknown)
    const value = this.#evaluate(at)
    this.#results.set(at, value)
    return value
  }

  #evaluate(at: Node): Value {
    switch (at.type) {
      case 'Identifier':
        return this.#name(lookup(this.#index.scopeOf(at), at.name))
      case 'MemberExpression':
        return this.#member(this.of(at.object), propertyName(at, at.property))
      case 'CallExpression':
        return this.#result(at)
      case 'ConditionalExpression':
        return join(this.of(at.consequent), this.of(at.alternate))
      case 'LogicalExpression':
        return join(this.of(at.left), this.of(at.right))
      case 'AssignmentExpression':
        return at.operator === '=' ? this.of(at.right) : unknown
      case 'SequenceExpression':
        return this.of(at.expressions.at(-1) as Node)
      case 'ObjectExpression':
        return { kind: 'object', fields: this.#fields(at) }
      case 'ArrayExpression':
        return { kind: 'list', item: joinAll(at.elements.map((item) => this.#element(item))) }
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
        return { kind: 'function', node: at }
      default:
        return unknown
    }
  }

  #element(item: Node | null): Value {
    if (item?.type !== 'SpreadElement') return item ? this.of(item) : unknown
    const spread = this.of(item.argument)
    return spread.kind === 'list' ? spread.item : unknown
  }

  #fields(object: ESTree.ObjectExpression): Map<string, Value> {
    const fields = new Map<string, Value>()
    for (const property of object.properties) {
      if (property.type === 'SpreadElement') {
        const spread = this.of(property.argument)
        if (spread.kind === 'object') for (const [name, value] of spread.fields) fields.set(name, value)
        else fields.clear()
        continue
      }
      const name = propertyName(property, property.key)
      if (name === undefined) fields.clear()
      else fields.set(name, property.kind === 'init' ? this.of(property.value) : unknown)
    }
    return fields
  }

  #member(object: Value, name: string | undefined): Value {
    switch (object.kind) {
      case 'ref':
        return ref
      case 'list':
        return name === undefined || /^\d+$/.test(name) ? object.item : unknown
      case 'object':
        return (name === undefined ? undefined : object.fields.get(name)) ?? unknown
      case 'imported':
        return name === undefined ? unknown : { ...object, path: [...object.path, name] }
      default:
        return unknown
    }
  }

  #result(call: ESTree.CallExpression): Value {
    const sdk = sdkName(call.callee, this.#index.scopeOf(call))
    if (sdk !== undefined) return sdkResults[sdk] ?? unknown
    const callee = unwrap(call.callee)
    if (callee.type === 'MemberExpression') {
      const name = propertyName(callee, callee.property) ?? ''
      const object = this.of(callee.object)
      if (name === 'with' && this.#calls(object)) return callable
      if (object.kind === 'list') return this.#listResult(object, name, call)
    }
    const value = this.of(callee)
    if (this.#calls(value)) return ref
    return value.kind === 'function' ? this.#returned(value.node) : unknown
  }

  #calls(value: Value): boolean {
    return value.kind === 'callable' || (value.kind === 'imported' && this.#isCallable(value))
  }

  #listResult(list: Value & { readonly kind: 'list' }, name: string, call: ESTree.CallExpression): Value {
    if (sameList.has(name)) return name === 'concat' ? unknown : list
    if (oneItem.has(name)) return list.item
    const body = call.arguments[0] && this.functionOf(call.arguments[0])
    return name === 'map' && body ? { kind: 'list', item: this.#returned(body) } : unknown
  }

  /** What a function of this file returns. */
  #returned(node: Node): Value {
    const known = this.#returns.get(node)
    if (known) return known
    this.#returns.set(node, unknown)
    const value = joinAll(this.#index.returnedBy(node).map((result) => (result ? this.of(result) : unknown)))
    this.#returns.set(node, value)
    return value
  }

  #name(binding: Binding | undefined): Value {
    if (!binding) return unknown
    const known = this.#names.get(binding.identifier)
    if (known) return known
    this.#names.set(binding.identifier, unknown)
    const value = this.#declared(binding)
    this.#names.set(binding.identifier, value)
    return value
  }

  #declared(binding: Binding): Value {
    const { node, identifier } = binding
    switch (binding.kind) {
      case 'import': {
        const name = importedName(node)
        return { kind: 'imported', from: binding.from ?? '', path: name === undefined ? [] : [name] }
      }
      case 'function':
        return { kind: 'function', node }
      case 'parameter':
        return this.#parameter(node as ESTree.Function, identifier)
      case 'variable': {
        const declarator = node as ESTree.VariableDeclarator
        const loop = this.#index.loopOf(declarator)
        const from = loop
          ? this.#member(this.of(loop.right), undefined)
          : declarator.init
            ? this.of(declarator.init)
            : unknown
        const first = this.#inPattern(declarator.id, from, identifier) ?? unknown
        const values = [first, ...this.#index.assignedTo(binding).map((value) => (value ? this.of(value) : unknown))]
        const value = joinAll(values)
        return value.kind === 'unknown' ? this.#index.exportOf(binding) : value
      }
      default:
        return unknown
    }
  }

  #parameter(node: ESTree.Function, identifier: Node): Value {
    const item = this.#bodies.has(node) ? ref : this.#itemOf(node)
    for (const [index, parameter] of node.params.entries()) {
      const given = this.#bodies.has(node) || index === 0 ? item : unknown
      const value = this.#inPattern(parameter, given, identifier)
      if (value) return value
    }
    return unknown
  }

  /** What a function gets as the body of `list.map(…)` and such. */
  #itemOf(node: Node): Value {
    const call = this.#index.callAround(node)
    const callee = call && unwrap(call.callee)
    if (!call || callee?.type !== 'MemberExpression' || call.arguments[0] !== node) return unknown
    const list = visitsItems.has(propertyName(callee, callee.property) ?? '') ? this.of(callee.object) : unknown
    return list.kind === 'list' ? list.item : unknown
  }

  /** What a name in a pattern gets from a value; undefined where the pattern hasn't got the name. */
  #inPattern(pattern: Node, from: Value, identifier: Node): Value | undefined {
    const stack: { readonly node: Node | null; readonly value: Value }[] = [{ node: pattern, value: from }]
    for (let at = stack.pop(); at; at = stack.pop()) {
      const { node, value } = at
      if (node === identifier) return value
      switch (node?.type) {
        case 'ObjectPattern':
          for (const part of node.properties)
            if (part.type === 'RestElement') stack.push({ node: part.argument, value })
            else stack.push({ node: part.value, value: this.#member(value, propertyName(part, part.key)) })
          break
        case 'ArrayPattern':
          for (const part of node.elements)
            if (part?.type === 'RestElement') stack.push({ node: part.argument, value })
            else stack.push({ node: part, value: this.#member(value, undefined) })
          break
        case 'AssignmentPattern':
          // a ref is never undefined, so its default never comes
          stack.push({ node: node.left, value: value.kind === 'ref' ? value : unknown })
          break
        case 'RestElement':
          stack.push({ node: node.argument, value: { kind: 'list', item: value } })
          break
        case 'TSParameterProperty':
          stack.push({ node: node.parameter, value })
          break
      }
    }
    return undefined
  }
}

/** What two values have in common. */
function join(a: Value, b: Value): Value {
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', item: join(a.item, b.item) }
  if (a.kind === 'object' && b.kind === 'object') {
    const fields = new Map<string, Value>()
    for (const [name, value] of a.fields) fields.set(name, join(value, b.fields.get(name) ?? unknown))
    return { kind: 'object', fields }
  }
  return a.kind === b.kind && (a.kind === 'ref' || a.kind === 'callable') ? a : unknown
}

const joinAll = (values: readonly Value[]): Value => (values.length > 0 ? values.reduce(join) : unknown)
