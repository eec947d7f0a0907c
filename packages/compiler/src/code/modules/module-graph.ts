import type { Definition } from '../effects/borrowed-parts.ts'
import type { Asset } from '../parse/assets.ts'
import type { Origin } from '../parse/module-names.ts'
import type { Node } from '../parse/syntax.ts'
import { tokenText } from '../parse/tokens.ts'
import { TypescriptOptions } from '../parse/typescript-options.ts'
import type { UncountedSite } from '../parse/untracked-reads.ts'
import { Evidence } from '../toolchain/evidence.ts'
import type { Tools } from '../toolchain/tools.ts'
import { type Package, Packages } from './packages.ts'
import { isCode, jsonModule, type ModuleCode, type ParseProblem, readModule } from './read-module.ts'
import { type Resolution, Resolver } from './resolve-import.ts'

export interface LocalModule extends ModuleCode {
  readonly code: string
  readonly number: number
  readonly file: string
}

/** What keeps a module from being bundled. */
export interface Problem extends ParseProblem {
  readonly file: string
  /** The import that leads nowhere; without one the file itself is wrong. */
  readonly specifier?: string
}

/** A module of a package outside the code. */
export interface External {
  readonly package: Package | undefined
  /** `name@version` and the path inside. */
  readonly id: string
  /** Imported for its effect alone. */
  readonly effect: boolean
}

/** A place that finds files in a way that no digest can follow. */
export interface Uncounted extends UncountedSite {
  readonly file: string
}

/** Data, and modules that are broken. */
interface OnlyCode {
  readonly code: string
}

/** So many times a name may be passed on. */
const deepest = 64

/** The local modules of a program, each read once, on demand; what they name outside is numbered. */
export class ModuleGraph {
  readonly evidence = new Evidence()
  readonly packages: Packages
  readonly modules: LocalModule[] = []
  readonly assets: Asset[] = []
  readonly externals: External[] = []
  readonly problems: Problem[] = []
  readonly uncounted: Uncounted[] = []
  readonly definitions: Definition[] = []
  readonly #tools: Tools
  readonly #resolver: Resolver
  readonly #typescript: TypescriptOptions
  readonly #byFile = new Map<string, LocalModule>()
  readonly #externals = new Map<string, number>()
  readonly #missing = new Map<string, number>()
  readonly #known = new Set<Node>()
  readonly #definitions = new Map<Node, Definition>()

  constructor(tools: Tools) {
    this.#tools = tools
    this.packages = new Packages(this.evidence)
    this.#typescript = new TypescriptOptions(tools, this.evidence)
    this.#resolver = new Resolver(tools, this.packages, { evidence: this.evidence, typescript: this.#typescript })
  }

  /** @param file absolute path */
  load(file: string): LocalModule {
    const known = this.#byFile.get(file)
    if (known) return known
    const number = this.modules.length
    // data and broken modules have nothing but code
    const read = this.#read(file, number)
    const empty = { type: 'js', imports: [], exports: [], reads: [], place: () => ({ line: 1, column: 1 }) } as const
    const same = (): string => ('code' in read ? read.code : '')
    const module: LocalModule = {
      ...empty,
      codeFor: same,
      markedFor: same,
      isMarked: () => false,
      isModern: true,
      ...read,
      number,
      file,
      get code() {
        return this.codeFor()
      },
    }
    this.modules.push(module)
    this.#byFile.set(file, module)
    return module
  }

  resolve(specifier: string, importer: LocalModule): Resolution {
    return this.#resolver.resolve(specifier, importer.file)
  }

  /** The number of an external module. */
  external(resolution: Resolution & { readonly kind: 'package' }, effect: boolean): number {
    const { package: found, name, path } = resolution
    const key = `${effect}\0${found?.root}\0${name}${path}`
    const known = this.#externals.get(key)
    if (known !== undefined) return known
    const id = `${found?.name ?? name}@${found?.version ?? 'none'}${path}`
    this.#externals.set(key, this.externals.push({ package: found, id, effect }) - 1)
    return this.externals.length - 1
  }

  /** The number of the problem that an import leads nowhere. */
  missing(specifier: string, importer: LocalModule, message: string): number {
    const key = `${importer.number}\0${specifier}`
    const known = this.#missing.get(key)
    if (known !== undefined) return known
    const site = importer.imports.find((at) => at.specifier === specifier)
    const problem = { file: importer.file, specifier, message, ...importer.place(site?.offset ?? 0) }
    this.#missing.set(key, this.problems.push(problem) - 1)
    return this.problems.length - 1
  }

  /** What a module imports under a name, where that is of the program. */
  #follow(file: string, specifier: string, name: string, depth = 0): Origin | 'data' | undefined {
    const found = this.#resolver.resolve(specifier, file)
    if (found.kind !== 'local' || depth > deepest) return undefined
    if (!isCode(found.file)) return 'data'
    for (const origin of this.load(found.file).origins?.(name) ?? []) {
      const at = 'from' in origin ? this.#follow(found.file, origin.from, origin.name, depth + 1) : origin
      if (at) return at
    }
    return undefined
  }

  #read(file: string, number: number): OnlyCode | ModuleCode {
    const text = this.evidence.text(file)
    if (text === undefined) return this.#broken({ file, message: 'There is no such file', line: 1, column: 1 })
    if (file.endsWith('.json')) return this.#json(file, text)
    if (!isCode(file)) return { code: `export default ${JSON.stringify(this.evidence.digest(file))}` }
    const read = readModule(file, text, this.#tools, {
      number,
      known: this.#known,
      definitions: this.#definitions,
      follow: (specifier, name) => this.#follow(file, specifier, name),
      typescript: this.#typescript,
      nameAsset: (asset) => tokenText({ kind: 'asset', number: this.assets.push(asset) - 1 }),
      nameDefinition: (definition) => tokenText({ kind: 'stage', number: this.definitions.push(definition) - 1 }),
      nameUncounted: (site) => tokenText({ kind: 'uncounted', number: this.uncounted.push({ ...site, file }) - 1 }),
    })
    return 'problem' in read ? this.#broken({ file, ...read.problem }) : read
  }

  #json(file: string, text: string): OnlyCode {
    try {
      return { code: jsonModule(text) }
    } catch (error) {
      return this.#broken({ file, message: (error as Error).message, line: 1, column: 1 })
    }
  }

  #broken(problem: Problem): OnlyCode {
    return { code: brokenCode(this.problems.push(problem) - 1) }
  }
}

/** Stays in the code of all that load it. */
export const brokenCode = (number: number): string =>
  `globalThis.broken(${JSON.stringify(tokenText({ kind: 'broken', number }))})`
