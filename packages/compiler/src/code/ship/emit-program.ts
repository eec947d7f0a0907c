import { existsSync } from 'node:fs'
import { basename, dirname, extname } from 'node:path'
import { type ArchiveFile, type Diagnostic, nowhere, type SourceLocation } from '@millrace/ir'
import type { StageCode } from '../digest/stage-code.ts'
import { bundleFailed, missingAsset, pathIn, printFailed } from '../modules/diagnostics.ts'
import { type LocalModule, ModuleGraph } from '../modules/module-graph.ts'
import { packageFolder } from '../modules/packages.ts'
import type { Asset } from '../parse/assets.ts'
import { replaceTokens, tokensIn } from '../parse/tokens.ts'
import { type EmitTools, loadEmitTools } from '../toolchain/emit-tools.ts'
import { carriedFiles } from '../trace/carried-files.ts'
import { PackageContext } from '../trace/package-context.ts'
import { type ShippedPackages, shipPackages } from '../trace/shipped-packages.ts'
import { bundleEmission, carriedIn, type Emission } from './emit-bundle.ts'
import { codeLimit, codeTooLarge } from './emit-diagnostics.ts'
import { findFaults } from './emit-faults.ts'
import { type EmitPlan, planEmission } from './emit-plan.ts'
import type { EntryModule } from './emit-plugin.ts'
import { EmitSources } from './emit-source.ts'
import { type EmitRequest, type EmittedStage, type EmittedStages, packStage, stageArchive } from './emitted-stage.ts'

/** How many stages are bundled at once: rolldown has threads of its own. */
const atOnce = 4

