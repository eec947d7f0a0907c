import { realpathSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { nameOf, type Packages, packageFolder, packageName } from '../modules/packages.ts'
import type { Reach } from '../modules/reach.ts'
import { isOwnPackage } from '../parse/millrace-names.ts'
import { isNative } from './native-addons.ts'
import { packageFiles } from './package-files.ts'
import type { PackageModules } from './package-module.ts'
import type { Dependency } from './package-places.ts'
import type { PackageResolver } from './package-resolver.ts'

/** What keeps a package from running elsewhere. */
export type TraceProblem =
  /** Something that it imports is not there. */
  | { readonly kind: 'missing'; readonly root: string; readonly specifier: string }
  | { readonly kind: 'native'; readonly root: string; readonly name: string }
  /** Only a loader runs it: Node strips no types below `node_modules`. */
  | { readonly kind: 'typed'; readonly root: string }

/** Bytes of a package that can't be shipped whole, however well it is compressed. */
const largest = 20_000_000

/** How sure it is that a file is used: `maybe` for one that only lies in a folder that may be read. */
type Use = 'surely' | 'maybe'

/**
 * The files that some modules of packages need to run unbundled: what they import, and what they find by themselves, by
 * the same rules for each of these. Where nobody knows what a module finds, all of its package.
 */
export class TracedPackages {
  /** Relative paths of files by their package's folder. */
  readonly files = new Map<string, Set<string>>()
  readonly problems: TraceProblem[] = []
  readonly #packages: Packages
  readonly #modules: PackageModules
  readonly #resolver: PackageResolver
  readonly #dependencies = new Map<string, Map<string, string>>()
  readonly #used = new Map<string, Use>()
  readonly #whole = new Set<string>()
  readonly #queue: string[] = []

  constructor(packages: Packages, modules: PackageModules, resolver: PackageResolver, entries: readonly string[]) {
    this.#packages = packages
    this.#modules = modules
    this.#resolver = resolver
    for (const entry of entries) this.#use(entry, 'surely')
    for (let file = this.#queue.pop(); file !== undefined; file = this.#queue.pop()) this.#follow(file)
  }

  dependenciesOf(root: string): Dependency[] {
    return Array.from(this.#dependencies.get(root) ?? [], ([name, needed]) => ({ name, root: needed }))
  }

  #use(file: string, use: Use, follow = true): void {
    const root = packageFolder(file)
    if (root === undefined) return
    const known = this.#used.get(file)
    if (known === 'surely' || known === use) return
    this.#used.set(file, use)
    if (follow) this.#queue.push(file)
    const files = this.files.get(root) ?? new Set()
    this.files.set(root, files)
    files.add(inside(root, file))
    // each says what the files of its folder are
    for (let folder = dirname(file); folder.length >= root.length; folder = dirname(folder))
      if (isFile(join(folder, 'package.json'))) files.add(inside(root, join(folder, 'package.json')))
  }

  #follow(file: string): void {
    const root = packageFolder(file) as string
    const use = this.#used.get(file) as Use
    if (file.endsWith('.node')) {
      this.#native(root, root)
      return
    }
    if (/\.(?:[cm]?ts|[jt]sx)$/.test(file)) {
      if (use === 'surely') this.problems.push({ kind: 'typed', root })
      return
    }
    const module = this.#modules.at(file)
    if (!module) return
    for (const { specifier, loads, optional } of module.imports) this.#need(specifier, file, loads, optional, use)
    for (const reach of module.reaches) this.#reach(reach, file, use)
  }

  #need(specifier: string, importer: string, loads: 'import' | 'require', optional: boolean, use: Use): void {
    if (isBuiltin(specifier) || /^(?:data|node|https?):/.test(specifier)) return
    const root = packageFolder(importer) as string
    const found = this.#resolver.find(specifier, importer, loads)
    if (found === undefined) {
      if (!optional && use === 'surely') this.problems.push({ kind: 'missing', root, specifier })
      return
    }
    const needed = packageFolder(found)
    if (needed === undefined) return
    if (needed !== root) {
      const name = packageName(specifier) ?? nameOf(needed)
      // a test or a script in its folder may import what it was made with
      if (use === 'maybe' && !this.#packages.at(root)?.dependencies.includes(name)) return
      if (isNative(needed) || found.endsWith('.node')) {
        if (!optional) this.#native(root, needed)
        return
      }
      if (isOwnPackage(name) && name !== 'zod') return
      this.#depend(root, name, needed)
    } else if (found.endsWith('.node') && optional) return
    this.#use(found, use)
  }

  #depend(root: string, name: string, needed: string): void {
    const names = this.#dependencies.get(root) ?? new Map<string, string>()
    this.#dependencies.set(root, names)
    if (!names.has(name)) names.set(name, needed)
  }

  #native(root: string, needed: string): void {
    const name = this.#packages.at(needed)?.name ?? nameOf(needed)
    if (!this.problems.some((problem) => problem.kind === 'native' && problem.name === name))
      this.problems.push({ kind: 'native', root, name })
  }

  #reach(reach: Reach, file: string, use: Use): void {
    const root = packageFolder(file) as string
    switch (reach.kind) {
      case 'module':
        return this.#need(reach.specifier, file, 'require', reach.optional, use)
      case 'path':
        return this.#path(reach, file, use)
      case 'any':
        return this.#all(root, reach.loads)
    }
  }

  #path({ path, open, loads }: Reach & { readonly kind: 'path' }, file: string, use: Use): void {
    const root = packageFolder(file) as string
    const stat = statSync(path, { throwIfNoEntry: false })
    if (!open && !stat) {
      // `require` adds what was left out
      const found = loads === undefined ? undefined : this.#resolver.find(path, file, loads)
      if (found !== undefined) this.#use(found, use)
      return
    }
    if (!open && stat?.isFile()) {
      const real = realpathSync(path)
      this.#other(root, real)
      return this.#use(real, loads === undefined ? 'maybe' : use)
    }
    const prefix = stat?.isDirectory() && !path.endsWith('/') && !open ? `${path}/` : path
    const folder = packageFolder(prefix) ?? root
    // above itself: where its dependencies lie, or the project
    if (!prefix.startsWith(`${folder}/`)) return this.#all(root, false)
    for (const inner of packageFiles(folder, prefix)) this.#use(join(folder, inner), 'maybe')
  }

  /** A file of another package, found by the path to it. */
  #other(root: string, file: string): void {
    const needed = packageFolder(file)
    if (needed !== undefined && needed !== root) this.#depend(root, nameOf(needed), needed)
  }

  #all(root: string, loads: boolean): void {
    const key = `${loads} ${root}`
    if (this.#whole.has(key)) return
    this.#whole.add(key)
    const all = packageFiles(root, `${root}/`).map((inner) => join(root, inner))
    // what will be told to be too large need not be read
    const isLarge = all.reduce((sum, file) => sum + statSync(file).size, 0) > largest
    for (const file of all) this.#use(file, 'maybe', !isLarge)
    if (!loads) return
    const manifest = join(root, 'package.json')
    for (const name of this.#packages.at(root)?.dependencies ?? [])
      for (const way of ['import', 'require'] as const)
        if (this.#resolver.find(name, manifest, way) !== undefined) this.#need(name, manifest, way, true, 'surely')
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

const inside = (root: string, file: string): string => relative(root, file).replaceAll('\\', '/')
