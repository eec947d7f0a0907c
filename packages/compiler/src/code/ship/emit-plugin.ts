import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin, PluginContext, ResolveIdResult } from 'rolldown'
import type { LocalModule, ModuleGraph } from '../modules/module-graph.ts'
import { packageFolder } from '../modules/packages.ts'
import { isCode } from '../modules/read-module.ts'
import { Resolver } from '../modules/resolve-import.ts'
import { isUrl } from '../parse/candidates.ts'
import { applyEdits } from '../parse/edits.ts'
import { analyse } from '../parse/scopes.ts'
import { isToken } from '../parse/tokens.ts'
import type { EmitTools } from '../toolchain/emit-tools.ts'
import { CarriedModules } from '../trace/carried-modules.ts'
import { isNative, nativeStub } from '../trace/native-addons.ts'
import type { PackageContext } from '../trace/package-context.ts'
import { mayBeBound, toLookAt } from '../trace/package-module.ts'
import type { EmitPlan } from './emit-plan.ts'
import { assetTokens, type EmitSources } from './emit-source.ts'

const prefix = '\0millrace/'
const nothing = `${prefix}nothing`
const leftOut = `${prefix}left-out`
export const entryId = `${prefix}entry`

export interface EntryModule {
  readonly file: string
  /** Becomes the default export. Without one the module is taken whole. */
  readonly name?: string
}

export interface EmitRequest {
  readonly tools: EmitTools
  readonly graph: ModuleGraph
  readonly sources: EmitSources
  readonly plan: EmitPlan
  readonly entry: EntryModule
  /** Imports of packages that lead nowhere: `file\0specifier`. */
  readonly absent: ReadonlySet<string>
  /** Ids of modules that something imports for their effect alone. */
  readonly effects: ReadonlySet<string>
  readonly context: PackageContext
  /** Folders of the packages whose modules lie beside the bundle. */
  readonly carried: ReadonlySet<string>
}

type Kind = NonNullable<Parameters<PluginContext['resolve']>[2]>['kind']

/** Neither a module nor data: `./x.wasm`. */
const isOtherKind = (path: string): boolean => /\.(?!(?:[cm]?[jt]sx?|json|node)$)\w+$/.test(path)

const isMillrace = (specifier: string): boolean => /^(?:millrace|@millrace\/[^/]+)(?:\/|$)/.test(specifier)

/** Gives the bundler the modules of a program as they are to run, and those of packages as they are. */
export class EmitPlugin {
  /** The modules that stand for native code, by id, with the name of each. */
  readonly natives = new Map<string, string>()
  /** The modules that import one, by id; known when something is wrong. */
  readonly importers = new Map<string, Set<string>>()
  readonly #request: EmitRequest
  readonly #resolver: Resolver
  /** Modules that turned out to be imported for their effect when they were loaded already as if they had none. */
  readonly late = new Set<string>()
  /** Modules of packages that can't be part of a bundle. */
  readonly bound = new Set<string>()
  /** Modules of packages that import what only Node itself loads. */
  readonly needsNode = new Set<string>()
  readonly carried: CarriedModules
  readonly #effects = new Set<string>()
  /** What modules of packages import for its effect, by the id of the module. */
  readonly #bare = new Map<string, ReadonlySet<string>>()
  /** Folders of the packages that are Millrace's own. */
  readonly #own = new Set<string>()
  readonly #nativeRoots = new Map<string, boolean>()

  constructor(request: EmitRequest) {
    this.#request = request
    this.#resolver = new Resolver(request.tools, request.graph.packages)
    this.carried = new CarriedModules(request.context, request.carried)
  }

