import { type Analysis, isFree, lookup, type Visit } from './scopes.ts'
import { bindingNames, isFunction, type Node, unwrap } from './syntax.ts'

/** Words that are names in sloppy code and not in strict code. */
const reserved = /^(?:implements|interface|let|package|private|protected|public|static|yield|await|eval|arguments)$/

/** What holds for a node by what is around it. */
interface Around {
  readonly isStrict: boolean
  /** The function whose `this` it is; null for the module's. */
  readonly owner: Node | null
  /** Whether it is one way among others. */
  readonly isGuarded: boolean
}

/**
 * Whether a script does what only sloppy mode allows, or what it means otherwise there: modules are strict, so such a
 * script can't be part of one. What nobody can tell from the source is taken for the same in both.
 */
export function isSloppy(analysis: Analysis): boolean {
  const around = new Map<Node, Around>()
  const inBlocks = new Set<string>()
  const called: Visit[] = []
  /** Functions that use `this` without a condition. */
  const users = new Set<Node>()
  for (const visit of analysis.visits) {
    const { node, parent, scope } = visit
    const outside = (parent && around.get(parent)) ?? { isStrict: false, owner: null, isGuarded: false }
    const inside = within(node, outside)
    around.set(node, inside)
    if (inside.isStrict) continue
    if (isOnlySloppy(visit, analysis)) return true
    if (node.type === 'FunctionDeclaration' && parent?.type === 'BlockStatement' && !scope.hoists && node.id)
      inBlocks.add(node.id.name)
    else if (node.type === 'CallExpression') called.push(visit)
    else if (node.type === 'ThisExpression' && outside.owner && !outside.isGuarded) users.add(outside.owner)
  }
  // a constructor that makes itself anew where it is called without `new`
  for (const { node, parent } of analysis.visits)
    if (node.type === 'ThisExpression' && parent?.type === 'BinaryExpression' && parent.operator === 'instanceof')
      users.delete(around.get(node)?.owner as Node)
  return called.some((call) => isCalledPlainly(call, users)) || leavesBlocks(analysis, inBlocks)
}

function within(node: Node, outside: Around): Around {
  const own = isFunction(node) && node.type !== 'ArrowFunctionExpression'
  const isStrict = outside.isStrict || isClass(node) || hasDirective(node)
  const isGuarded = !own && (outside.isGuarded || isGuard(node))
  if (!own && isStrict === outside.isStrict && isGuarded === outside.isGuarded) return outside
  return { isStrict, owner: own ? node : outside.owner, isGuarded }
}

/** What is an error in strict code, or fails there. */
function isOnlySloppy({ node, scope }: Visit, { declaring }: Analysis): boolean {
  switch (node.type) {
    case 'WithStatement':
      return true
    case 'Literal':
      // 017, and "\17"
      return typeof node.value === 'number'
        ? /^0\d/.test(node.raw ?? '')
        : typeof node.value === 'string' && /(?<!\\)(?:\\\\)*\\(?:[1-9]|0\d)/.test(node.raw ?? '')
    case 'MemberExpression': {
      const object = unwrap(node.object)
      if (object.type !== 'Identifier' || object.name !== 'arguments' || node.property.type !== 'Identifier')
        return false
      return /^(?:callee|caller)$/.test(node.property.name)
    }
    case 'UnaryExpression':
      return node.operator === 'delete' && unwrap(node.argument).type === 'Identifier'
    case 'AssignmentExpression':
    case 'UpdateExpression':
    case 'ForInStatement':
    case 'ForOfStatement': {
      const target = 'left' in node ? node.left : node.argument
      if (target.type === 'VariableDeclaration') return false
      return bindingNames(unwrap(target)).some(({ name }) => !lookup(scope, name) && !isKnown(name))
    }
    case 'Identifier':
      return reserved.test(node.name) && declaring.has(node)
    case 'FunctionDeclaration':
    case 'FunctionExpression': {
      const names = node.params.flatMap((parameter) => bindingNames(parameter).map(({ name }) => name))
      return new Set(names).size < names.length
    }
    default:
      return false
  }
}

const isKnown = (name: string): boolean => name in globalThis || /^(?:module|exports|require)$/.test(name)

/** Whether a function that uses `this` is called on nothing: that is the global object in sloppy code. */
function isCalledPlainly({ node, scope }: Visit, users: ReadonlySet<Node>): boolean {
  if (users.size === 0 || node.type !== 'CallExpression') return false
  const callee = unwrap(node.callee)
  if (callee.type !== 'Identifier') return users.has(callee)
  const binding = lookup(scope, callee.name)
  if (binding?.kind !== 'function' && binding?.kind !== 'variable') return false
  const called =
    binding.node.type === 'VariableDeclarator' ? binding.node.init && unwrap(binding.node.init) : binding.node
  return called !== null && users.has(called)
}

/** Whether a function that is declared in a block is used outside of it. */
const leavesBlocks = ({ visits, declaring }: Analysis, names: ReadonlySet<string>): boolean =>
  names.size > 0 &&
  visits.some((visit) => visit.node.type === 'Identifier' && names.has(visit.node.name) && isFree(visit, declaring))

const isClass = ({ type }: Node): boolean => type === 'ClassDeclaration' || type === 'ClassExpression'

function isGuard(node: Node): boolean {
  switch (node.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
    case 'LogicalExpression':
      return true
    default:
      return node.type === 'UnaryExpression' && node.operator === 'typeof'
  }
}

/** Whether a program or a function begins with 'use strict'. */
function hasDirective(node: Node): boolean {
  if (node.type !== 'Program' && !isFunction(node)) return false
  const body = node.type === 'Program' ? node.body : node.body && 'body' in node.body ? node.body.body : []
  if (!Array.isArray(body)) return false
  for (const statement of body) {
    if (statement.type !== 'ExpressionStatement' || !('directive' in statement) || !statement.directive) return false
    if (statement.directive === 'use strict') return true
  }
  return false
}
