import { type Analysis, isReference, lookup, type Visit } from './scopes.ts'
import { literalText, type Node, propertyName, unwrap } from './syntax.ts'

/** A read of the environment; `name` is missing where it is not written out. */
export interface EnvironmentRead {
  readonly name?: string
  /** Where the variables are named: `process.env`, or a name that stands for it. */
  readonly start: number
  readonly end: number
  /** Whether it is read when a function runs, and not when the module loads. */
  readonly deferred: boolean
}

/**
 * `process.env.X`, `process.env['X']`, `'X' in process.env`, `const { X } = process.env`, `const env = process.env` with
 * what is read of `env`; also by imports of node:process. What is only written, or given on to a child, is no read.
 */
export function environmentReads({ visits, declaring }: Analysis): EnvironmentRead[] {
  const parents = new Map<Node, Node | null>()
  const uses = new Map<Node, Visit[]>()
  const named: Visit[] = []
  for (const visit of visits) {
    const { node, parent, scope } = visit
    parents.set(node, parent)
    if (isEnvironment(visit, declaring)) named.push(visit)
    if (node.type !== 'Identifier' || !isReference(visit, declaring)) continue
    const declared = lookup(scope, node.name)?.node
    if (declared) uses.set(declared, [...(uses.get(declared) ?? []), visit])
  }
  const reads: EnvironmentRead[] = []
  const seen = new Set<Node>()
  for (const visit of named) {
    const { node, deferred } = visit
    if (seen.has(node)) continue
    seen.add(node)
    const aliases = aliasUses(node, parents, uses)
    if (aliases) named.push(...aliases)
    else
      for (const name of namesOf(node, parents))
        reads.push({ ...(name === undefined ? {} : { name }), start: node.start, end: node.end, deferred })
  }
  return reads.sort((a, b) => a.start - b.start)
}

/** The uses of a constant that stands for all variables; undefined where there is none, or something else is done. */
function aliasUses(
  node: Node,
  parents: ReadonlyMap<Node, Node | null>,
  uses: ReadonlyMap<Node, readonly Visit[]>,
): readonly Visit[] | undefined {
  const declarator = outside(node, parents)
  if (declarator?.type !== 'VariableDeclarator' || declarator.id.type !== 'Identifier') return undefined
  const declaration = parents.get(declarator)
  return declaration?.type === 'VariableDeclaration' && declaration.kind === 'const'
    ? (uses.get(declarator) ?? [])
    : undefined
}

/** The names that are read; undefined for one that isn't known. */
function namesOf(node: Node, parents: ReadonlyMap<Node, Node | null>): readonly (string | undefined)[] {
  const user = outside(node, parents)
  switch (user?.type) {
    case 'MemberExpression': {
      if (unwrap(user.object) !== node) return [undefined]
      const around = outside(user, parents)
      const isWritten =
        (around?.type === 'AssignmentExpression' && around.operator === '=' && unwrap(around.left) === user) ||
        (around?.type === 'UnaryExpression' && around.operator === 'delete')
      return isWritten ? [] : [propertyName(user, user.property)]
    }
    case 'BinaryExpression':
      return user.operator === 'in' ? [literalText(user.left)] : [undefined]
    case 'VariableDeclarator':
      return user.id.type === 'ObjectPattern' ? namesIn(user.id) : [undefined]
    case 'AssignmentPattern':
    case 'AssignmentExpression':
      return user.left.type === 'ObjectPattern' ? namesIn(user.left) : [undefined]
    // `spawn(x, { env: { ...process.env } })`: a child has them anyway
    case 'SpreadElement': {
      const object = parents.get(user)
      const property = object && outside(object, parents)
      return property && isEnvOption(property) ? [] : [undefined]
    }
    case 'Property':
      return isEnvOption(user) ? [] : user.value.type === 'ObjectPattern' ? namesIn(user.value) : [undefined]
    default:
      return [undefined]
  }
}

const isEnvOption = (node: Node): boolean =>
  node.type === 'Property' && propertyName(node, node.key) === 'env' && node.value.type !== 'ObjectPattern'

function namesIn(pattern: Node & { readonly type: 'ObjectPattern' }): (string | undefined)[] {
  const names = pattern.properties.map((property) =>
    property.type === 'Property' ? propertyName(property, property.key) : undefined,
  )
  return names.includes(undefined) ? [undefined] : names
}

/** What a node stands in, without casts and such. */
function outside(node: Node, parents: ReadonlyMap<Node, Node | null>): Node | null | undefined {
  let at = node
  let parent = parents.get(at)
  while (parent && parent.type !== 'Property' && unwrap(parent) === node && parent !== node) {
    at = parent
    parent = parents.get(at)
  }
  return parent
}

/** `process.env`, and `env` of node:process or of `{ env } = process`. */
function isEnvironment(visit: Visit, declaring: ReadonlySet<Node>): boolean {
  const { node, scope } = visit
  if (node.type === 'MemberExpression')
    return propertyName(node, node.property) === 'env' && isProcess(node.object, visit)
  if (node.type !== 'Identifier' || !isReference(visit, declaring)) return false
  const binding = lookup(scope, node.name)
  if (binding?.node.type === 'VariableDeclarator') {
    const { id, init } = binding.node
    if (id.type !== 'ObjectPattern' || !init || !isProcess(init, visit)) return false
    return id.properties.some(
      (property) =>
        property.type === 'Property' &&
        property.value === binding.identifier &&
        propertyName(property, property.key) === 'env',
    )
  }
  return (
    isProcessModule(binding?.from) &&
    binding?.node.type === 'ImportSpecifier' &&
    (binding.node.imported as { name?: string }).name === 'env'
  )
}

/** `process`, also of globalThis, or imported. */
function isProcess(expression: Node, { scope }: Visit): boolean {
  const at = unwrap(expression)
  if (at.type === 'MemberExpression') {
    const object = unwrap(at.object)
    return (
      propertyName(at, at.property) === 'process' &&
      object.type === 'Identifier' &&
      /^(?:globalThis|global)$/.test(object.name)
    )
  }
  if (at.type !== 'Identifier' || at.name !== 'process') return false
  const binding = lookup(scope, 'process')
  return binding === undefined || isProcessModule(binding.from)
}

const isProcessModule = (specifier: string | undefined): boolean =>
  specifier === 'node:process' || specifier === 'process'