  hooks(): Plugin {
    const self = this
    return {
      name: 'millrace',
      resolveId(specifier, importer, { kind }) {
        if (specifier.startsWith(prefix) || self.#request.sources.at(specifier)) return specifier
        if (isToken(specifier)) return { id: specifier, external: true }
        if (importer === undefined || importer.startsWith(prefix)) return null
        const local = self.#request.sources.at(importer)
        return local
          ? self.#fromLocal(this, specifier, local, kind as Kind)
          : self.#fromPackage(this, specifier, importer, kind as Kind)
      },
      load: (id) => self.#load(id),
      transform: {
        filter: { code: toLookAt },
        handler: (code, id) => self.#look(code, id),
      },
      generateBundle(_, files) {
        for (const id of self.#effects) if (this.getModuleInfo(id)?.moduleSideEffects === false) self.late.add(id)
        const imports = Object.values(files).flatMap((file) => (file.type === 'chunk' ? file.imports : []))
        if (self.natives.size === 0 && !self.carried.any && imports.every((specifier) => isBuiltin(specifier))) return
        for (const id of this.getModuleIds()) {
          const { importedIds = [], dynamicallyImportedIds = [] } = this.getModuleInfo(id) ?? {}
          for (const imported of [...importedIds, ...dynamicallyImportedIds])
            self.importers.set(imported, (self.importers.get(imported) ?? new Set()).add(id))
        }
      },
    }
  }

  async #fromLocal(
    context: PluginContext,
    specifier: string,
    importer: LocalModule,
    kind: Kind,
  ): Promise<ResolveIdResult> {
    const { graph, plan, sources } = this.#request
    // what a translation needs of its own
    if (specifier.startsWith('@oxc-project/runtime/')) return null
    const found = graph.resolve(specifier, importer)
    switch (found.kind) {
      case 'local': {
        if (!/\.(?:json|node)$/.test(found.file) && !isCode(found.file))
          return { id: specifier, external: true, moduleSideEffects: false }
        sources.add(found.file)
        const root = graph.packages.nearest(dirname(found.file))
        return {
          id: found.file,
          // nothing here believes `sideEffects` of its package.json: where it runs unbundled all of it is loaded
          moduleSideEffects: true,
          ...(root === undefined ? {} : { packageJsonPath: join(root, 'package.json') }),
        }
      }
      case 'as-is':
        if (isMillrace(specifier)) return this.#millrace(context, specifier, importer.file, kind)
        if (/^zod(?:\/|$)/.test(specifier)) return this.#real(context, specifier, importer, kind)
        return { id: found.specifier, external: true, moduleSideEffects: false }
      case 'package': {
        const effect = importer.imports.some((site) => site.bare && site.specifier === specifier)
        const isNeeded = plan.packages.has(graph.external(found, effect))
        const real = await this.#real(context, specifier, importer, kind)
        if (typeof real !== 'object' || real === null) return real
        if (!isNeeded) return { ...real, moduleSideEffects: false }
        return effect ? this.#forEffect(real) : real
      }
      case 'missing':
        return kind === 'import-statement' ? nothing : { id: specifier, external: true }
    }
  }

  /** The file in a package, or what is left where there is none: an import that fails when it runs. */
  async #real(context: PluginContext, specifier: string, importer: LocalModule, kind: Kind): Promise<ResolveIdResult> {
    const found = await context.resolve(specifier, importer.file, { kind, skipSelf: true })
    if (found && !found.external) return this.carried.inPlaceOf(found, kind) ?? found
    const url = this.#resolver.urlOf(specifier, importer.file)
    return url === undefined ? { id: specifier, external: true } : fileURLToPath(url)
  }

