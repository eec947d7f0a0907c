import { dirname, join } from 'node:path'
import type { Plugin, ResolveIdResult, RolldownMagicString } from 'rolldown'
import { translate } from '../effects/plain-code.ts'
import type { LocalModule, ModuleGraph } from '../modules/module-graph.ts'
import { isCode, jsonModule, languageOf } from '../modules/read-module.ts'
import type { EmitSources } from '../ship/emit-source.ts'
import type { EmitTools } from '../toolchain/emit-tools.ts'
import { throughTsx } from '../toolchain/through-tsx.ts'
import { metaModule, workerSource } from './worker-source.ts'

const prefix = '\0millrace/'
const metaPrefix = `${prefix}meta/`
const requirePrefix = `${prefix}require/`
export const stagePrefix = `${prefix}stage/`

/** What a module imports that is not of the program, by the text that stands for it. */
export type OutsideImports = Record<string, { readonly specifier: string; readonly from: string }>

interface WorkerRequest {
  readonly tools: EmitTools
  readonly MagicString: typeof RolldownMagicString
  readonly graph: ModuleGraph
  readonly sources: EmitSources
  /** The stages, by the number behind `stagePrefix`. */
  readonly stages: readonly { readonly file: string; readonly export: string }[]
}

/** Gives the bundler the modules of a program as workers run them; packages stay outside. */
export class WorkerPlugin {
  readonly outside: OutsideImports = {}
  readonly #request: WorkerRequest
  readonly #known = new Map<string, string>()
  readonly #numbers = new Map<string, number>()

  constructor(request: WorkerRequest) {
    this.#request = request
  }

  hooks(): Plugin {
    return {
      name: 'millrace',
      resolveId: (specifier, importer, { kind }) =>
        specifier.startsWith(prefix) || importer === undefined
          ? specifier
          : this.#resolve(specifier, importer, kind === 'dynamic-import'),
      load: (id) => this.#load(id),
      transform: {
        order: 'pre',
        handler: (code, id) => {
          if (!this.#isModule(id)) return null
          const { tools } = this.#request
          return { ...translated(translate(tools, id, code, languageOf(id))), moduleType: 'js' }
        },
      },
    }
  }

  #isModule(id: string): boolean {
    return !id.startsWith(prefix) && isCode(id) && languageOf(id) !== 'js' && this.#request.sources.at(id) !== undefined
  }

  #resolve(specifier: string, importerId: string, dynamic: boolean): ResolveIdResult {
    const { graph, sources } = this.#request
    const importer = importerId.startsWith(stagePrefix) ? graph.load(specifier) : sources.at(importerId)
    // what a translation needs of its own
    if (!importer || specifier.startsWith('@oxc-project/runtime/')) return null
    if (importerId.startsWith(stagePrefix)) return this.#local(specifier)
    const found = graph.resolve(specifier, importer)
    if (found.kind === 'local' && (isCode(found.file) || found.file.endsWith('.json'))) return this.#local(found.file)
    if (found.kind === 'as-is' && found.specifier.startsWith('node:'))
      return { id: found.specifier, external: true, moduleSideEffects: false }
    const id = this.#outside(specifier, importer.file)
    const moduleSideEffects = isBare(importer, specifier)
    if (dynamic || specifier === 'millrace' || !this.#isRequired(importer.file))
      return { id, external: true, moduleSideEffects }
    return { id: `${requirePrefix}${id}`, moduleSideEffects }
  }

  /** Modules of one folder find the same. */
  #outside(specifier: string, from: string): string {
    const place = `${dirname(from)}\0${specifier}`
    const known = this.#known.get(place)
    if (known !== undefined) return known
    const text = `millrace-import:${this.#known.size}`
    this.outside[text] = { specifier, from }
    this.#known.set(place, text)
    return text
  }

  /** What tsx translates to CommonJS requires what it imports. */
  #isRequired(file: string): boolean {
    const { packages } = this.#request.graph
    if (/\.c[jt]s$/.test(file)) return true
    if (/\.m[jt]s$/.test(file) || !throughTsx()) return false
    const root = packages.nearest(dirname(file))
    return root === undefined || packages.at(root)?.type !== 'module'
  }

  #local(file: string): ResolveIdResult {
    const { graph, sources } = this.#request
    sources.add(file)
    const root = graph.packages.nearest(dirname(file))
    return {
      id: file,
      // as where it runs unbundled, whatever `sideEffects` of its package.json says
      moduleSideEffects: true,
      ...(root === undefined ? {} : { packageJsonPath: join(root, 'package.json') }),
    }
  }

  #load(id: string): { readonly code: string; readonly map?: string; readonly moduleType?: 'js' } | null {
    const { graph, sources, stages, MagicString } = this.#request
    if (id.startsWith(stagePrefix)) {
      const stage = stages[Number(id.slice(stagePrefix.length))]
      return { code: `export { ${JSON.stringify(stage?.export)} as default } from ${JSON.stringify(stage?.file)}` }
    }
    if (id.startsWith(requirePrefix)) {
      const { specifier, from } = this.outside[id.slice(requirePrefix.length)] ?? {}
      const words = `${JSON.stringify(specifier)}, ${JSON.stringify(from)}`
      return { code: `module.exports = globalThis[Symbol.for('millrace.require')](${words})`, moduleType: 'js' }
    }
    if (id.startsWith(metaPrefix)) return { code: metaModule(this.#fileOf(id)) }
    if (!sources.at(id)) return null
    const text = graph.evidence.text(id) ?? ''
    if (id.endsWith('.json')) return { code: jsonModule(text), moduleType: 'js' }
    const source = workerSource(sources, MagicString, id, text, `${metaPrefix}${this.#numberOf(id)}`)
    if (!source) throw new Error(`${id} does not parse`)
    return languageOf(id) === 'js' ? { ...source, moduleType: 'js' } : source
  }

  #numberOf(file: string): number {
    const number = this.#numbers.get(file) ?? this.#numbers.size
    this.#numbers.set(file, number)
    return number
  }

  #fileOf(id: string): string {
    const number = Number(id.slice(metaPrefix.length))
    return [...this.#numbers.keys()][number] as string
  }
}

/** Whether it is imported for its effect alone. */
const isBare = ({ imports }: LocalModule, specifier: string): boolean =>
  imports.some((site) => site.bare && site.specifier === specifier)

const translated = ({ code, map }: ReturnType<typeof translate>) => ({
  code,
  ...(map === undefined ? {} : { map: JSON.stringify(map) }),
})
