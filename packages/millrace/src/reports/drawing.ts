import { type Binding, type Body, conditionRefs, eachRef, type Graph, type Node, step } from '@millrace/ir'

interface Box {
  readonly id: string
  readonly label: string
  readonly shape: 'stage' | 'input' | 'output'
}
interface Source {
  readonly id: string
  readonly label: string
}
export interface Group {
  readonly id: string
  readonly label: string
  readonly boxes: Box[]
  readonly groups: Group[]
}
export interface Drawing {
  readonly root: Group
  readonly edges: { readonly from: string; readonly to: string; readonly label: string; readonly order: boolean }[]
}

/** What of a Graph is drawn: calls as boxes, maps, whens and sub-pipelines as groups, values as arrows. */
export function layOut(graph: Graph): Drawing {
  const root: Group = { id: '', label: graph.pipeline, boxes: [], groups: [] }
  const edges: Drawing['edges'] = []
  /** The boxes that stand for a field of what a ref gives; none for literals. */
  const sources = new Map<string, (path: readonly string[]) => Source[]>()
  const give = (id: string, of: (path: readonly string[]) => readonly Source[]) => {
    const told = new Map<string, Source[]>()
    sources.set(id, (path) => {
      const name = path.join('.')
      let found = told.get(name)
      if (!found) {
        found = [...new Map(of(path).map((source) => [`${source.id} ${source.label}`, source])).values()]
        told.set(name, found)
      }
      return found
    })
  }
  const box = (id: string) => give(id, (path) => [{ id, label: path.join('.') }])
  const seen = new Set<string>()

  const read = (ref: { readonly ref: string; readonly path: readonly string[] }): Source[] =>
    sources.get(ref.ref)?.(ref.path) ?? []
  const sourcesOf = (binding: Binding | undefined, path: readonly string[] = []): Source[] => {
    const out: Source[] = []
    const field = binding && step(binding, path)
    if (field) eachRef(field, (ref) => out.push(...read(ref)))
    return out
  }
  const arrow = (from: string, to: string, label: string, order = false) => {
    const key = `${from} ${to} ${label} ${order}`
    if (seen.has(key) || from === to) return
    seen.add(key)
    edges.push({ from, to, label, order })
  }
  const walk = (body: Body, group: Group): void => {
    for (const node of body.nodes) draw(node, group)
  }
  const nest = (group: Group, id: string, label: string): Group => {
    const inner: Group = { id, label, boxes: [], groups: [] }
    group.groups.push(inner)
    return inner
  }
  const draw = (node: Node, group: Group): void => {
    switch (node.kind) {
      case 'stage':
        group.boxes.push({ id: node.id, label: node.id, shape: 'stage' })
        for (const { id, label } of sourcesOf(node.args)) arrow(id, node.id, label)
        for (const id of node.after ?? [])
          for (const source of read({ ref: id, path: [] })) arrow(source.id, node.id, '', true)
        box(node.id)
        return
      case 'map': {
        give(`${node.id}:item`, (path) => sourcesOf(node.list, path))
        walk(node.body, nest(group, node.id, `${node.id}: each ${showBinding(node.list)}`))
        give(node.id, (path) => sourcesOf(node.body.result, path))
        return
      }
      case 'when': {
        const condition: Source[] = []
        conditionRefs(node.condition, (ref) => condition.push(...read(ref)))
        const { left, operator, right } = node.condition
        const told = `${showBinding(left)} ${operator} ${right ? showBinding(right) : 'undefined'}`
        for (const [name, body] of [
          ['then', node.then],
          ['else', node.else],
        ] as const) {
          if (!body) continue
          const inner = nest(group, `${node.id}:${name}`, name === 'then' ? `when ${told}` : `else of ${node.id}`)
          walk(body, inner)
          for (const box of inner.boxes) for (const { id, label } of condition) arrow(id, box.id, label, true)
        }
        give(node.id, (path) => [...sourcesOf(node.then.result, path), ...sourcesOf(node.else?.result, path)])
        return
      }
      case 'pipeline':
        give(`${node.id}:input`, (path) => sourcesOf(node.args, path))
        walk(node.body, nest(group, node.id, node.id))
        give(node.id, (path) => sourcesOf(node.body.result, path))
    }
  }
  box(':input')
  root.boxes.push({ id: ':input', label: 'parameters', shape: 'input' })
  walk(graph.body, root)
  root.boxes.push({ id: ':output', label: 'output', shape: 'output' })
  for (const { id, label } of sourcesOf(graph.body.result)) arrow(id, ':output', label)
  if (!edges.some((edge) => edge.from === ':input')) root.boxes.shift()
  return { root, edges }
}

const showBinding = (binding: Binding): string => {
  if ('ref' in binding) return [binding.ref.replace(/^.*:/, ''), ...binding.path].join('.')
  if ('value' in binding) return JSON.stringify(binding.value).slice(0, 40)
  return 'items' in binding ? `of ${binding.items.length}` : '…'
}

/** How one graph language writes what is drawn. */
export interface Pen {
  open(group: Group, pad: string): readonly string[]
  box(box: Box, pad: string): string
  close: string
}

/** The groups and boxes of a drawing, nested and indented. */
export function writeGroups(root: Group, pen: Pen): string[] {
  const lines: string[] = []
  const open: { readonly group: Group; readonly depth: number; readonly end: boolean }[] = [
    { group: root, depth: 1, end: false },
  ]
  for (let at = open.pop(); at; at = open.pop()) {
    const { group, depth, end } = at
    const outer = '  '.repeat(depth - 1)
    const pad = '  '.repeat(depth)
    if (end) {
      lines.push(`${outer}${pen.close}`)
      continue
    }
    if (group !== root) {
      lines.push(...pen.open(group, outer))
      open.push({ group, depth, end: true })
    }
    for (const box of group.boxes) lines.push(pen.box(box, pad))
    for (const inner of [...group.groups].reverse()) open.push({ group: inner, depth: depth + 1, end: false })
  }
  return lines
}
