import { dirname } from 'node:path'
import { type Diagnostic, type Digest, digestBytes } from '@millrace/ir'
import {
  bundleFailed,
  environmentAtTopLevel,
  missingAsset,
  pathIn,
  printFailed,
  uncountedSite,
} from '../modules/diagnostics.ts'
import { type FoundStage, findStages } from '../modules/find-stages.ts'
import { indexModules } from '../modules/index-modules.ts'
import { type LocalModule, ModuleGraph, type Uncounted } from '../modules/module-graph.ts'
import type { Package } from '../modules/packages.ts'
import { isCode } from '../modules/read-module.ts'
import type { EvidenceRecord } from '../toolchain/evidence.ts'
import { loadTools } from '../toolchain/tools.ts'
import { type StageDigest, StageDigester } from './digest-stage.ts'
import type { KeptPackage, PackageContents } from './package-contents.ts'
import type { CodeIndex, CodeRequest, StageCode } from './stage-code.ts'

/** How many stages are bundled at once: rolldown has threads of its own. */
const atOnce = 4

/** What an index was computed with, while it lasts: who needs the modules again need not read them again. */
export const graphs = new WeakMap<CodeIndex, ModuleGraph>()

/** An index, with what it rests on. */
interface Computed {
  readonly index: CodeIndex
  readonly evidence: EvidenceRecord
  readonly packages: readonly KeptPackage[]
}

/** Indexes a program anew; see `indexCode`. */
export async function computeIndex(request: CodeRequest, contents: PackageContents): Promise<Computed> {
  const tools = await loadTools()
  const graph = new ModuleGraph(tools)
  const entry = graph.evidence.exists(request.entry) ? graph.evidence.realpath(request.entry) : request.entry
  const modules = indexModules(entry, graph)
  const folder = graph.packages.nearest(dirname(entry)) ?? dirname(entry)
  const problems = new Set(graph.problems)
  const diagnostics: Diagnostic[] = []
  const found = await findStages(
    request.stages,
    modules.filter(({ file }) => isCode(file)),
    (url) => request.importModule(url),
  )
  const digester = new StageDigester(tools, graph, contents)
  const used = new Set<string>()
  const stages = new Map<string, StageCode>()
  const kept = new Set<LocalModule>()
  const missing = new Set<string>()
  const uncounted = new Map<Uncounted, string[]>()
  const declared = new Map(request.stages.map(({ key, env }) => [key, new Set(env)]))
  const names = new Map(request.stages.map(({ key, name }) => [key, name ?? key]))
  await forEachAtOnce([...found], async ([key, stage]) => {
    const { module, export: name } = stage
    try {
      const digest = await digester.digest(module, name)
      if ('code' in digest) {
        stages.set(key, stageCode(stage, digest, graph, folder))
        for (const { root } of digest.packages) if (root !== undefined) used.add(root)
        for (const used of digest.modules.keys()) kept.add(used)
        for (const site of digest.uncounted) uncounted.set(site, [...(uncounted.get(site) ?? []), key])
        return
      }
      for (const problem of digest.problems) problems.add(problem)
      for (const asset of digest.missing) {
        const place = `${asset.module}\0${asset.offset}`
        if (!missing.has(place)) diagnostics.push(missingAsset(asset, graph.load(asset.module)))
        missing.add(place)
      }
    } catch (error) {
      diagnostics.push(printFailed(module, name, error as Error, folder))
    }
  })
  for (const problem of problems) diagnostics.push(bundleFailed(problem, folder))
  for (const module of graph.modules) if (kept.has(module)) diagnostics.push(...environmentAtTopLevel(module, folder))
  const isDeclared = (key: string, name: string): boolean => declared.get(key)?.has(name) === true
  for (const { site, name, stages } of tell(uncounted, isDeclared, (key) => names.get(key) as string))
    diagnostics.push(uncountedSite(site, name, graph.load(site.file), stages.sort()))
  diagnostics.sort(byPlace)
  const ordered = request.stages.flatMap(({ key }) => {
    const code = stages.get(key)
    return code ? [[key, code] as const] : []
  })
  const packages = await Promise.all([...used].sort().map((root) => contents.kept(graph.packages.at(root) as Package)))
  const index: CodeIndex = {
    stages: new Map(ordered),
    modules: modules.map(({ file }) => file),
    packages: contents.indexed(packages),
    diagnostics,
  }
  graphs.set(index, graph)
  return { index, evidence: graph.evidence.record(), packages }
}

/** What of a place is told: a variable that is read there, or the place. */
interface ToldSite {
  readonly site: Uncounted
  readonly name: string | undefined
  readonly stages: string[]
}

/** A variable is told once a module, at the first of its places that some stage reads. */
function tell(
  sites: ReadonlyMap<Uncounted, readonly string[]>,
  isDeclared: (stage: string, name: string) => boolean,
  nameOf: (stage: string) => string,
): ToldSite[] {
  const told = new Map<string, ToldSite>()
  for (const [site, stages] of [...sites].sort(([a], [b]) => a.start - b.start))
    for (const name of site.names?.length ? site.names : [undefined]) {
      const readers = stages.filter((stage) => name === undefined || !isDeclared(stage, name)).map(nameOf)
      if (readers.length === 0) continue
      const key = [site.file, site.finds === 'variable' ? name : site.start].join('\0')
      const known = told.get(key) ?? { site, name, stages: [] }
      told.set(key, known)
      for (const reader of readers) if (!known.stages.includes(reader)) known.stages.push(reader)
    }
  return [...told.values()]
}

function stageCode(
  { module, export: name }: FoundStage<LocalModule>,
  digest: StageDigest,
  graph: ModuleGraph,
  folder: string,
): StageCode {
  const { evidence, packages } = graph
  const assets = Array.from(digest.assets, ([file, bytes]) => [pathIn(folder, file), bytes] as const)
  const sources = [
    ...Array.from(digest.modules, ([{ file }, code]) => [pathIn(folder, file), code] as const),
    ...assets,
    ...digest.packages.map(({ id, digest }) => [id, digest ?? digestBytes(id)] as const),
  ]
  const files = [
    ...Array.from(digest.modules.keys(), ({ file }) => [pathIn(folder, file), evidence.digest(file)] as const),
    ...assets,
  ]
  const root = packages.nearest(dirname(module.file)) ?? folder
  return {
    code: digest.code,
    module: pathIn(root, module.file),
    export: name,
    file: module.file,
    sources: sorted(sources),
    files: sorted(files),
    movable: digest.movable,
    packages: digest.packages.flatMap(({ root }) => root ?? []),
  }
}

const sorted = (entries: readonly (readonly [string, Digest])[]): Readonly<Record<string, Digest>> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))

async function forEachAtOnce<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (const item of rest) await run(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

function byPlace({ at: a }: Diagnostic, { at: b }: Diagnostic): number {
  const [file, other] = [a.file ?? '', b.file ?? '']
  if (file !== other) return file < other ? -1 : 1
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}
