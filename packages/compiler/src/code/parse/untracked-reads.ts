import { environmentReads } from './environment-reads.ts'
import type { ModuleNames } from './module-names.ts'
import { PathValues } from './path-values.ts'
import { type Analysis, isFree, lookup, type Scope, type Visit } from './scopes.ts'
import { literalText, type Node, propertyName, unwrap } from './syntax.ts'
import { type Call, WrittenPaths } from './written-paths.ts'

/** Variables that we, or who gives out devices, set. */
const ours =
  /^(?:MILLRACE_\w*|JOB_COMPLETION_INDEX|HOME|TMPDIR|(?:CUDA|ROCR|HIP|NVIDIA)_VISIBLE_DEVICES|CUDA_DEVICE_ORDER)$/

/** A place where code finds something in a way that no digest can follow. */
export interface UncountedSite {
  /** As a message shows it. */
  readonly written: string
  /** `code` that it loads, `files` that it looks for, a `variable` of the environment. */
  readonly finds: 'code' | 'files' | 'variable'
  /** Of variables, where they are written out. */
  readonly names?: readonly string[]
  readonly start: number
  readonly end: number
  /** The key that must be written out: `{ __dirname }`. */
  readonly shorthand?: string
}

/**
 * `import(x)`, `require(x)`, `createRequire(…)`, what else is done with `require` and `module`, and `import.meta` and
 * `__dirname`, by which code asks where it lies; also paths that are written out: `readFileSync('x')`, `fork('./x')`; and
 * variables that a function reads.
 *
 * @param counted the `import.meta.url` of assets, which digests count
 */
export function findUncounted(
  file: string,
  analysis: Analysis,
  names: ModuleNames,
  counted: ReadonlySet<Node>,
): UncountedSite[] {
  const { visits, declaring } = analysis
  const sites: UncountedSite[] = []
  const paths = new WrittenPaths(analysis, new PathValues(file, names, () => undefined))
  // what stands inside another site is told with it
  let told = -1
  const add = (node: Node, written: string, finds: 'code' | 'files', shorthand?: string): void => {
    if (node.start < told) return
    told = node.end
    sites.push({ written, finds, start: node.start, end: node.end, ...(shorthand ? { shorthand } : {}) })
  }
  const addPath = (node: Call): void => {
    const written = paths.readBy(node)
    if (written !== undefined) add(node, written, 'files')
  }
  for (const visit of visits) {
    const { node, parent, scope } = visit
    switch (node.type) {
      case 'ImportExpression':
        if (literalText(node.source) === undefined) add(node, 'import(…)', 'code')
        break
      case 'CallExpression':
        if (isCreateRequire(node.callee, scope)) add(node, 'createRequire(…)', 'code')
        else if (isUnbound(node.callee, 'require', scope) && literalText(node.arguments[0]) === undefined)
          add(node, 'require(…)', 'code')
        else addPath(node)
        break
      case 'NewExpression':
        addPath(node)
        break
      case 'MemberExpression':
        if (unwrap(node.object).type === 'MetaProperty' && !counted.has(node)) {
          const name = propertyName(node, node.property)
          add(node, name === undefined ? 'import.meta' : `import.meta.${name}`, 'files')
        } else if (counted.has(node)) told = Math.max(told, node.end)
        break
      case 'MetaProperty':
        if (node.meta.name === 'import') add(node, 'import.meta', 'files')
        break
      case 'Identifier':
        if (!/^(?:__dirname|__filename|require|module)$/.test(node.name)) break
        if (!isFree(visit, declaring)) break
        if (/^_/.test(node.name) || !isOrdinary(visit))
          add(
            node,
            node.name,
            /^_/.test(node.name) ? 'files' : 'code',
            parent?.type === 'Property' && parent.shorthand ? node.name : undefined,
          )
        break
    }
  }
  const variables = new Map<number, UncountedSite & { readonly names: string[] }>()
  for (const { name, start, end, deferred } of environmentReads(analysis)) {
    if (!deferred || (name !== undefined && ours.test(name))) continue
    const known = variables.get(start) ?? { written: 'process.env', finds: 'variable', start, end, names: [] }
    variables.set(start, known)
    if (name !== undefined) known.names.push(name)
  }
  sites.push(...variables.values())
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
