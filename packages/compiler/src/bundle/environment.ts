import { type Analysis, isReference, lookup, type Scope, type Visit } from './scopes.ts'
import { type Node, propertyName, unwrap } from './syntax.ts'

/** A read of the environment while a module loads; `name` is missing where it is not written out. */
export interface EnvironmentRead {
  readonly name?: string
  readonly offset: number
}

/** `process.env.X`, `process.env['X']`, `const { X } = process.env`, also by imports of node:process. */
export function environmentReads({ visits, declaring }: Analysis): EnvironmentRead[] {
  const reads: EnvironmentRead[] = []
  const named = new Map<Node, string[]>()
  for (const visit of visits) {
    const { node, scope, deferred } = visit
    if (deferred) continue
    if (node.type === 'VariableDeclarator' && node.init && node.id.type === 'ObjectPattern') {
      const names = node.id.properties.map((property) =>
        property.type === 'Property' ? propertyName(property, property.key) : undefined,
      )
      if (names.every((name) => name !== undefined)) named.set(unwrap(node.init), names)
    }
    if (node.type === 'MemberExpression') {
      const name = propertyName(node, node.property)
      if (name !== undefined) named.set(unwrap(node.object), [name])
    }
    if (!isEnvironment(visit, scope, declaring)) continue
    const names = named.get(node)
    if (names) for (const name of names) reads.push({ name, offset: node.start })
    else reads.push({ offset: node.start })
  }
  return reads
}

function isEnvironment(visit: Visit, scope: Scope, declaring: ReadonlySet<Node>): boolean {
  const { node } = visit
  if (node.type === 'MemberExpression') {
    if (propertyName(node, node.property) !== 'env') return false
    const object = unwrap(node.object)
    if (object.type !== 'Identifier' || object.name !== 'process') return false
    const binding = lookup(scope, 'process')
    return binding === undefined || isProcess(binding.from)
  }
  if (node.type !== 'Identifier' || !isReference(visit, declaring)) return false
  const binding = lookup(scope, node.name)
  return (
    isProcess(binding?.from) &&
    binding?.node.type === 'ImportSpecifier' &&
    (binding.node.imported as { name?: string }).name === 'env'
  )
}

const isProcess = (specifier: string | undefined): boolean => specifier === 'node:process' || specifier === 'process'
