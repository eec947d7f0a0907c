import { isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import { packageFolder } from '../modules/packages.ts'
import { isCode } from '../modules/read-module.ts'
import { userConditions } from '../modules/resolve-import.ts'
import { isToken, tokensIn } from '../parse/tokens.ts'
import { EmitPlugin, type EmitRequest, entryId } from './emit-plugin.ts'

/** Code in which assets still are tokens. */
export interface Emission {
  readonly code: string
  /** Bytes of each module in it, by its id. */
  readonly sizes: ReadonlyMap<string, number>
  /** What it imports that isn't Node's own. */
  readonly outside: readonly string[]
  /** The modules of packages that lie beside it, by the number of their tokens. */
  readonly carried: readonly string[]
  /** The modules that stand for native code, by id, with the name of each. */
  readonly natives: ReadonlyMap<string, string>
  /** The ids of all modules and of what is not in it. */
  readonly ids: readonly string[]
  /** The ids of the modules that import one, be they in it or not. */
  importersOf(id: string): readonly string[]
}

/**
 * Bundles a module, with its packages, into one that imports only Node's own.
 *
 * @throws what rolldown throws, for code that it can't bundle
 */
export async function bundleEmission(request: Omit<EmitRequest, 'absent' | 'effects' | 'carried'>): Promise<Emission> {
  const absent = new Set<string>()
  const effects = new Set<string>()
  const carried = new Set<string>()
  for (;;) {
    const known = absent.size
    try {
      const { emission, late, bound } = await bundleOnce({ ...request, absent, effects, carried })
      const [more, others] = [late.size, carried.size]
      for (const id of late) effects.add(id)
      for (const root of bound) carried.add(root)
      // a package that a carried one needs is loaded from its files, also by the bundle
      const traced = carried.size > 0 ? request.context.trace(carriedIn(emission)) : undefined
      for (const root of traced?.files.keys() ?? []) if (holdsOf(emission, root)) carried.add(root)
      if (more === 0 && carried.size === others) return emission
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

/** The modules beside a bundle that it needs. */
export const carriedIn = ({ code, carried }: Emission): string[] => [
  ...new Set(
    tokensIn(code).flatMap(({ kind, number }) =>
      kind === 'carried' || kind === 'required' ? [carried[number] as string] : [],
    ),
  ),
]

/** Whether code of a package is in a bundle. */
const holdsOf = ({ sizes }: Emission, root: string): boolean =>
  [...sizes.keys()].some((id) => packageFolder(id) === root && isCode(id))

interface Bundled {
  readonly emission: Emission
  readonly late: ReadonlySet<string>
  /** Folders of packages of which it holds modules that can't be part of it. */
  readonly bound: ReadonlySet<string>
}

async function bundleOnce(request: EmitRequest): Promise<Bundled> {
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
      outside: chunk.imports.filter((specifier) => !isBuiltin(specifier) && !isToken(specifier)).sort(),
      carried: plugin.carried.files,
      natives: new Map([...plugin.natives].filter(([id]) => sizes.has(id))),
      ids: [...plugin.importers.keys()].sort(),
      importersOf: (id) => [...(plugin.importers.get(id) ?? [])].sort(),
    }
    const bound = new Set<string>()
    for (const id of plugin.needsNode) {
      const root = packageFolder(id)
      if (sizes.has(id) && root !== undefined) bound.add(root)
    }
    for (const id of plugin.bound) {
      const code = chunk.modules[id]?.code
      const root = packageFolder(id)
      const isBound = request.context.modules.at(id)?.format !== 'module' || isBoundText(code ?? '')
      if (code && root !== undefined && isBound) bound.add(root)
    }
    return { emission, late: plugin.late, bound }
  } finally {
    await bundle.close()
  }
}

/** Whether what is left of a module after tree shaking still asks where it lies, or loads what nobody named. */
const isBoundText = (code: string): boolean => /\bimport\.meta\b|\bimport\(|\beval\(|require\b|\bmodule\b/.test(code)
