import type { Graph } from '@millrace/ir'
import { layOut, writeGroups } from './drawing.ts'

/** The Graph in Graphviz' dot language. */
export function drawDot(graph: Graph): string {
  const { root, edges } = layOut(graph)
  const groups = writeGroups(root, {
    open: (group, pad) => [`${pad}subgraph ${quote(`cluster ${group.id}`)} {`, `${pad}  label=${quote(group.label)};`],
    box: ({ id, label, shape }, pad) =>
      `${pad}${quote(id)} [label=${quote(label)}${shape === 'stage' ? '' : ', shape=oval'}];`,
    close: '}',
  })
  const arrows = edges.map(
    ({ from, to, label, order }) =>
      `  ${quote(from)} -> ${quote(to)} [label=${quote(label)}${order ? ', style=dashed' : ''}];`,
  )
  return [`digraph ${quote(graph.pipeline)} {`, '  node [shape=box];', ...groups, ...arrows, '}'].join('\n')
}

const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
