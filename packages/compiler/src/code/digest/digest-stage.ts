import { basename, dirname } from 'node:path'
import { type Digest, digestBytes, digestJson } from '@millrace/ir'
import { type AssetContent, digestAsset } from '../modules/asset-digest.ts'
import { bundleModule, type Printed } from '../modules/bundle-module.ts'
import type { LocalModule, ModuleGraph, Problem, Uncounted } from '../modules/module-graph.ts'
import type { Package } from '../modules/packages.ts'
import type { Asset } from '../parse/assets.ts'
import { replaceTokens, type Token, tokensIn } from '../parse/tokens.ts'
import { contractNumber, type Tools } from '../toolchain/tools.ts'
import { canonicalOrder } from './canonical-order.ts'
import type { PackageContents, PackageId } from './package-contents.ts'

/** What the digest of one stage's code was taken over. */
export interface StageDigest {
  readonly code: Digest
  /** Digests of what is in it of each module. */
  readonly modules: ReadonlyMap<LocalModule, Digest>
  /** Digests of assets by absolute path. */
  readonly assets: ReadonlyMap<string, Digest>
  /** With all that they depend on, sorted. */
  readonly packages: readonly UsedPackage[]
  /** Where its code finds files that the digest doesn't count. */
  readonly uncounted: readonly Uncounted[]
  /** Whether a process that loads none of the author's modules can run it. */
  readonly movable: boolean
}

/** A package, by what stands for it in the digest; one that isn't there has no folder. */
export interface UsedPackage extends PackageId {
  readonly root?: string
}

/** Why a stage has no digest. */
export interface StageProblems {
  readonly problems: readonly Problem[]
  readonly missing: readonly Asset[]
}

/** Takes the code digests of the stages of one program; modules that several load on demand are bundled once. */
export class StageDigester {
  readonly #tools: Tools
  readonly #graph: ModuleGraph
  readonly #contents: PackageContents
  readonly #onDemand = new Map<number, Promise<Printed>>()
  readonly #assets = new Map<string, AssetContent | undefined>()

  constructor(tools: Tools, graph: ModuleGraph, contents: PackageContents) {
    this.#tools = tools
    this.#graph = graph
    this.#contents = contents
  }

