import type { Edit } from './edits.ts'
import { type Analysis, isReference, lookup } from './scopes.ts'

const renamed = 'millrace$stage'

/**
 * Gives the variable behind an export one name for all, so that renaming a stage leaves its code as it was. Only for
 * variables of the top level; others keep their names.
 */
export function renameExport({ visits, declaring, root }: Analysis, local: string, end: number): Edit[] {
  const binding = root.names.get(local)
  const declarator = binding?.node
  if (declarator?.type !== 'VariableDeclarator' || declarator.id !== binding?.identifier) return []
  const edits: Edit[] = []
  let exported = false
  for (const visit of visits) {
    const { node, parent, scope } = visit
    if (node.type === 'ExportNamedDeclaration' && node.declaration?.type === 'VariableDeclaration')
      exported ||= node.declaration.declarations.includes(declarator)
    if (node.type !== 'Identifier' || node.name !== local) continue
    const declares = node === binding.identifier
    if (!declares && (!isReference(visit, declaring) || lookup(scope, local) !== binding)) continue
    let text = renamed
    if (parent?.type === 'Property' && parent.shorthand) text = `${local}:${renamed}`
    if (parent?.type === 'ExportSpecifier') {
      // the same name twice, at one place
      if (parent.exported.start === node.start) text = `${renamed} as ${local}`
    }
    edits.push({ start: node.start, end: node.start + local.length, text })
  }
  if (exported) edits.push({ start: end, end, text: `\nexport { ${renamed} as ${local} }` })
  return edits
}
