import type { Graph } from '@millrace/ir'
import { layOut, writeGroups } from './drawing.ts'

/** The Graph as a Mermaid flowchart. */
export function drawMermaid(graph: Graph): string {
  const { root, edges } = layOut(graph)
  const names = new Map<string, string>()
  const name = (id: string): string => {
    const known = names.get(id) ?? `n${names.size}`
    names.set(id, known)
    return known
  }
  const groups = writeGroups(root, {
    open: (group, pad) => [`${pad}subgraph ${name(`group ${group.id}`)} [${quote(group.label)}]`],
    box: ({ id, label, shape }, pad) =>
      `${pad}${name(id)}${shape === 'stage' ? `[${quote(label)}]` : `([${quote(label)}])`}`,
    close: 'end',
  })
  const arrows = edges.map(
    ({ from, to, label, order }) =>
      `  ${name(from)} ${order ? '-.->' : '-->'}${label ? `|${quote(label)}|` : ''} ${name(to)}`,
  )
  return ['flowchart TD', ...groups, ...arrows].join('\n')
}

const entities: readonly (readonly [string, string])[] = [
  ['&', '&amp;'],
  ['"', '&quot;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]
const quote = (text: string): string => `"${entities.reduce((told, [from, to]) => told.replaceAll(from, to), text)}"`