  /**
   * The digest over what an export needs: the printed code of its modules and of all that it loads on demand, the
   * content of its assets, and its packages by version, and by content where that was changed, with all they depend on.
   */
  async digest(module: LocalModule, name: string): Promise<StageDigest | StageProblems> {
    const parts = [await this.#print(module, name)]
    const loaded: (readonly [LocalModule, string?])[] = [[module, name]]
    const tokens = new Map<string, Token>()
    const ordinals = new Map<number, number>()
    // problems in a script that is only named by path don't count: it may be no module at all
    const needed = new Set(parts)
    const inNeeded = new Map<string, Token>()
    for (const part of parts)
      for (const token of tokensIn(part.code)) {
        tokens.set(`${token.kind}${token.number}`, token)
        if (needed.has(part)) inNeeded.set(`${token.kind}${token.number}`, token)
        if ((token.kind !== 'dynamic' && token.kind !== 'script') || ordinals.has(token.number)) continue
        ordinals.set(token.number, ordinals.size)
        const next = await this.#load(token.number)
        parts.push(next)
        if (token.kind === 'dynamic' && needed.has(part)) needed.add(next)
        loaded.push([this.#graph.modules[token.number] as LocalModule])
      }
    const used = [...tokens.values()]
    const problems = this.#problems([...inNeeded.values()])
    if (problems) return problems
    const packages = await this.#packages(used)
    const code = parts.map((part) => replaceTokens(part.code, (token) => this.#text(token, ordinals)))
    const uncounted = await this.#uncounted(parts, loaded)
    const modules = this.#modules(parts)
    return {
      code: digestJson({ contract: contractNumber, code, packages: textsOf(packages) }),
      modules,
      assets: new Map(
        this.#used(used, 'asset', this.#graph.assets).flatMap((asset) => [...(this.#asset(asset)?.sources ?? [])]),
      ),
      packages,
      uncounted,
      // what it starts or loads by a path would not find the loader of this process there, and CommonJS means another thing
      // in a bundle
      movable:
        !uncounted.some(({ finds, written }) => finds === 'code' || startsCode.test(written)) &&
        !used.some(isScript) &&
        [...modules.keys()].every(({ isModern }) => isModern),
    }
  }

  /** Bundles again, with marks, what may have such places. */
  async #uncounted(
    parts: readonly Printed[],
    loaded: readonly (readonly [LocalModule, string?])[],
  ): Promise<readonly Uncounted[]> {
    const found = new Set<Uncounted>()
    for (const [index, { code, modules }] of parts.entries()) {
      const [module, name] = loaded[index] as (typeof loaded)[number]
      const isMarked = (): boolean => [...modules.keys()].some((number) => this.#graph.modules[number]?.isMarked())
      if (!maybeUncounted.test(code) || !isMarked()) continue
      const marked = await bundleModule(this.#tools, this.#graph, module, name, true)
      for (const site of this.#used(tokensIn(marked.code), 'uncounted', this.#graph.uncounted)) found.add(site)
    }
    return [...found]
  }

  #load(number: number): Promise<Printed> {
    const known = this.#onDemand.get(number)
    if (known) return known
    const printed = this.#print(this.#graph.modules[number] as LocalModule)
    this.#onDemand.set(number, printed)
    return printed
  }

  async #print(module: LocalModule, name?: string): Promise<Printed> {
    const { code, modules } = await bundleModule(this.#tools, this.#graph, module, name)
    return { code: canonicalOrder(code, this.#tools, (statement) => this.#withoutNumbers(statement)), modules }
  }

  #modules(parts: readonly Printed[]): ReadonlyMap<LocalModule, Digest> {
    const codes = new Map<number, string[]>()
    for (const { modules } of parts)
      for (const [number, code] of modules)
        codes.set(number, [...(codes.get(number) ?? []), replaceTokens(code, (token) => this.#name(token))])
    const digests = new Map<LocalModule, Digest>()
    for (const [number, texts] of codes)
      digests.set(this.#graph.modules[number] as LocalModule, digestBytes(texts.sort().join('\n')))
    return digests
  }

  /** What a token names, without its content: that is a source of its own. */
  #name({ kind, number }: Token): string {
    if (kind === 'asset') return basename((this.#graph.assets[number] as Asset).path)
    const external = kind === 'package' ? this.#graph.externals[number] : undefined
    return external ? external.id.replace(`@${external.package?.version}`, '') : kind
  }

  /** Code without the numbers of what it names: they depend on the whole program. */
  #withoutNumbers(code: string): string {
    return replaceTokens(code, (token) =>
      token.kind === 'dynamic' || token.kind === 'script' ? 'module' : this.#text(token, new Map()),
    )
  }

  #used<T>(tokens: readonly Token[], kind: Token['kind'], list: readonly T[]): T[] {
    return tokens.flatMap((token) => (token.kind === kind ? [list[token.number] as T] : []))
  }

  #problems(tokens: readonly Token[]): StageProblems | undefined {
    const problems = this.#used(tokens, 'broken', this.#graph.problems)
    const missing = this.#used(tokens, 'asset', this.#graph.assets).filter((asset) => !this.#asset(asset))
    return problems.length + missing.length > 0 ? { problems, missing } : undefined
  }

  async #packages(tokens: readonly Token[]): Promise<UsedPackage[]> {
    const externals = this.#used(tokens, 'package', this.#graph.externals)
    const found: Package[] = []
    const absent: UsedPackage[] = []
    for (const external of externals) {
      if (external.package) found.push(external.package)
      else absent.push({ id: external.id })
    }
    const used = await Promise.all(
      this.#graph.packages.closure(found).map(async (at) => ({ ...(await this.#contents.idOf(at)), root: at.root })),
    )
    return [...used, ...absent].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
  }

  #asset({ path, module }: Asset): AssetContent | undefined {
    if (!this.#assets.has(path)) {
      const folder = dirname(module)
      const top = this.#graph.packages.nearest(folder) ?? folder
      this.#assets.set(path, digestAsset(path, top, this.#graph.evidence))
    }
    return this.#assets.get(path)
  }

  /** What stands in the digested code for a token. */
  #text({ kind, number }: Token, ordinals: ReadonlyMap<number, number>): string {
    switch (kind) {
      case 'asset': {
        const asset = this.#graph.assets[number] as Asset
        // its name too: code may read it
        return `asset:${this.#asset(asset)?.digest}:${basename(asset.path)}`
      }
      case 'package': {
        const external = this.#graph.externals[number]
        return `${external?.effect ? 'effect' : 'package'}:${external?.id}`
      }
      case 'dynamic':
      case 'script':
        return `module:${ordinals.get(number)}`
      default:
        return kind
    }
  }
}

const startsCode = /^(?:new Worker|fork)\(|^import\.meta\.(?:resolve|main)$|^import\.meta$/
const isScript = ({ kind }: Token): boolean => kind === 'script'

const textOf = ({ id, digest }: PackageId): string => (digest === undefined ? id : `${id} ${digest}`)

/** Each once. */
const textsOf = (packages: readonly PackageId[]): string[] => [...new Set(packages.map(textOf))]

const maybeUncounted =
  /\bimport\.meta\b|\bimport\(|\brequire\b|\bcreateRequire\b|__(?:dir|file)name\b|\bmodule\b|\bread|Stream\b|\bopen|Worker|fork|\benv\b|exists|stat\b|Sync\b|access|\bcp\b|copy/
