import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  artifactOf,
  assetKey,
  type Binding,
  type Body,
  eachBody,
  type Graph,
  isObject,
  type Json,
  type Node,
  type Schema,
  setKey,
} from '@millrace/ir'
import type { PassContext } from '../context.ts'

/**
 * Replaces the file URLs of assets, in calls and in the defaults of schemas, by paths relative to the nearest
 * package.json, so that a Graph is the same on every machine. Two packages' equal paths are told apart by a number.
 */
export function relativeAssets(graph: Graph, context: PassContext): Graph {
  const { assets: paths } = context
  const tokens = new Map<string, string>()
  const tokenOf = (url: string, node: string, what = assetWords): string => {
    const known = tokens.get(url)
    if (known) return known
    const path = fileURLToPath(url)
    const there = statSync(path, { throwIfNoEntry: false })
    if (!there)
      context.diagnostics.push({
        code: 'missing-file',
        severity: 'error',
        message: `the ${what.noun} "${relative(process.cwd(), path)}" isn't there`,
        at: context.at(node),
        fix: `Put the file there, or correct the URL given to ${what.by}.`,
      })
    const base = `./${relative(packageFolder(path), path).split(sep).join('/')}`
    let token = base
    for (let n = 2; paths.has(token); n++) token = `${base}#${n}`
    tokens.set(url, token)
    paths.set(token, path)
    if (there) context.assetKinds.set(token, there.isDirectory() ? 'folder' : 'file')
    return token
  }
  const binding = (at: Binding, node: string): Binding => {
    if ('asset' in at) return { asset: tokenOf(at.asset, node) }
    if ('items' in at) return { items: at.items.map((item) => binding(item, node)) }
    if (!('fields' in at)) return at
    const fields = {}
    for (const [key, field] of Object.entries(at.fields)) setKey(fields, key, binding(field, node))
    return { fields }
  }
  const schema = <T extends Schema>(at: T, node: string): T =>
    JSON.stringify(at).includes(`"${assetKey}"`) ? (replace(at as Json, node) as unknown as T) : at
  const replace = (at: Json, node: string): Json => {
    if (Array.isArray(at)) return at.map((item) => replace(item, node))
    if (!isObject(at)) return at
    if (typeof at[assetKey] === 'string') return { [assetKey]: tokenOf(at[assetKey], node) }
    const given = (at.default as { readonly [key: string]: Json } | undefined)?.[assetKey]
    if (typeof given === 'string')
      wrongAsset(context, tokenOf(given, node), [at], { node, what: 'the field that has it as its default' })
    const out = {}
    for (const [key, item] of Object.entries(at)) setKey(out, key, replace(item as Json, node))
    return out as Json
  }
  // most programs have few assets: what holds none stays the same object
  const unchanged = (at: Binding): boolean =>
    'items' in at
      ? at.items.every(unchanged)
      : 'fields' in at
        ? Object.values(at.fields).every(unchanged)
        : !('asset' in at)
  const nodes = new Map<Node, Node>()
  const bodies = new Map<Body, Body>()
  const body = (at: Body): Body => bodies.get(at) as Body
  const enter = (node: Node): void => {
    const { id } = node
    if (node.kind === 'stage') nodes.set(node, unchanged(node.args) ? node : { ...node, args: binding(node.args, id) })
    else if (node.kind === 'map') nodes.set(node, { ...node, list: binding(node.list, id) })
    else if (node.kind === 'pipeline')
      nodes.set(node, { ...node, input: schema(node.input, id), args: binding(node.args, id) })
  }
  const end = (at: Body, owner: Node | undefined): void => {
    const result = at.result && binding(at.result, owner?.id ?? '')
    bodies.set(at, { nodes: at.nodes.map((node) => nodes.get(node) as Node), ...(result ? { result } : {}) })
  }
  const leave = (node: Node): void => {
    if (node.kind === 'when')
      nodes.set(node, { ...node, then: body(node.then), ...(node.else ? { else: body(node.else) } : {}) })
    else if (node.kind !== 'stage') nodes.set(node, { ...(nodes.get(node) as typeof node), body: body(node.body) })
  }
  const stages: Record<string, Graph['stages'][string]> = {}
  for (const [key, spec] of Object.entries(graph.stages))
    stages[key] = {
      ...spec,
      ...('script' in spec && spec.script
        ? { script: tokenOf(spec.script, key, { noun: 'script', by: 'the stage' }) }
        : {}),
      ...('include' in spec
        ? { include: spec.include.map((url) => tokenOf(url, key, { noun: 'file', by: 'include' })) }
        : {}),
      input: schema(spec.input, key),
      output: schema(spec.output, key),
    }
  const input = schema(graph.input, '')
  eachBody(graph.body, { enter, end, leave })
  return { ...graph, input, stages, body: body(graph.body) }
}

const assetWords = { noun: 'asset', by: 'asset()' }

/** An asset is given for an artifact of the other kind. */
export function wrongAsset(
  context: PassContext,
  token: string,
  options: readonly Schema[],
  { node, what, path }: { readonly node: string; readonly what: string; readonly path?: string },
): void {
  const kind = context.assetKinds.get(token)
  const wanted = options.flatMap((option) => artifactOf(option)?.kind ?? [])
  if (kind === undefined || wanted.length === 0 || wanted.includes(kind)) return
  context.diagnostics.push({
    code: 'missing-file',
    severity: 'error',
    message: `the asset "${token.replace(/^\.\//, '')}" is a ${kind}, and ${what} must be a ${wanted[0]}`,
    at: context.at(node, path),
    fix: `Name a ${wanted[0]}, or take a ${kind} in the schema.`,
  })
}

/** The folder of the nearest package.json above a file; the file's own folder where there is none. */
export function packageFolder(path: string): string {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (dirname(folder) === folder) return dirname(path)
  }
}