/** Emits the stages of a program; see `emitStages`. */
export async function emitProgram({ stages, at }: EmitRequest): Promise<EmittedStages> {
  const tools = await loadEmitTools()
  const graph = new ModuleGraph(tools)
  const sources = new EmitSources(tools, graph)
  const context = new PackageContext(tools, graph.packages)
  const done = new Map<string, EmittedStage>()
  const problems = new Map<string, readonly Diagnostic[]>()
  const rest = stages.entries()
  const worker = async (): Promise<void> => {
    for (const [key, code] of rest) {
      const emitter = new Emitter({ tools, graph, sources, context }, key, code)
      const emitted = await emitter.emit()
      if (emitted) {
        const size = packedSize(emitted)
        const place = { ...nowhere, ...(at?.(key) ?? placeOf(graph.load(code.file), code.export)) }
        if (size > codeLimit) emitter.diagnostics.push(codeTooLarge(key, size, emitter.parts, place))
        else done.set(key, emitted)
      }
      problems.set(key, emitter.diagnostics)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  const keys = [...stages.keys()]
  const diagnostics = new Map(
    keys.flatMap((key) => problems.get(key) ?? []).map((problem) => [JSON.stringify(problem), problem]),
  )
  return {
    stages: new Map(keys.flatMap((key) => (done.has(key) ? [[key, done.get(key) as EmittedStage] as const] : []))),
    diagnostics: [...diagnostics.values()],
  }
}

/** A path as a URL names it: `#` and `?` mean something there. */
const urlOf = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

/** Where a module declares what it exports. */
function placeOf(module: LocalModule, name: string): SourceLocation {
  const [origin] = module.origins?.(name) ?? []
  const node = origin && 'of' in origin ? (origin.binding?.identifier ?? origin.node) : undefined
  return { file: module.file, ...(node ? module.place(node.start) : {}) }
}

/** Most code is small enough as it is. */
function packedSize(emitted: EmittedStage): number {
  const { length } = stageArchive(emitted)
  return length < codeLimit ? length : packStage(emitted).length
}

/** What the stages of a program share. */
interface Shared {
  readonly tools: EmitTools
  readonly graph: ModuleGraph
  readonly sources: EmitSources
  readonly context: PackageContext
}

/** A module of a stage, before it is known where what it names will lie. */
interface Part {
  /** As the archive names it. */
  readonly path: string
  readonly emission: Emission
}

/** Emits one stage: its module, those of its workers, their assets, and the packages that can't be bundled. */
class Emitter {
  readonly diagnostics: Diagnostic[] = []
  /** Bytes by what they come from: packages by name, files by path. */
  readonly parts = new Map<string, number>()
  readonly #shared: Shared
  readonly #key: string
  readonly #code: StageCode
  readonly #folder: string
  readonly #files: ArchiveFile[] = []
  /** Folders under `assets/`, by what lies there. */
  readonly #places = new Map<string, string>()
  readonly #workers: { readonly file: string; readonly path: string }[] = []

  constructor(shared: Shared, key: string, code: StageCode) {
    this.#shared = shared
    this.#key = key
    this.#code = code
    this.#folder = shared.graph.packages.nearest(dirname(code.file)) ?? dirname(code.file)
  }

  async emit(): Promise<EmittedStage | undefined> {
    const { tools, graph, sources } = this.#shared
    const { file, export: name } = this.#code
    const module = sources.add(file)
    try {
      const plan = await planEmission(tools, graph, module, name)
      for (const problem of plan.problems) this.diagnostics.push(bundleFailed(problem, this.#folder))
      for (const asset of plan.missing) this.diagnostics.push(missingAsset(asset, graph.load(asset.module)))
      if (this.diagnostics.length > 0) return undefined
      const modules: Part[] = [{ path: 'stage.mjs', emission: await this.#bundle(plan, { file, name }) }]
      for (const { file: worker, path } of this.#workers)
        modules.push({ path, emission: await this.#bundle(plan, { file: worker }) })
      if (this.diagnostics.length > 0) return undefined
      const packages = shipPackages(
        this.#shared.context,
        modules.flatMap(({ emission }) => carriedIn(emission)),
      )
      for (const [of, files] of packages.files) for (const shipped of files) this.#ship(shipped, of)
      const [first, ...others] = modules.map(({ path, emission }) => ({
        path,
        code: this.#placed(path, emission, packages),
      }))
      for (const { path, code } of others)
        this.#files.push({ path, bytes: new TextEncoder().encode(code), executable: false })
      return { code: first?.code ?? '', assets: this.#files.sort((a, b) => (a.path < b.path ? -1 : 1)) }
    } catch (error) {
      this.diagnostics.push(printFailed(module, name, error as Error, this.#folder))
      return undefined
    }
  }

  async #bundle(plan: EmitPlan, entry: EntryModule): Promise<Emission> {
    const emission = await bundleEmission({ ...this.#shared, plan, entry })
    const module = this.#shared.graph.load(this.#code.file)
    this.diagnostics.push(...findFaults(this.#shared, this.#key, module, emission, this.#folder))
    this.#count(emission)
    for (const { kind, number } of tokensIn(emission.code)) if (kind === 'asset') this.#carry(number)
    return emission
  }

  /** The code of a module with the paths of what it names. */
  #placed(path: string, { code, carried }: Emission, packages: ShippedPackages): string {
    const up = path.replace(/[^/]+$/, '').replace(/[^/]+\//g, '../') || './'
    return replaceTokens(code, ({ kind, number }) => {
      if (kind !== 'asset') {
        const place = packages.placeOf(carried[number] as string)
        return kind === 'required' ? `${up}${place}` : `${up}${urlOf(place)}`
      }
      const asset = this.#shared.sources.assets[number] as Asset
      const [suffix] = /\/?(?:[?#].*)?$/.exec(asset.written) ?? ['']
      return `${up}${urlOf(this.#places.get(asset.path) as string)}${suffix}`
    })
  }

  #count({ sizes }: Emission): void {
    const { graph, sources } = this.#shared
    for (const [id, size] of sizes) {
      const root = packageFolder(id)
      const local = sources.at(id) ? pathIn(this.#folder, id) : 'millrace'
      this.#add(root === undefined ? local : (graph.packages.at(root)?.name ?? basename(root)), size)
    }
  }

  #add(part: string, size: number): void {
    this.parts.set(part, (this.parts.get(part) ?? 0) + size)
  }

  #ship(file: ArchiveFile, part: string): void {
    this.#files.push(file)
    this.#add(part, file.bytes.length)
  }

  #carry(number: number): void {
    const { graph, sources } = this.#shared
    const { path, module } = sources.assets[number] as Asset
    if (this.#places.has(path)) return
    const folder = `assets/${this.#places.size + 1}`
    if (sources.workers.has(number)) {
      const worker = `${folder}/${basename(path, extname(path))}.mjs`
      this.#places.set(path, worker)
      if (sources.at(module)) sources.add(path)
      this.#workers.push({ file: path, path: worker })
      return
    }
    this.#places.set(path, `${folder}/${basename(path)}`)
    // gone since the plan was made
    if (!existsSync(path)) return
    const top = graph.packages.nearest(dirname(module)) ?? dirname(module)
    for (const file of carriedFiles(path, top, graph.evidence))
      this.#ship({ ...file, path: `${folder}/${file.path}` }, pathIn(this.#folder, path))
  }
}
