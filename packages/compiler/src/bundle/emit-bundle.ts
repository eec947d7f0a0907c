import { isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import { EmitPlugin, type EmitRequest, entryId } from './emit-plugin.ts'
import { userConditions } from './resolve-import.ts'

/** Code in which assets still are tokens. */
export interface Emission {
  readonly code: string
  /** Bytes of each module in it, by its id. */
  readonly sizes: ReadonlyMap<string, number>
  /** What it imports that isn't Node's own. */
  readonly outside: readonly string[]
  /** The modules that stand for native code, by id, with the name of each. */
  readonly natives: ReadonlyMap<string, string>
  /** The ids of the modules that import one, be they in it or not. */
  importersOf(id: string): readonly string[]
}

/**
 * Bundles a module, with its packages, into one that imports only Node's own.
 *
 * @throws what rolldown throws, for code that it can't bundle
 */
export async function bundleEmission(request: Omit<EmitRequest, 'absent' | 'effects'>): Promise<Emission> {
  const absent = new Set<string>()
  const effects = new Set<string>()
  for (;;) {
    const known = absent.size
    try {
      const { emission, late } = await bundleOnce({ ...request, absent, effects })
      if (late.size === 0) return emission
      for (const id of late) effects.add(id)
    } catch (error) {
      // what a package tries to load, and does without, is known only when it can't be found
      for (const key of unresolvedIn(error)) absent.add(key)
      if (absent.size === known) throw error
    }
  }
}

function unresolvedIn(error: unknown): string[] {
  const { errors } = error as { readonly errors?: readonly Readonly<Record<string, unknown>>[] }
  return (errors ?? []).flatMap(({ code, id, exporter }) =>
    code === 'UNRESOLVED_IMPORT' && typeof id === 'string' && typeof exporter === 'string'
      ? [`${id}\0${exporter}`]
      : [],
  )
}

async function bundleOnce(
  request: EmitRequest,
): Promise<{ readonly emission: Emission; readonly late: ReadonlySet<string> }> {
  const { tools, graph, entry } = request
  const plugin = new EmitPlugin(request)
  const folder = dirname(entry.file)
  const bundle = await tools.rolldown({
    input: entry.name === undefined ? entry.file : entryId,
    cwd: graph.packages.nearest(folder) ?? folder,
    platform: 'node',
    logLevel: 'silent',
    tsconfig: false,
    shimMissingExports: true,
    transform: { typescript: { onlyRemoveTypeImports: true } },
    resolve: { mainFields: ['main'], conditionNames: ['node', 'module-sync', 'node-addons', ...userConditions()] },
    // no paths in comments
    experimental: { attachDebugInfo: 'none', lazyBarrel: true },
    plugins: [plugin.hooks()],
  })
  try {
    const { output } = await bundle.generate({ format: 'esm', comments: false, codeSplitting: false, keepNames: true })
    const [chunk, more] = output.filter((file) => file.type === 'chunk')
    if (!chunk || more) throw new Error(`rolldown made ${output.length} files of it`)
    const sizes = new Map<string, number>()
    for (const [id, { code }] of Object.entries(chunk.modules)) if (code) sizes.set(id, Buffer.byteLength(code))
    const emission: Emission = {
      code: chunk.code,
      sizes,
      outside: chunk.imports.filter((specifier) => !isBuiltin(specifier)).sort(),
      natives: new Map([...plugin.natives].filter(([id]) => sizes.has(id))),
      importersOf: (id) => [...(plugin.importers.get(id) ?? [])].sort(),
    }
    return { emission, late: plugin.late }
  } finally {
    await bundle.close()
  }
}
