import Module from 'node:module'
import { join } from 'node:path'

/** What Yarn's Plug'n'Play tells in a process that it serves; https://yarnpkg.com/advanced/pnpapi */
interface PnpApi {
  readonly topLevel: object
  getPackageInformation(locator: object): { readonly packageLocation: string }
  resolveToUnqualified(request: string, issuer: string, options?: { considerBuiltins?: boolean }): string | null
  resolveRequest(
    request: string,
    issuer: string,
    options?: { considerBuiltins?: boolean; extensions?: string[]; conditions?: Set<string> },
  ): string | null
  /** The same place without the part that tells apart the packages of one file. */
  resolveVirtual?(path: string): string | null
}

/** Finds packages where no `node_modules` has them. */
export interface PlugnPlay {
  /** The file that says where all packages lie. */
  readonly map: string
  /** The folder of a package, as a folder's modules see it. */
  folder(name: string, from: string): string | undefined
  /** The file that an import of a package leads to. */
  file(specifier: string, importer: string, conditions: readonly string[]): string | undefined
}

/** Of the project that a folder belongs to; undefined where packages lie in `node_modules`. */
export function plugnPlayOf(folder: string): PlugnPlay | undefined {
  const { findPnpApi } = Module as { findPnpApi?: (from: string) => PnpApi | null }
  const api = findPnpApi?.(`${folder}/`)
  if (!api) return undefined
  const real = (path: string | null): string | undefined =>
    path === null ? undefined : (api.resolveVirtual?.(path) ?? path)
  return {
    map: join(api.getPackageInformation(api.topLevel).packageLocation, '.pnp.cjs'),
    folder: (name, from) =>
      unlessMissing(() => real(api.resolveToUnqualified(name, `${from}/`, { considerBuiltins: false })))?.replace(
        /[\\/]$/,
        '',
      ),
    file: (specifier, importer, conditions) =>
      unlessMissing(() =>
        real(api.resolveRequest(specifier, importer, { considerBuiltins: false, conditions: new Set(conditions) })),
      ),
  }
}

/** It throws for what is not there, or not declared. */
function unlessMissing<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}
