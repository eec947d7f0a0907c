import { type Binding, type Body, eachBody, eachRead, eachRef, type Graph, type Node, select } from '@millrace/ir'

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
    const field = binding && select(binding, path)
    if (field) eachRef(field, (ref) => out.push(...read(ref)))
    return out
  }
  const arrow = (from: string, to: string, label: string, order = false) => {
    const key = `${from} ${to} ${label} ${order}`
    if (seen.has(key) || from === to) return
    seen.add(key)
    edges.push({ from, to, label, order })
  }
  const groups = new Map([['', root]])
  const nest = (outer: string, id: string, label: string): void => {
    const inner: Group = { id, label, boxes: [], groups: [] }
    groups.get(outer)?.groups.push(inner)
    groups.set(id, inner)
  }
  // the group that a node's box or group stands in
  const around: string[] = ['']
  const enter = (node: Node): void => {
    const group = around.at(-1) as string
    switch (node.kind) {
      case 'stage':
        groups.get(group)?.boxes.push({ id: node.id, label: node.id, shape: 'stage' })
        for (const { id, label } of sourcesOf(node.args)) arrow(id, node.id, label)
        for (const id of node.after ?? [])
          for (const source of read({ ref: id, path: [] })) arrow(source.id, node.id, '', true)
        return box(node.id)
      case 'map':
        give(`${node.id}:item`, (path) => sourcesOf(node.list, path))
        nest(group, node.id, `${node.id}: each ${showBinding(node.list)}`)
        return void around.push(node.id)
      case 'pipeline':
        give(`${node.id}:input`, (path) => sourcesOf(node.args, path))
        nest(group, node.id, node.id)
        return void around.push(node.id)
      case 'when': {
        const { left, operator, right } = node.condition
        const told = `${showBinding(left)} ${operator} ${right ? showBinding(right) : 'undefined'}`
        nest(group, `${node.id}:then`, `when ${told}`)
        if (node.else) {
          nest(group, `${node.id}:else`, `else of ${node.id}`)
          around.push(`${node.id}:else`)
        }
        around.push(`${node.id}:then`)
      }
    }
  }
  /** What stands in a branch waits for its condition. */
  const end = (_body: Body, owner: Node | undefined): void => {
    const group = groups.get(around.pop() as string) as Group
    if (owner?.kind !== 'when') return
    const condition: Source[] = []
    eachRead(owner, (ref) => condition.push(...read(ref)))
    for (const { id: to } of group.boxes) for (const { id, label } of condition) arrow(id, to, label, true)
  }
  const leave = (node: Node): void => {
    if (node.kind === 'when')
      give(node.id, (path) => [...sourcesOf(node.then.result, path), ...sourcesOf(node.else?.result, path)])
    else if (node.kind !== 'stage') give(node.id, (path) => sourcesOf(node.body.result, path))
  }
  box(':input')
  root.boxes.push({ id: ':input', label: 'parameters', shape: 'input' })
  eachBody(graph.body, { enter, end, leave })
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
