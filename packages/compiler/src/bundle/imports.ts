import type { Edit } from './edits.ts'
import { type Analysis, isReference, lookup } from './scopes.ts'
import { literalText, type Node } from './syntax.ts'

export interface ImportSite {
  readonly specifier: string
  readonly offset: number
  readonly dynamic: boolean
  /** `import 'x'`: for its effect alone. */
  readonly bare: boolean
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
 */
export function findImports(analysis: Analysis, keeps: boolean): Imports {
  const { visits, declaring, root } = analysis
  const sites: ImportSite[] = []
  const edits: Edit[] = []
  const used = new Set<Node>()
  if (!keeps)
    for (const visit of visits) {
      const { node, scope } = visit
      if (node.type !== 'Identifier' && node.type !== 'JSXIdentifier') continue
      const binding = isReference(visit, declaring) ? lookup(scope, node.name) : undefined
      if (binding?.kind === 'import') used.add(binding.node)
    }
  const add = (source: Node, dynamic: boolean, bare = false): void => {
    const specifier = literalText(source)
    if (specifier !== undefined) sites.push({ specifier, offset: source.start, dynamic, bare })
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
          add(node.arguments[0], root !== scope)
        break
    }
  return { sites, edits }
}

const isType = (specifier: Node): boolean => 'importKind' in specifier && specifier.importKind === 'type'