  /** No module of Millrace has an effect on load that a stage needs. */
  async #millrace(context: PluginContext, specifier: string, importer: string, kind: Kind): Promise<ResolveIdResult> {
    const found = await context.resolve(specifier, importer, { kind, skipSelf: true })
    if (!found) return null
    const root = this.#request.graph.packages.nearest(dirname(found.id))
    if (root !== undefined) this.#own.add(root)
    return { ...found, moduleSideEffects: false }
  }

  async #fromPackage(
    context: PluginContext,
    specifier: string,
    importer: string,
    kind: Kind,
  ): Promise<ResolveIdResult> {
    // only letter by letter to the bundler
    const url = isUrl(specifier) && specifier.startsWith('.') ? this.#resolver.urlOf(specifier, importer) : undefined
    if (url !== undefined) return fileURLToPath(url)
    if (isMillrace(specifier)) return this.#millrace(context, specifier, importer, kind)
    if (this.#request.absent.has(`${importer}\0${specifier}`))
      return specifier.endsWith('.node') ? join(dirname(importer), specifier) : { id: specifier, external: true }
    const root = this.#request.graph.packages.nearest(dirname(importer))
    if (root === undefined || !this.#own.has(root)) {
      const isBare = this.#bare.get(importer)?.has(specifier) === true
      const isAsked = isBare || this.#request.effects.size > 0 || this.carried.any || isOtherKind(specifier)
      if (!isAsked || isBuiltin(specifier)) return null
      const found = await context.resolve(specifier, importer, { kind, skipSelf: true })
      if (!found || found.external) return null
      if (isOtherKind(found.id)) {
        this.needsNode.add(importer)
        return { id: specifier, external: true }
      }
      const real = this.carried.inPlaceOf(found, kind) ?? found
      return isBare || this.#request.effects.has(found.id) ? this.#forEffect(real) : real
    }
    // the command line and the compiler, loaded when they are needed
    if (kind === 'dynamic-import') return leftOut
    if (specifier.startsWith('.')) return { id: join(dirname(importer), specifier), moduleSideEffects: false }
    const found = await context.resolve(specifier, importer, { kind, skipSelf: true })
    const real = found && !found.external ? (this.carried.inPlaceOf(found, kind) ?? found) : found
    return real && typeof real === 'object' ? { ...real, moduleSideEffects: false } : real
  }

  #load(id: string): { readonly code: string; readonly moduleType?: 'js' } | null {
    const { sources, entry, plan } = this.#request
    if (id === entryId)
      return { code: `export { ${JSON.stringify(entry.name)} as default } from ${JSON.stringify(entry.file)}` }
    if (id === nothing) return { code: 'export {}' }
    const carried = this.carried.load(id)
    if (carried !== undefined) return { code: carried, moduleType: 'js' }
    if (id === leftOut) return { code: "throw new Error('This part of millrace is not shipped with a stage')" }
    const name = this.#nativeName(id)
    if (name !== undefined) {
      this.natives.set(id, name)
      return { code: nativeStub(name), moduleType: 'js' }
    }
    return sources.at(id) ? { code: sources.read(id, plan.unused).code, moduleType: 'js' } : null
  }

  #nativeName(id: string): string | undefined {
    const root = packageFolder(id)
    if (root === undefined) return id.endsWith('.node') ? basename(id) : undefined
    if (!id.endsWith('.node') && !this.#isNative(root)) return undefined
    return this.#request.graph.packages.at(root)?.name ?? basename(root)
  }

  #isNative(root: string): boolean {
    const known = this.#nativeRoots.get(root)
    if (known !== undefined) return known
    const native = isNative(root)
    this.#nativeRoots.set(root, native)
    return native
  }

  /** An import for the effect alone is one, whatever `sideEffects` of the package says. */
  #forEffect(found: ResolveIdResult): ResolveIdResult {
    if (typeof found !== 'object' || found === null) return found
    this.#effects.add(found.id)
    return { ...found, moduleSideEffects: true }
  }

  /**
   * Looks at what a module of a package asks for. Packages name files beside their modules, too; those of the program
   * have their tokens already.
   */
  #look(code: string, id: string): string | null {
    const { tools, graph, sources, context } = this.#request
    const root = graph.packages.nearest(dirname(id))
    if (sources.at(id) || root === undefined || this.#own.has(root) || !id.startsWith(root)) return null
    if (packageFolder(id) === undefined || this.natives.has(id) || !mayBeBound(code)) return null
    const module = context.modules.at(id)
    if (!module) return null
    const bare = module.imports.filter((needed) => needed.bare).map(({ specifier }) => specifier)
    if (bare.length > 0) this.#bare.set(id, new Set(bare))
    if (module.isBound) this.bound.add(id)
    if (module.isBound || !/\bimport\.meta\.url\b/.test(code)) return null
    const analysis = analyse(tools.parseSync(id, code, { preserveParens: false }).program)
    const edits = assetTokens(id, analysis, (asset, worker) =>
      existsSync(asset.path) ? sources.name(asset, worker) : undefined,
    )
    return edits.length > 0 ? applyEdits(code, edits) : null
  }
}
