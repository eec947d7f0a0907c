import { dirname } from 'node:path'
import { type Digest, digestJson } from '@millrace/ir'
import { type AssetContent, digestAsset } from './asset-digest.ts'
import type { Asset } from './assets.ts'
import { bundleModule, type Printed } from './bundle-module.ts'
import type { LocalModule, ModuleGraph, Problem } from './module-graph.ts'
import type { Package } from './packages.ts'
import { replaceTokens, type Token, tokensIn } from './tokens.ts'
import { contractNumber, type Tools } from './tools.ts'

/** What the digest of one stage's code was taken over. */
export interface StageDigest {
  readonly code: Digest
  readonly modules: readonly LocalModule[]
  /** Digests of assets by absolute path. */
  readonly assets: ReadonlyMap<string, Digest>
  /** `name@version`, with all they depend on, sorted. */
  readonly packages: readonly string[]
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
  readonly #onDemand = new Map<number, Promise<Printed>>()
  readonly #assets = new Map<string, AssetContent | undefined>()

  constructor(tools: Tools, graph: ModuleGraph) {
    this.#tools = tools
    this.#graph = graph
  }

  /**
   * The digest over what an export needs: the printed code of its modules and of all that it loads on demand, the
   * content of its assets, and its packages by version with all they depend on.
   */
  async digest(module: LocalModule, name: string): Promise<StageDigest | StageProblems> {
    const parts = [await bundleModule(this.#tools, this.#graph, module, name)]
    const tokens = new Map<string, Token>()
    const ordinals = new Map<number, number>()
    for (const part of parts)
      for (const token of tokensIn(part.code)) {
        tokens.set(`${token.kind}${token.number}`, token)
        if (token.kind !== 'dynamic' || ordinals.has(token.number)) continue
        ordinals.set(token.number, ordinals.size)
        parts.push(await this.#load(token.number))
      }
    const used = [...tokens.values()]
    const problems = this.#problems(used)
    if (problems) return problems
    const packages = this.#packages(used)
    const code = parts.map((part) => replaceTokens(part.code, (token) => this.#text(token, ordinals)))
    return {
      code: digestJson({ contract: contractNumber, code, packages }),
      modules: [...new Set(parts.flatMap((part) => part.modules))].map(
        (number) => this.#graph.modules[number] as LocalModule,
      ),
      assets: new Map(
        this.#used(used, 'asset', this.#graph.assets).flatMap((asset) => [...(this.#asset(asset)?.sources ?? [])]),
      ),
      packages,
    }
  }

  #load(number: number): Promise<Printed> {
    const known = this.#onDemand.get(number)
    if (known) return known
    const printed = bundleModule(this.#tools, this.#graph, this.#graph.modules[number] as LocalModule)
    this.#onDemand.set(number, printed)
    return printed
  }

  #used<T>(tokens: readonly Token[], kind: Token['kind'], list: readonly T[]): T[] {
    return tokens.flatMap((token) => (token.kind === kind ? [list[token.number] as T] : []))
  }

  #problems(tokens: readonly Token[]): StageProblems | undefined {
    const problems = this.#used(tokens, 'broken', this.#graph.problems)
    const missing = this.#used(tokens, 'asset', this.#graph.assets).filter((asset) => !this.#asset(asset))
    return problems.length + missing.length > 0 ? { problems, missing } : undefined
  }

  #packages(tokens: readonly Token[]): string[] {
    const externals = this.#used(tokens, 'package', this.#graph.externals)
    const found: Package[] = []
    const absent: string[] = []
    for (const external of externals) {
      if (external.package) found.push(external.package)
      else absent.push(external.id)
    }
    return [...this.#graph.packages.closure(found), ...absent].sort()
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
        return `asset:${this.#asset(asset)?.digest}:${asset.path.replace(/.*[\\/]/, '')}`
      }
      case 'package': {
        const external = this.#graph.externals[number]
        return `${external?.effect ? 'effect' : 'package'}:${external?.id}`
      }
      case 'dynamic':
        return `module:${ordinals.get(number)}`
      case 'broken':
        return 'broken'
    }
  }
}
