import type { RolldownPluginOption } from 'rolldown'
import { modulePrefix, scriptPrefix, tokenText } from '../parse/tokens.ts'
import type { Tools } from '../toolchain/tools.ts'
import { brokenCode, type LocalModule, type ModuleGraph } from './module-graph.ts'

/** Printed code, with what is in it of each module, by its number. */
export interface Printed {
  readonly code: string
  readonly modules: ReadonlyMap<number, string>
}

// no path may reach the printer: it makes names out of them
const prefix = '\0millrace/'
const idOf = (module: LocalModule): string => `${prefix}${module.number}/m${/\.[^./\\]*$/.exec(module.file)?.[0] ?? ''}`
const numberIn = (id: string): number | undefined =>
  id.startsWith(prefix) ? Number.parseInt(id.slice(prefix.length), 10) : undefined

/**
 * Bundles what one export of a module needs, or all of a module, and prints it without white space. Packages and
 * modules that are loaded on demand stay outside.
 *
 * @param name the export; without one the whole module
 * @param marked with the marks of `ModuleCode.markedFor`
 */
export async function bundleModule(
  tools: Tools,
  graph: ModuleGraph,
  module: LocalModule,
  name?: string,
  marked = false,
): Promise<Printed> {
  const entry = `${prefix}entry`
  const bundle = await tools.rolldown({
    input: name === undefined ? idOf(module) : entry,
    platform: 'node',
    logLevel: 'silent',
    tsconfig: false,
    shimMissingExports: true,
    // legacy decorators: they may stand on parameters, and cover what the standard ones do
    transform: { typescript: { onlyRemoveTypeImports: true }, decorator: { legacy: true } },
    // inlined constants would hide which file they came from
    optimization: { inlineConst: false },
    treeshake: { propertyReadSideEffects: false, unknownGlobalSideEffects: false },
    plugins: [plugin(graph, module, name, entry, marked)],
  })
  try {
    const { output } = await bundle.generate({
      format: 'esm',
      comments: false,
      minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    })
    const chunks = output.filter((chunk) => chunk.type === 'chunk')
    const modules = new Map<number, string>()
    for (const chunk of chunks)
      for (const [id, { code }] of Object.entries(chunk.modules)) {
        const number = numberIn(id)
        // its first line is a comment that holds the id
        if (code && number !== undefined && !Number.isNaN(number)) modules.set(number, code.replace(/^\/\/.*\n/, ''))
      }
    return { code: chunks.map((chunk) => chunk.code).join('\n'), modules }
  } finally {
    await bundle.close()
  }
}

/** Where there is no such file, the asset of that path is told to be missing. */
function scriptId(graph: ModuleGraph, specifier: string, importer: LocalModule): string {
  const found = graph.resolve(specifier.slice(scriptPrefix.length), importer)
  return found.kind === 'local'
    ? tokenText({ kind: 'script', number: graph.load(found.file).number })
    : `${scriptPrefix}none`
}

function plugin(
  graph: ModuleGraph,
  module: LocalModule,
  name: string | undefined,
  entry: string,
  marked: boolean,
): RolldownPluginOption {
  return {
    name: 'millrace',
    resolveId(specifier, importerId, { kind }) {
      if (specifier.startsWith(prefix)) return specifier
      if (specifier.startsWith(modulePrefix))
        return idOf(graph.modules[Number(specifier.slice(modulePrefix.length))] as LocalModule)
      const importer = graph.modules[numberIn(importerId ?? '') ?? -1]
      if (!importer) return { id: specifier, external: true, moduleSideEffects: false }
      const dynamic = kind === 'dynamic-import'
      if (specifier.startsWith(scriptPrefix)) return { id: scriptId(graph, specifier, importer), external: true }
      const found = graph.resolve(specifier, importer)
      const effect = importer.imports.some((site) => site.bare && site.specifier === specifier)
      switch (found.kind) {
        case 'as-is':
          return { id: found.specifier, external: true, moduleSideEffects: false }
        case 'package': {
          const number = graph.external(found, effect)
          return { id: tokenText({ kind: 'package', number }), external: true, moduleSideEffects: effect }
        }
        case 'local': {
          const target = graph.load(found.file)
          if (dynamic)
            return {
              id: tokenText({ kind: 'dynamic', number: target.number }),
              external: true,
              moduleSideEffects: false,
            }
          return idOf(target)
        }
        case 'missing': {
          // an optional package, tried on demand
          if (kind !== 'import-statement' && !/^[./#]/.test(specifier))
            return { id: specifier, external: true, moduleSideEffects: false }
          const sites = importer.imports.filter((site) => site.specifier === specifier)
          if (kind !== 'import-statement' && sites.every((site) => site.optional))
            return { id: `absent:${specifier}`, external: true, moduleSideEffects: false }
          const number = graph.missing(specifier, importer, found.message)
          if (dynamic) return { id: tokenText({ kind: 'broken', number }), external: true, moduleSideEffects: false }
          return `${prefix}broken/${number}`
        }
      }
    },
    load(id) {
      if (id === entry) return `export { ${JSON.stringify(name)} as default } from ${JSON.stringify(idOf(module))}`
      const broken = /broken\/(\d+)$/.exec(id)
      if (broken) return { code: brokenCode(Number(broken[1])), moduleType: 'js' }
      const target = graph.modules[numberIn(id) ?? -1]
      if (!target) return null
      const own = target === module ? name : undefined
      // in a module that is taken whole, schemas get no copies: only other modules use these
      const code = marked ? target.markedFor(own) : target.codeFor(own, name !== undefined || target !== module)
      return { code, moduleType: target.type }
    },
  }
}
