import type { Edit } from './edits.ts'
import { type Analysis, isReference, lookup } from './scopes.ts'
import { literalText, type Node } from './syntax.ts'

export interface ImportSite {
  readonly specifier: string
  readonly offset: number
  readonly dynamic: boolean
  /** `import 'x'`: for its effect alone. */
  readonly bare: boolean
  /** Inside `try`: it may be absent. */
  readonly optional?: true
  /** By `require`. */
  readonly required?: true
}

export interface Imports {
  readonly sites: readonly ImportSite[]
  readonly edits: readonly Edit[]
}

/**
 * The imports of a module that are there at run time, in source order. TypeScript drops a declaration whose names
 * only types use; that is cut here, as rolldown is told to keep what is left.
 *
 * @param keeps whether the module keeps such imports: JavaScript, or `verbatimModuleSyntax`
 * @param inJsx names that JSX stands for
 */
export function findImports(analysis: Analysis, keeps: boolean, inJsx: readonly string[] = []): Imports {
  const { visits, declaring, root } = analysis
  const sites: ImportSite[] = []
  const edits: Edit[] = []
  const used = new Set<Node>()
  const tries: Node[] = []
  for (const name of inJsx) {
    const binding = lookup(root, name)
    if (binding) used.add(binding.node)
  }
  if (!keeps)
    for (const visit of visits) {
      const { node, scope } = visit
      if (node.type !== 'Identifier' && node.type !== 'JSXIdentifier') continue
      const binding = isReference(visit, declaring) ? lookup(scope, node.name) : undefined
      if (binding?.kind === 'import') used.add(binding.node)
    }
  const add = (source: Node, dynamic: boolean, bare = false, required = false): void => {
    const specifier = literalText(source)
    if (specifier === undefined) return
    const { start } = source
    const optional = tries.some((block) => block.start < start && start < block.end)
    sites.push({
      specifier,
      offset: start,
      dynamic,
      bare,
      ...(optional ? { optional } : {}),
      ...(required ? { required } : {}),
    })
  }
  for (const { node, scope } of visits)
    switch (node.type) {
      case 'ImportDeclaration':
        if (node.specifiers.length > 0 && !keeps && !node.specifiers.some((specifier) => used.has(specifier)))
          edits.push({ start: node.start, end: node.end, text: '', cut: true })
        else add(node.source, false, node.specifiers.every(isType))
        break
      case 'ExportAllDeclaration':
        add(node.source, false)
        break
      case 'ExportNamedDeclaration':
        if (node.source) add(node.source, false)
        break
      case 'TryStatement':
        if (node.handler) tries.push(node.block)
        break
      case 'TSExternalModuleReference':
        add(node.expression, false)
        break
      case 'ImportExpression':
        add(node.source, true)
        break
      case 'CallExpression':
        if (
          node.callee.type === 'Identifier' &&
          node.callee.name === 'require' &&
          !lookup(scope, 'require') &&
          node.arguments[0]
        )
          add(node.arguments[0], root !== scope, false, true)
        break
    }
  return { sites, edits }
}

const isType = (specifier: Node): boolean => 'importKind' in specifier && specifier.importKind === 'type'
