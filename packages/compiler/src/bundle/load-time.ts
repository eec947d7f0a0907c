import type { ESTree } from 'rolldown/utils'
import { type Analysis, type Binding, lookup, type Scope } from './scopes.ts'
import { isFunction, type Node, propertyName, unwrap } from './syntax.ts'

/** Modules whose functions only make something of their arguments, and never call a function among these at once. */
const harmless = new Set(['zod', 'millrace', '@millrace/sdk', 'node:path', 'node:url'])

/** Global functions of the same kind, after `globalThis.`; of the names that end in a dot all. */
const globals = new Set(
  (
    'Math. Number String Boolean Symbol BigInt RegExp URL URLSearchParams Date Map Set WeakMap WeakSet TextEncoder ' +
    'TextDecoder Error parseInt parseFloat Object.freeze Object.keys Object.values Object.entries ' +
    'Object.fromEntries Array.of Array.isArray JSON.stringify Number.parseInt Number.parseFloat'
  ).split(' '),
)

/**
 * Tells whether what a module does when it loads could be done in any order: it declares things, and neither changes
 * anything nor calls what might.
 */
export class LoadTime {
  readonly #scopes = new Map<Node, Scope>()

  constructor({ visits }: Analysis) {
    for (const { node, scope } of visits) this.#scopes.set(node, scope)
  }

  isHarmless(body: readonly Node[]): boolean {
    const stack: Node[] = []
    for (const statement of body)
      switch (statement.type) {
        case 'ImportDeclaration':
          // for its effect alone
          if (statement.specifiers.length === 0) return false
          break
        case 'ExportNamedDeclaration':
          if (statement.declaration) stack.push(statement.declaration)
          break
        case 'ExportAllDeclaration':
          break
        case 'ExportDefaultDeclaration':
          stack.push(statement.declaration)
          break
        case 'VariableDeclaration':
        case 'FunctionDeclaration':
        case 'ClassDeclaration':
        case 'EmptyStatement':
          stack.push(statement)
          break
        default:
          return false
      }
    return this.#allHarmless(stack)
  }

  #allHarmless(stack: (Node | null | undefined)[]): boolean {
    const called = new Set<Node>()
    while (stack.length > 0) {
      const next = stack.pop()
      if (!next) continue
      const node = unwrap(next)
      switch (node.type) {
        case 'Literal':
        case 'Identifier':
        case 'MetaProperty':
        case 'TemplateElement':
        case 'FunctionDeclaration':
        case 'FunctionExpression':
        case 'ArrowFunctionExpression':
        case 'EmptyStatement':
          break
        case 'CallExpression':
        case 'NewExpression': {
          const run = this.#called(node)
          if (!run) return false
          for (const at of run) {
            if (isFunction(at) && called.has(at)) continue
            if (isFunction(at)) {
              called.add(at)
              if (at.generator) return false
              stack.push(at.body, ...at.params)
            } else stack.push(at)
          }
          break
        }
        default: {
          const parts = partsOf(node)
          if (!parts) return false
          stack.push(...parts)
        }
      }
    }
    return true
  }

  /** What runs in a call: its arguments, and the function where it is one of this code. Undefined: nobody knows. */
  #called(call: ESTree.CallExpression | ESTree.NewExpression): Node[] | undefined {
    const run: Node[] = []
    const path: string[] = []
    let at: Node = call
    for (;;) {
      if (at.type === 'CallExpression' || at.type === 'NewExpression') {
        for (const argument of at.arguments) {
          if (argument.type === 'SpreadElement') return undefined
          run.push(argument)
        }
        at = unwrap(at.callee)
      } else if (at.type === 'MemberExpression') {
        const name = propertyName(at, at.property)
        if (name === undefined) return undefined
        path.unshift(name)
        at = unwrap(at.object)
      } else break
    }
    if (isFunction(at)) return path.length === 0 ? [...run, at] : undefined
    if (at.type !== 'Identifier') return undefined
    const binding = lookup(this.#scopes.get(at) as Scope, at.name)
    if (!binding) {
      const [first = '', second = ''] = at.name === 'globalThis' ? path : [at.name, ...path]
      const known = globals.has(first) || globals.has(`${first}.`) || globals.has(`${first}.${second}`)
      return known && !run.some((argument) => isFunction(unwrap(argument))) ? run : undefined
    }
    if (this.#isOfHarmless(binding)) return run
    const own = path.length === 0 && call.type === 'CallExpression' ? functionBehind(binding) : undefined
    return own && unwrap(call.callee) === at ? [...run, own] : undefined
  }

  /** Whether a name is imported from such a module, or holds what a chain of calls that begins there has made. */
  #isOfHarmless(first: Binding): boolean {
    const seen = new Set<Binding>()
    for (let binding: Binding | undefined = first; binding && !seen.has(binding); ) {
      seen.add(binding)
      if (binding.kind === 'import') return harmless.has(binding.from ?? '')
      const made: Node | undefined = initialiser(binding)
      if (made?.type !== 'CallExpression') return false
      const root = rootOf(made)
      binding = root?.type === 'Identifier' ? lookup(this.#scopes.get(root) as Scope, root.name) : undefined
    }
    return false
  }
}

