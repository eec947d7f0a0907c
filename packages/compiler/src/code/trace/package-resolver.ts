import { isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import type { ResolverFactory } from 'rolldown/experimental'
import type { Tools } from '../toolchain/tools.ts'

/** Resolves what modules of packages import as plain Node does, without a loader. */
export class PackageResolver {
  readonly #import: ResolverFactory
  readonly #require: ResolverFactory
  readonly #known = new Map<string, string | undefined>()

  constructor(tools: Tools) {
    const conditions = ['node', 'module-sync', 'node-addons']
    const common = { mainFields: ['main'], extensions: ['.js', '.json', '.node'] }
    this.#require = new tools.ResolverFactory({ ...common, conditionNames: [...conditions, 'require'] })
    this.#import = this.#require.cloneWithOptions({
      ...common,
      conditionNames: [...conditions, 'import'],
      fullySpecified: true,
    })
  }

  /** The real path of the file; undefined for a builtin, and for what isn't there. */
  find(specifier: string, importer: string, loads: 'import' | 'require'): string | undefined {
    if (isBuiltin(specifier)) return undefined
    const folder = dirname(importer)
    const key = `${loads}\0${folder}\0${specifier}`
    if (!this.#known.has(key))
      this.#known.set(key, (loads === 'import' ? this.#import : this.#require).sync(folder, specifier).path)
    return this.#known.get(key)
  }
}
