import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RolldownMagicString } from 'rolldown'
import { graphs } from '../digest/compute-index.ts'
import type { CodeIndex, StageCode } from '../digest/stage-code.ts'
import { ModuleGraph } from '../modules/module-graph.ts'
import { EmitSources } from '../ship/emit-source.ts'
import { type EmitTools, loadEmitTools } from '../toolchain/emit-tools.ts'
import type { WorkerCode } from './worker-chunks.ts'
import { stagePrefix, WorkerPlugin } from './worker-plugin.ts'

/** Bundles the stages of an index that can run elsewhere; see `workerCode`. Undefined where a file has changed since. */
export async function emitWorker(index: CodeIndex): Promise<Omit<WorkerCode, 'id'> | undefined> {
  const tools = await loadEmitTools()
  const graph = graphs.get(index) ?? new ModuleGraph(tools)
  const keys = [...index.stages].flatMap(([key, { movable }]) => (movable ? [key] : []))
  const stages = keys.map((key) => index.stages.get(key) as StageCode)
  const sources = new EmitSources(tools, graph)
  const plugin = new WorkerPlugin({ tools, MagicString: RolldownMagicString, graph, sources, stages })
  const chunks = keys.length === 0 ? {} : await bundle(tools, graph, plugin, stages)
  if (!stages.every((stage) => isAsDigested(stage, index, graph, sources))) return undefined
  return {
    chunks,
    stages: Object.fromEntries(keys.map((key, number) => [key, nameOf(number)])),
    outside: plugin.outside,
  }
}

const nameOf = (number: number): string => `stage${number}.mjs`

async function bundle(
  { rolldown }: EmitTools,
  graph: ModuleGraph,
  plugin: WorkerPlugin,
  stages: readonly StageCode[],
): Promise<Record<string, string>> {
  const folder = dirname((stages[0] as StageCode).file)
  const bundle = await rolldown({
    input: Object.fromEntries(stages.map((_, number) => [`stage${number}`, `${stagePrefix}${number}`])),
    cwd: graph.packages.nearest(folder) ?? folder,
    platform: 'node',
    logLevel: 'silent',
    tsconfig: false,
    shimMissingExports: true,
    experimental: { attachDebugInfo: 'none' },
    plugins: [plugin.hooks()],
  })
  try {
    const { output } = await bundle.generate({
      format: 'esm',
      comments: false,
      keepNames: true,
      sourcemap: true,
      entryFileNames: '[name].mjs',
      chunkFileNames: 'part-[hash].mjs',
      sourcemapPathTransform: (source, map) => pathToFileURL(resolve(dirname(map), source)).href,
    })
    const chunks = output.filter((file) => file.type === 'chunk')
    return Object.fromEntries(chunks.map(({ fileName, code, map }) => [fileName, withMap(code, map)]))
  } finally {
    await bundle.close()
  }
}

/** The text of the author's files is where it was. */
function withMap(code: string, map: { readonly sourcesContent?: unknown } | null): string {
  const text = code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
  if (!map) return text
  const base64 = Buffer.from(JSON.stringify({ ...map, sourcesContent: undefined })).toString('base64')
  return `${text}//# sourceMappingURL=data:application/json;base64,${base64}\n`
}

/** Whether the modules that were bundled have the bytes that the digest was taken over. */
function isAsDigested(
  { files, file }: StageCode,
  { modules }: CodeIndex,
  graph: ModuleGraph,
  sources: EmitSources,
): boolean {
  const entry = dirname(modules.at(-1) ?? file)
  const folder = graph.packages.nearest(entry) ?? entry
  return Object.entries(files).every(([source, digest]) => {
    const path = join(folder, source)
    return !sources.at(path) || graph.evidence.digest(path) === digest
  })
}