/** What is evaluated when a node that calls nothing is; undefined for one that might change something. */
function partsOf(node: Node): (Node | null | undefined)[] | undefined {
  switch (node.type) {
    case 'VariableDeclaration':
      return node.kind === 'using' || node.kind === 'await using' ? undefined : [...node.declarations]
    case 'VariableDeclarator':
      return [node.id, node.init]
    case 'ObjectPattern':
      return node.properties.map((property) => (property.type === 'RestElement' ? property : property.value))
    case 'RestElement':
      return [node.argument]
    case 'AssignmentPattern':
      return [node.left, node.right]
    case 'ClassDeclaration':
    case 'ClassExpression':
      return node.decorators.length > 0 ? undefined : [node.superClass, ...node.body.body]
    case 'MethodDefinition':
      return node.decorators.length > 0 ? undefined : [node.computed ? node.key : null]
    case 'PropertyDefinition':
      if (node.decorators.length > 0) return undefined
      return [node.computed ? node.key : null, node.static ? node.value : null]
    case 'TemplateLiteral':
      return [...node.expressions]
    case 'UnaryExpression':
      return node.operator === 'delete' ? undefined : [node.argument]
    case 'BinaryExpression':
    case 'LogicalExpression':
      return [node.left, node.right]
    case 'ConditionalExpression':
      return [node.test, node.consequent, node.alternate]
    case 'MemberExpression':
      return [node.object, node.computed ? node.property : null]
    case 'ArrayExpression':
      return [...node.elements]
    case 'ObjectExpression':
      return [...node.properties]
    case 'Property':
      return [node.computed ? node.key : null, node.value]
    case 'SpreadElement':
      // in an object; iterating over something may run its code
      return undefined
    case 'BlockStatement':
      return [...node.body]
    case 'ReturnStatement':
      return [node.argument]
    case 'IfStatement':
      return [node.test, node.consequent, node.alternate]
    case 'ExpressionStatement':
      return [node.expression]
    default:
      return undefined
  }
}

/** The value that a variable is declared with, out of the call that makes it droppable. */
function initialiser(binding: Binding): Node | undefined {
  const init = binding.node.type === 'VariableDeclarator' ? binding.node.init : undefined
  if (!init) return undefined
  const at = unwrap(init)
  if (at.type !== 'CallExpression' || at.arguments.length > 0) return at
  const wrapper = unwrap(at.callee)
  return wrapper.type === 'ArrowFunctionExpression' && wrapper.async && wrapper.expression ? unwrap(wrapper.body) : at
}

function functionBehind(binding: Binding): Node | undefined {
  if (binding.kind === 'function') return binding.node
  const made = initialiser(binding)
  return made && isFunction(made) ? made : undefined
}

function rootOf(node: Node): Node {
  let at = unwrap(node)
  while (at.type === 'CallExpression' || at.type === 'MemberExpression')
    at = unwrap(at.type === 'CallExpression' ? at.callee : at.object)
  return at
}
