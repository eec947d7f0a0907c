import type { Edit } from './edits.ts'
import { type Analysis, isFree } from './scopes.ts'
import type { Node } from './syntax.ts'

/** Not properties of the global object, or known to rolldown by their bare names. */
const bare = new Set([
  'undefined',
  'NaN',
  'Infinity',
  'arguments',
  'eval',
  'globalThis',
  'require',
  'module',
  'exports',
  '__filename',
  '__dirname',
])

/**
 * Writes global names out (`fetch` becomes `globalThis.fetch`). Rolldown keeps every bare global name of a module
 * free, also those that only dropped code uses: a sibling's `performance.now()` would rename a helper's own
 * `performance`.
 */
export function qualifyGlobals({ visits, declaring }: Analysis): Edit[] {
  const edits: Edit[] = []
  const shorthand = new Set<Node>()
  for (const visit of visits) {
    const { node, parent } = visit
    if (node.type === 'Property' && node.shorthand) {
      shorthand.add(node.value)
      // `{ a = 1 } = x`
      if (node.value.type === 'AssignmentPattern') shorthand.add(node.value.left)
    }
    if (node.type !== 'Identifier' || bare.has(node.name) || parent?.type === 'ExportSpecifier') continue
    if (!isFree(visit, declaring)) continue
    if (!shorthand.has(node)) edits.push({ start: node.start, end: node.start, text: 'globalThis.' })
    else if (parent?.type === 'Property')
      edits.push({ start: node.start, end: node.end, text: `${node.name}:globalThis.${node.name}` })
  }
  return edits
}
