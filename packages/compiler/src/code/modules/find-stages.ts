import { pathToFileURL } from 'node:url'
import { exported, type ImportModule, importOrNothing } from '../toolchain/namespaces.ts'

export interface WantedStage {
  readonly key: string
  /** As messages call it. Default: the key. */
  readonly name?: string
  readonly stage: object
  /** Names of the variables that it declares. */
  readonly env?: readonly string[]
}

/** A module to look into: its own exports in source order; names that it passes on by `export *` come behind them. */
export interface SearchedModule {
  readonly file: string
  readonly exports: readonly string[]
}

export interface FoundStage<M extends SearchedModule> {
  readonly module: M
  readonly export: string
}

/**
 * Finds which module exports each stage, by identity. The first module in the order given wins, and in it the first
 * export in source order that isn't the default one. A stage that no module exports is left out.
 *
 * @param modules in the order in which they run, so that what defines a stage comes before what passes it on
 */
export async function findStages<M extends SearchedModule>(
  wanted: readonly WantedStage[],
  modules: readonly M[],
  importModule: ImportModule,
): Promise<Map<string, FoundStage<M>>> {
  const keys = new Map<object, string[]>()
  for (const { key, stage } of wanted) keys.set(stage, [...(keys.get(stage) ?? []), key])
  const found = new Map<string, FoundStage<M>>()
  for (const module of modules) {
    if (keys.size === 0) break
    const namespace = await importOrNothing(pathToFileURL(module.file).href, importModule)
    const names = new Set([...module.exports, ...Object.keys(namespace)])
    for (const last of ['default', 'module.exports']) if (names.delete(last)) names.add(last)
    for (const name of names) {
      const value = exported(namespace, name)
      for (const key of keys.get(value as object) ?? []) found.set(key, { module, export: name })
      keys.delete(value as object)
    }
  }
  return found
}
