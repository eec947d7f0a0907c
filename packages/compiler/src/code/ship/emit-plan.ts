import { existsSync } from 'node:fs'
import type { Definition } from '../effects/borrowed-parts.ts'
import { bundleModule } from '../modules/bundle-module.ts'
import type { LocalModule, ModuleGraph, Problem } from '../modules/module-graph.ts'
import type { Asset } from '../parse/assets.ts'
import { tokensIn } from '../parse/tokens.ts'
import type { Tools } from '../toolchain/tools.ts'

/** What one stage needs of what lies outside its modules, by the rules of its digest. */
export interface EmitPlan {
  /** Numbers of the modules of packages that it imports, in the graph. */
  readonly packages: ReadonlySet<number>
  /** Where stages are defined of which it uses a schema alone: their functions don't go with it. */
  readonly unused: readonly Definition[]
  readonly problems: readonly Problem[]
  readonly missing: readonly Asset[]
}

/** Bundles what an export needs, and what that loads on demand, as for the digest. */
export async function planEmission(
  tools: Tools,
  graph: ModuleGraph,
  module: LocalModule,
  name: string,
): Promise<EmitPlan> {
  const packages = new Set<number>()
  const used = new Set<Definition>()
  const problems = new Set<Problem>()
  const missing = new Set<Asset>()
  const loaded = new Set<number>()
  const parts: (readonly [LocalModule, string?])[] = [[module, name]]
  for (const [part, own] of parts) {
    const { code } = await bundleModule(tools, graph, part, own, true)
    for (const { kind, number } of tokensIn(code)) {
      if (kind === 'package') packages.add(number)
      if (kind === 'stage') used.add(graph.definitions[number] as Definition)
      if (kind === 'broken') problems.add(graph.problems[number] as Problem)
      const asset = kind === 'asset' ? graph.assets[number] : undefined
      if (asset && !existsSync(asset.path)) missing.add(asset)
      if (kind !== 'dynamic' || loaded.has(number)) continue
      loaded.add(number)
      parts.push([graph.modules[number] as LocalModule])
    }
  }
  const unused = graph.definitions.filter((definition) => definition.isBorrowed && !used.has(definition))
  return { packages, unused, problems: [...problems], missing: [...missing] }
}
