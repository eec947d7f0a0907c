import { statSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Edit } from './edits.ts'
import { importedName } from './millrace-names.ts'
import { type Analysis, lookup, type Scope } from './scopes.ts'
import { literalText, type Node, propertyName, unwrap } from './syntax.ts'
import { scriptPrefix } from './tokens.ts'

/** A file or folder that code names by `new URL('./x', import.meta.url)`. */
export interface Asset {
  readonly path: string
  /** As the author wrote it. */
  readonly written: string
  /** The module that names it, and where in it. */
  readonly module: string
  readonly offset: number
}

export interface Assets {
  readonly edits: readonly Edit[]
  /** Modules that `new Worker(new URL(…))` runs: the code of a stage too, by their specifiers. */
  readonly workers: readonly string[]
  /** Each `import.meta.url` that is only the base of an asset's URL, or of a URL of no file. */
  readonly counted: ReadonlySet<Node>
}

/**
 * Finds the assets of a module. Its code gets, in place of the relative path, the text that `name` gives for each, so
 * that tree shaking decides which of them count.
 */
export function findAssets(module: string, { visits }: Analysis, name: (asset: Asset) => string): Assets {
  const edits: Edit[] = []
  const workers: string[] = []
  const inWorkers = new Set<Node>()
  const counted = new Set<Node>()
  for (const { node, scope } of visits) {
    if (node.type !== 'NewExpression') continue
    const [first, second] = node.arguments
    if (!first) continue
    if (isWorker(node.callee, scope)) inWorkers.add(unwrap(first))
    const written = literalText(first)
    if (written === undefined || !second || !isModuleUrl(second) || !isGlobal(node.callee, 'URL', scope)) continue
    const path = pathOf(written, module)
    if (path !== undefined && holds(path, module)) continue
    counted.add(unwrap(second))
    if (path === undefined) continue
    const text = name({ path, written, module, offset: first.start })
    edits.push({ start: first.start, end: first.end, text: JSON.stringify(text) })
    if (!/\.[cm]?[jt]sx?$/.test(path)) continue
    const worker = inWorkers.has(node)
    if (worker) workers.push(written)
    // its path may reach a worker, fork or require in ways that nobody can follow
    const specifier = JSON.stringify(worker ? written : `${scriptPrefix}${written}`)
    edits.push({ start: second.end, end: second.end, text: `, import(${specifier})` })
  }
  return { edits, workers, counted }
}

function isGlobal(callee: Node, name: string, scope: Scope): boolean {
  const at = unwrap(callee)
  if (at.type !== 'Identifier' || at.name !== name) return false
  const binding = lookup(scope, name)
  return !binding || binding.from !== undefined
}

/** `Worker`, imported under whatever name, or `threads.Worker`. */
function isWorker(callee: Node, scope: Scope): boolean {
  const at = unwrap(callee)
  if (at.type === 'MemberExpression') return propertyName(at, at.property) === 'Worker'
  if (at.type !== 'Identifier') return false
  const binding = lookup(scope, at.name)
  return binding?.from === undefined ? at.name === 'Worker' && !binding : importedName(binding.node) === 'Worker'
}

/** `import.meta.url` */
function isModuleUrl(node: Node): boolean {
  const at = unwrap(node)
  return (
    at.type === 'MemberExpression' &&
    at.object.type === 'MetaProperty' &&
    at.property.type === 'Identifier' &&
    at.property.name === 'url'
  )
}

function pathOf(written: string, module: string): string | undefined {
  try {
    const url = new URL(written, pathToFileURL(module))
    url.search = ''
    url.hash = ''
    return url.protocol === 'file:' ? fileURLToPath(url).replace(/(?<=.)[\\/]+$/, '') : undefined
  } catch {
    return undefined
  }
}

/** A folder that holds the module itself is no asset: `new URL('.', import.meta.url)` asks where the code lies. */
const holds = (path: string, module: string): boolean =>
  module.startsWith(path) &&
  /[\\/]/.test(module[path.length] ?? path.at(-1) ?? '') &&
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
