import { realpathSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ResolverFactory } from 'rolldown/experimental'
import { aliases, extensions, fileAt, isUrl, pathsOf, rememberCandidates, suffixOf } from '../parse/candidates.ts'
import { isOwnPackage } from '../parse/millrace-names.ts'
import type { TypescriptOptions } from '../parse/typescript-options.ts'
import type { Evidence } from '../toolchain/evidence.ts'
import type { Tools } from '../toolchain/tools.ts'
import { type Package, type Packages, packageFolder, packageName } from './packages.ts'
import { plugnPlayOf } from './plug-n-play.ts'

/** What an import leads to. */
export type Resolution =
  | { readonly kind: 'local'; readonly file: string }
  /** `path` is the rest of the specifier, behind the package's name. */
  | { readonly kind: 'package'; readonly package: Package | undefined; readonly name: string; readonly path: string }
  /** A builtin, `millrace`, zod, or what only a loader knows: it stays as it is written. */
  | { readonly kind: 'as-is'; readonly specifier: string }
  | { readonly kind: 'missing'; readonly message: string }

/** What a resolution depends on. */
export interface ResolutionRecord {
  readonly evidence: Evidence
  readonly typescript: TypescriptOptions
}

/** Resolves imports as tsx and node do: TypeScript's extensions, tsconfig `paths`, `exports` with node's conditions. */
export class Resolver {
  readonly #resolver: ResolverFactory
  /** For where a tsconfig.json can't be read. */
  readonly #plain: ResolverFactory
  readonly #conditions: readonly string[]
  readonly #packages: Packages
  readonly #record: ResolutionRecord | undefined
  readonly #known = new Map<string, Resolution>()

  /** @param record what remembers by which files an import was resolved; without it nothing does */
  constructor(tools: Tools, packages: Packages, record?: ResolutionRecord) {
    this.#packages = packages
    this.#record = record
    this.#conditions = ['node', 'import', 'module-sync', 'node-addons', ...userConditions()]
    const options = {
      conditionNames: [...this.#conditions],
      extensions: [...extensions],
      extensionAlias: Object.fromEntries(Object.entries(aliases).map(([name, others]) => [name, [...others]])),
    }
    this.#resolver = new tools.ResolverFactory({ ...options, tsconfig: 'auto' })
    this.#plain = this.#resolver.cloneWithOptions(options)
  }

  /** @param importer absolute path of a module */
  resolve(specifier: string, importer: string): Resolution {
    const key = `${dirname(importer)}\0${specifier}`
    const known = this.#known.get(key)
    if (known) return known
    const found = this.#find(specifier, importer)
    this.#known.set(key, found)
    return found
  }

  /** The file URL of what a module imports, also in packages; undefined for builtins and what isn't there. */
  urlOf(specifier: string, importer: string): string | undefined {
    if (isBuiltin(specifier)) return undefined
    const found = this.#file(specifier, importer)
    return found.path === undefined ? undefined : pathToFileURL(found.path).href
  }

  #file(specifier: string, importer: string): { readonly path?: string; readonly error?: string } {
    const paths = isUrl(specifier) ? pathsOf(specifier, importer) : []
    for (const path of paths) {
      const found = this.#at(path)
      if (found !== undefined) return { path: found }
    }
    const first = this.#resolver.resolveFileSync(importer, specifier)
    const second = first.path ? first : this.#plain.sync(dirname(importer), specifier)
    const found = second.path ? second : (this.#elsewhere(specifier, importer) ?? second)
    const suffix = suffixOf(specifier)
    return suffix !== '' && found.path?.endsWith(suffix) ? { path: found.path.slice(0, -suffix.length) } : found
  }

  /** Of a package that lies in no `node_modules`. */
  #elsewhere(specifier: string, importer: string): { readonly path: string } | undefined {
    if (packageName(specifier) === undefined) return undefined
    const path = plugnPlayOf(dirname(importer))?.file(specifier, importer, this.#conditions)
    return path === undefined ? undefined : { path }
  }

  /** The file at a path. To the resolver `?` in a name begins something else. */
  #at(path: string): string | undefined {
    if (!basename(path).includes('?')) return this.#plain.sync(dirname(path), `./${basename(path)}`).path
    const found = fileAt(path)
    return found === undefined ? undefined : realpathSync.native(found)
  }

  #find(specifier: string, importer: string): Resolution {
    const name = packageName(specifier)
    if (name !== undefined && isOwnPackage(name)) return { kind: 'as-is', specifier }
    if (isBuiltin(specifier)) return { kind: 'as-is', specifier: `node:${specifier.replace(/^node:/, '')}` }
    // data:, https:, virtual:, …
    if (/^[a-z][a-z0-9+.-]+:/i.test(specifier) && !specifier.startsWith('file:')) return { kind: 'as-is', specifier }
    const named = name === undefined ? undefined : this.#packages.find(name, dirname(importer))
    const { path, error } = this.#file(specifier, importer)
    this.#remember(
      specifier,
      importer,
      path,
      named && name ? join(named.root, specifier.slice(name.length)) : undefined,
    )
    if (path === undefined) {
      if (!named || name === undefined)
        return { kind: 'missing', message: error ?? `Cannot find module '${specifier}'` }
      return this.#external(named, name, specifier)
    }
    const root = packageFolder(path)
    if (root === undefined) {
      // it says how the file is read; puts it on record
      this.#packages.nearest(dirname(path))
      return { kind: 'local', file: path }
    }
    if (named?.root === root && name !== undefined) return this.#external(named, name, specifier)
    const inside = `/${relative(root, path).replaceAll('\\', '/')}`
    return { kind: 'package', package: this.#packages.at(root), name: specifier, path: inside }
  }

  #remember(specifier: string, importer: string, found: string | undefined, inPackage: string | undefined): void {
    if (!this.#record) return
    const { evidence, typescript } = this.#record
    const files = pathsOf(specifier, importer)
    const paths = files.length === 0 ? typescript.pathsOf(specifier, importer) : files
    const inside = found !== undefined && inPackage !== undefined && packageFolder(found) === undefined
    rememberCandidates(inside ? [...paths, inPackage] : paths, found, evidence)
  }

  #external(found: Package, name: string, specifier: string): Resolution {
    return { kind: 'package', package: found, name, path: specifier.slice(name.length) }
  }
}

/** Conditions for `exports`: `--conditions x`, `-C x`, as this process was started with them. */
export function userConditions(): string[] {
  const words = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)]
  return words.flatMap((word, index) => {
    const [, joined] = /^(?:--conditions|-C)=(.+)$/.exec(word) ?? []
    if (joined !== undefined) return [joined]
    return /^(?:--conditions|-C)$/.test(word) && words[index + 1] ? [words[index + 1] as string] : []
  })
}
