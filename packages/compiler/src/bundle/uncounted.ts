import type { ESTree } from 'rolldown/utils'
import { importedName } from './millrace-names.ts'
import { type Analysis, isReference, lookup, type Scope, type Visit } from './scopes.ts'
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
 * `import(x)`, `require(x)`, `createRequire(…)`, what else is done with `require` and `module`, and `import.meta` and
 * `__dirname`, by which code asks where it lies; also paths that are written out, where they depend on the current
 * folder: `readFileSync('x')` while a module loads, `fork('./x')`.
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
  const addPath = (node: ESTree.CallExpression | ESTree.NewExpression, scope: Scope, deferred: boolean): void => {
    const written = literalText(node.arguments[0])
    const name = written === undefined ? undefined : builtinName(node.callee, scope)
    if (name === undefined || (name.from === 'fs' && (deferred || !readsFile.test(name.name)))) return
    if (name.from !== 'fs' && !/^[./]/.test(written ?? '')) return
    if (name.from === 'child_process' && name.name !== 'fork') return
    if (name.from === 'worker_threads' && name.name !== 'Worker') return
    add(node, `${node.type === 'NewExpression' ? 'new ' : ''}${name.name}('${written}')`, false)
  }
  for (const visit of visits) {
    const { node, parent, scope, deferred } = visit
    switch (node.type) {
      case 'ImportExpression':
        if (literalText(node.source) === undefined) add(node, 'import(…)', true)
        break
      case 'CallExpression':
        if (isCreateRequire(node.callee, scope)) add(node, 'createRequire(…)', true)
        else if (isUnbound(node.callee, 'require', scope) && literalText(node.arguments[0]) === undefined)
          add(node, 'require(…)', true)
        else addPath(node, scope, deferred)
        break
      case 'NewExpression':
        addPath(node, scope, deferred)
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
        if (!/^(?:__dirname|__filename|require|module)$/.test(node.name)) break
        if (!isReference(visit, declaring) || lookup(scope, node.name)) break
        if (/^_/.test(node.name) || !isOrdinary(visit))
          add(
            node,
            node.name,
            !/^_/.test(node.name),
            parent?.type === 'Property' && parent.shorthand ? node.name : undefined,
          )
        break
    }
  }
  return sites
}

const isUnbound = (callee: Node, name: string, scope: Scope): boolean => {
  const at = unwrap(callee)
  return at.type === 'Identifier' && at.name === name && !lookup(scope, name)
}

/** `require('x')`, `require.main === module`, `module.exports`, `typeof module`: they load nothing else. */
function isOrdinary({ node, parent }: Visit): boolean {
  switch (parent?.type) {
    case 'CallExpression':
      return parent.callee === node
    case 'MemberExpression': {
      const name = propertyName(parent, parent.property)
      return name !== undefined && /^(?:main|cache|exports|id|loaded|parent|children)$/.test(name)
    }
    case 'UnaryExpression':
      return parent.operator === 'typeof'
    case 'BinaryExpression':
      return true
    default:
      return false
  }
}

const readsFile = /^(?:readFile|readFileSync|createReadStream|readdir|readdirSync|open|openSync|openAsBlob)$/

/** What a callee is called in one of these modules: `readFileSync`, `fs.readFileSync`, `fs.promises.readFile`. */
function builtinName(callee: Node, scope: Scope): { readonly from: string; readonly name: string } | undefined {
  let at = unwrap(callee)
  let name: string | undefined
  while (at.type === 'MemberExpression') {
    name ??= propertyName(at, at.property)
    at = unwrap(at.object)
  }
  const binding = at.type === 'Identifier' ? lookup(scope, at.name) : undefined
  const from = /^(?:node:)?(fs|child_process|worker_threads)(?:\/promises)?$/.exec(binding?.from ?? '')?.[1]
  if (!binding || from === undefined) return undefined
  name ??= importedName(binding.node)
  return name === undefined ? undefined : { from, name }
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
