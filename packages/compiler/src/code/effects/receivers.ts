import { type Meaning, type ModuleNames, withoutWrapper } from '../parse/module-names.ts'
import { isFunction, type Node, propertyName, unwrap } from '../parse/syntax.ts'
import {
  changesItself,
  givesItem,
  isBuiltinCall,
  isGlobalCall,
  isPureFactory,
  isPureFactoryCall,
  isPureMethod,
} from './harmless-names.ts'

/** What a method is called on, as far as that can be told. */
export type Receiver =
  /** Made by zod or millrace, or in one expression by a builtin module. */
  | { readonly kind: 'made' }
  /** A value of the language, as a string, a list, a Map. */
  | { readonly kind: 'builtin' }
  | { readonly kind: 'object' | 'class' | 'instance'; readonly node: Node; readonly of: ModuleNames }
  | { readonly kind: 'unknown' }

const made: Receiver = { kind: 'made' }
const builtin: Receiver = { kind: 'builtin' }
const unknown: Receiver = { kind: 'unknown' }

/** The names of `a.b.c`, with what is left of them. */
function memberPath(node: Node): { readonly root: Node; readonly path: readonly string[] } | undefined {
  const path: string[] = []
  let at = unwrap(node)
  while (at.type === 'MemberExpression') {
    const name = propertyName(at, at.property)
    if (name === undefined) return undefined
    path.unshift(name)
    at = unwrap(at.object)
  }
  return { root: at, path }
}

/** What `a.b.c` stands for: a property of an object that is written out, an export of a namespace. */
export function meaningOfPath(node: Node, of: ModuleNames): Meaning | undefined {
  const found = memberPath(node)
  if (found?.root.type !== 'Identifier') return undefined
  let meaning = of.meaning(found.root)
  for (const name of found.path) {
    if (meaning.kind === 'global' || meaning.kind === 'imported')
      meaning = { ...meaning, path: [...meaning.path, name] }
    else if (meaning.kind === 'namespace') meaning = meaning.of.exportOf(meaning.from, name)
    else if (meaning.kind === 'value' && meaning.node.type === 'ObjectExpression') {
      const value = propertyOf(meaning.node, name)
      if (!value) return undefined
      const node = withoutWrapper(value)
      if (isFunction(node)) meaning = { kind: 'function', node, of: meaning.of }
      else if (node.type === 'Identifier') meaning = meaning.of.meaning(node)
      else meaning = { kind: 'value', node, of: meaning.of, local: meaning.local }
    } else if (meaning.kind !== 'data') return undefined
  }
  if (meaning.kind === 'global' && meaning.path[0] === 'globalThis' && meaning.path.length > 1)
    return { kind: 'global', path: meaning.path.slice(1) }
  return meaning
}

/** The value of a property that is written out, and certainly that one. */
function propertyOf(object: Node, name: string): Node | undefined {
  if (object.type !== 'ObjectExpression') return undefined
  let found: Node | undefined
  for (const property of object.properties) {
    if (property.type !== 'Property' || property.kind !== 'init') return undefined
    const key = propertyName(property, property.key)
    if (key === undefined) return undefined
    if (key === name) found = property.value
  }
  return found
}

/** What an expression gives to call a method on. */
export function receiverOf(expression: Node, within: ModuleNames): Receiver {
  /** What is done with it, the last first: a method by its name, or a property. */
  const steps: (string | undefined)[] = []
  const seen = new Set<Node>()
  let at = { node: unwrap(expression), of: within, named: false }
  for (;;) {
    const { node, of, named } = at
    if (seen.has(node)) return unknown
    seen.add(node)
    const callee = node.type === 'CallExpression' || node.type === 'NewExpression' ? unwrap(node.callee) : node
    const meaning = meaningOfPath(callee, of)
    if (meaning?.kind === 'value' && callee === node) {
      at = { node: withoutWrapper(meaning.node), of: meaning.of, named: true }
      continue
    }
    const first = meaning ? ofMeaning(meaning, node.type, named) : ofLiteral(node, of)
    if (first) return steps.reduceRight(after, first)
    if (callee.type !== 'MemberExpression' || node.type === 'NewExpression') return unknown
    steps.push(callee === node ? undefined : (propertyName(callee, callee.property) ?? ''))
    at = { node: unwrap(callee.object), of, named }
  }
}

function ofLiteral(node: Node, of: ModuleNames): Receiver | undefined {
  switch (node.type) {
    case 'Literal':
    case 'TemplateLiteral':
    case 'ArrayExpression':
    case 'BinaryExpression':
    case 'UnaryExpression':
    case 'MetaProperty':
      return builtin
    case 'ObjectExpression':
      return { kind: 'object', node, of }
    case 'ClassExpression':
      return { kind: 'class', node, of }
    case 'MemberExpression':
    case 'CallExpression':
      return undefined
    default:
      return unknown
  }
}

/** @param named whether a name holds it: what a builtin module made may be changed by that */
function ofMeaning(meaning: Meaning, type: Node['type'], named: boolean): Receiver | undefined {
  const called = type === 'CallExpression' || type === 'NewExpression'
  switch (meaning.kind) {
    case 'imported':
      if (isPureFactory(meaning.from)) return made
      return called && !named && isBuiltinCall(meaning.from, meaning.path) ? made : unknown
    case 'class':
      if (type === 'CallExpression') return unknown
      return { kind: called ? 'instance' : 'class', node: meaning.node, of: meaning.of }
    case 'data':
      return called ? undefined : builtin
    case 'global': {
      const [first = '', second = ''] = meaning.path
      if (called) return isGlobalCall(meaning.path) ? builtin : first === 'process' ? undefined : unknown
      return first === 'process' && /^(?:env|argv|versions)$/.test(second) ? builtin : unknown
    }
    case 'value':
      return undefined
    default:
      return unknown
  }
}

function after(of: Receiver, name: string | undefined): Receiver {
  if (of.kind === 'made') return name === undefined || isPureFactoryCall([name]) ? made : unknown
  if (of.kind !== 'builtin' && of.kind !== 'unknown') return unknown
  if (name === undefined || givesItem(name)) return unknown
  if (isPureMethod(name, false)) return builtin
  return changesItself(name) || isPureMethod(name, true) ? of : unknown
}
