import type { Diagnostic } from '@millrace/ir'
import type { LocalModule, ModuleGraph } from '../modules/module-graph.ts'
import { nameOf, packageFolder, packageName } from '../modules/packages.ts'
import { tokensIn } from '../parse/tokens.ts'
import type { EmitTools } from '../toolchain/emit-tools.ts'
import { CarriedModules } from '../trace/carried-modules.ts'
import { isOptional } from '../trace/native-addons.ts'
import type { PackageContext } from '../trace/package-context.ts'
import type { Emission } from './emit-bundle.ts'
import { type ImportOf, nativeAddon, newDecorators, outsideImport, typedPackage } from './emit-diagnostics.ts'
import type { EmitSources } from './emit-source.ts'

interface EmitContext {
  readonly tools: EmitTools
  readonly graph: ModuleGraph
  readonly sources: EmitSources
  readonly context: PackageContext
}

/** What keeps a bundled module, or a package that lies beside it, from running elsewhere. */
export function findFaults(
  { tools, graph, sources, context }: EmitContext,
  stage: string,
  entry: LocalModule,
  emission: Emission,
  folder: string,
): Diagnostic[] {
  const found: Diagnostic[] = []
  // a module that only passes on what others export has no code of its own
  const from = (ids: readonly string[]): ImportOf =>
    firstLocal(graph, sources, emission, ids, (id) => emission.sizes.has(id)) ??
    firstLocal(graph, sources, emission, ids, () => true) ?? { module: entry, offset: 0 }
  for (const [name, ids] of needed(tools, graph, emission)) found.push(nativeAddon(stage, name, from(ids)))
  for (const [file, ids] of carriedBy(emission))
    for (const problem of context.trace([file]).problems)
      if (problem.kind === 'native') found.push(nativeAddon(stage, problem.name, from(ids)))
      else if (problem.kind === 'typed') found.push(typedPackage(nameOf(problem.root), from(ids), folder))
      else found.push(outsideImport(problem.specifier, { ...from(ids), through: nameOf(problem.root) }, folder))
  for (const specifier of emission.outside) found.push(outsideImport(specifier, from([specifier]), folder))
  for (const id of [...emission.sizes.keys()].sort()) {
    const module = sources.at(id)
    const offset = module && sources.read(id).decorator
    if (module && offset !== undefined) found.push(newDecorators(module, offset, folder))
  }
  return found
}

/** The modules beside a bundle, with the ids that stand for each in it. */
function carriedBy({ code, carried, ids }: Emission): Map<string, string[]> {
  const used = new Set(tokensIn(code).map(({ number }) => number))
  const found = new Map<string, string[]>()
  for (const id of ids) {
    const number = CarriedModules.numberOf(id)
    const file = number !== undefined && used.has(number) ? carried[number] : undefined
    if (file !== undefined) found.set(file, [...(found.get(file) ?? []), id])
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Native code by name, with the ids of its modules, that something can't do without. */
function needed(
  tools: EmitTools,
  graph: ModuleGraph,
  { natives, sizes, importersOf }: Emission,
): Map<string, string[]> {
  const byName = new Map<string, string[]>()
  for (const [id, name] of natives) byName.set(name, [...(byName.get(name) ?? []), id])
  for (const [name, ids] of byName) {
    const leads = (specifier: string): boolean => packageName(specifier) === name || specifier.endsWith('.node')
    const importers = new Set(ids.flatMap((id) => importersOf(id)))
    const all = [...importers].filter((importer) => !natives.has(importer) && sizes.has(importer))
    if (all.length > 0 && all.every((file) => isOptional(file, graph.evidence.text(file) ?? '', tools, leads)))
      byName.delete(name)
  }
  return new Map([...byName].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The nearest module of the program that leads to one of these, and where in it. */
function firstLocal(
  graph: ModuleGraph,
  sources: EmitSources,
  { importersOf, carried }: Emission,
  ids: readonly string[],
  isIn: (id: string) => boolean,
): ImportOf | undefined {
  const seen = new Set<string>(ids)
  let level = [...ids].sort()
  while (level.length > 0) {
    const next: string[] = []
    for (const id of level)
      for (const importer of importersOf(id)) {
        const module = sources.at(importer)
        if (module && isIn(importer)) {
          const site = module.imports.find(({ specifier }) =>
            leadsTo(graph, specifier, module, carried[CarriedModules.numberOf(id) ?? -1] ?? id),
          )
          return { module, offset: site?.offset ?? 0, ...(site ? { specifier: site.specifier } : {}) }
        }
        if (seen.has(importer)) continue
        seen.add(importer)
        next.push(importer)
      }
    level = next.sort()
  }
  return undefined
}

function leadsTo(graph: ModuleGraph, specifier: string, importer: LocalModule, id: string): boolean {
  if (specifier === id) return true
  const found = graph.resolve(specifier, importer)
  if (found.kind === 'local') return found.file === id
  const root = packageFolder(id)
  return found.kind === 'package' && root !== undefined && found.package?.root === root
}
