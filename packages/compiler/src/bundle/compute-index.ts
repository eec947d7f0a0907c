import { dirname } from 'node:path'
import { type Diagnostic, type Digest, digestBytes } from '@millrace/ir'
import type { CodeIndex, CodeRequest, StageCode } from './code-index.ts'
import { bundleFailed, environmentAtTopLevel, missingAsset, pathIn, printFailed, uncountedFile } from './diagnostics.ts'
import { type StageDigest, StageDigester } from './digest-stage.ts'
import type { EvidenceRecord } from './evidence.ts'
import { type FoundStage, findStages } from './find-stages.ts'
import { indexModules } from './index-modules.ts'
import { type LocalModule, ModuleGraph, type Uncounted } from './module-graph.ts'
import { isCode } from './read-module.ts'
import { loadTools } from './tools.ts'

/** How many stages are bundled at once: rolldown has threads of its own. */
const atOnce = 4

/** What an index was computed with, while it lasts: who needs the modules again need not read them again. */
export const graphs = new WeakMap<CodeIndex, ModuleGraph>()

/** Indexes a program anew; see `indexCode`. */
export async function computeIndex(
  request: CodeRequest,
): Promise<{ readonly index: CodeIndex; readonly evidence: EvidenceRecord }> {
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
  const digester = new StageDigester(tools, graph)
  const stages = new Map<string, StageCode>()
  const kept = new Set<LocalModule>()
  const missing = new Set<string>()
  const uncounted = new Map<Uncounted, string[]>()
  const names = new Map(request.stages.map(({ key, name }) => [key, name ?? key]))
  await forEachAtOnce([...found], async ([key, stage]) => {
    const { module, export: name } = stage
    try {
      const digest = await digester.digest(module, name)
      if ('code' in digest) {
        stages.set(key, stageCode(stage, digest, graph, folder))
        for (const used of digest.modules.keys()) kept.add(used)
        for (const site of digest.uncounted)
          uncounted.set(site, [...(uncounted.get(site) ?? []), names.get(key) as string])
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
  for (const [site, readers] of uncounted) diagnostics.push(uncountedFile(site, graph.load(site.file), readers.sort()))
  diagnostics.sort(byPlace)
  const ordered = request.stages.flatMap(({ key }) => {
    const code = stages.get(key)
    return code ? [[key, code] as const] : []
  })
  const index = { stages: new Map(ordered), modules: modules.map(({ file }) => file), diagnostics }
  graphs.set(index, graph)
  return { index, evidence: graph.evidence.record() }
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
    ...digest.packages.map((id) => [id, digestBytes(id)] as const),
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
