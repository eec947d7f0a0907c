import { type Analysis, isReference, lookup, type Scope } from './scopes.ts'
import { literalText, type Node, propertyName, unwrap } from './syntax.ts'

/** A place where code finds files in a way that no digest can follow. */
export interface UncountedSite {
  /** As a message shows it. */
  readonly written: string
  /** Whether it loads code, and doesn't ask where the code lies. */
  readonly loads: boolean
  readonly start: number
  readonly end: number
  /** The key that must be written out: `{ __dirname }`. */
  readonly shorthand?: string
}

/**
 * `import(x)`, `require(x)`, `createRequire(…)`, and `import.meta` and `__dirname`, by which code asks where it lies.
 *
 * @param counted the `import.meta.url` of assets, which digests count
 */
export function findUncounted({ visits, declaring }: Analysis, counted: ReadonlySet<Node>): UncountedSite[] {
  const sites: UncountedSite[] = []
  // what stands inside another site is told with it
  let told = -1
  const add = (node: Node, written: string, loads: boolean, shorthand?: string): void => {
    if (node.start < told) return
    told = node.end
    sites.push({ written, loads, start: node.start, end: node.end, ...(shorthand ? { shorthand } : {}) })
  }
  for (const visit of visits) {
    const { node, parent, scope } = visit
    switch (node.type) {
      case 'ImportExpression':
        if (literalText(node.source) === undefined) add(node, 'import(…)', true)
        break
      case 'CallExpression':
        if (isCreateRequire(node.callee, scope)) add(node, 'createRequire(…)', true)
        else if (isUnbound(node.callee, 'require', scope) && literalText(node.arguments[0]) === undefined)
          add(node, 'require(…)', true)
        break
      case 'MemberExpression':
        if (unwrap(node.object).type === 'MetaProperty' && !counted.has(node)) {
          const name = propertyName(node, node.property)
          add(node, name === undefined ? 'import.meta' : `import.meta.${name}`, false)
        } else if (counted.has(node)) told = Math.max(told, node.end)
        break
      case 'MetaProperty':
        if (node.meta.name === 'import') add(node, 'import.meta', false)
        break
      case 'Identifier':
        if (node.name !== '__dirname' && node.name !== '__filename') break
        if (!isReference(visit, declaring) || lookup(scope, node.name)) break
        add(node, node.name, false, parent?.type === 'Property' && parent.shorthand ? node.name : undefined)
        break
    }
  }
  return sites
}

const isUnbound = (callee: Node, name: string, scope: Scope): boolean => {
  const at = unwrap(callee)
  return at.type === 'Identifier' && at.name === name && !lookup(scope, name)
}

function isCreateRequire(callee: Node, scope: Scope): boolean {
  const at = unwrap(callee)
  const [object, name] =
    at.type === 'MemberExpression' ? [unwrap(at.object), propertyName(at, at.property)] : [at, undefined]
  if (object.type !== 'Identifier') return false
  const binding = lookup(scope, object.name)
  if (binding?.from !== 'node:module' && binding?.from !== 'module') return false
  if (name !== undefined) return name === 'createRequire'
  return (
    binding.node.type === 'ImportSpecifier' &&
    binding.node.imported.type === 'Identifier' &&
    binding.node.imported.name === 'createRequire'
  )
}
