import { dirname, join } from 'node:path'
import { isOwnPackage } from '../parse/millrace-names.ts'
import type { Evidence } from '../toolchain/evidence.ts'
import { plugnPlayOf } from './plug-n-play.ts'

export interface Package {
  /** Real path of its folder. */
  readonly root: string
  readonly name: string
  readonly version: string
  /** Names of what it depends on; peers and optional ones may be absent. */
  readonly dependencies: readonly string[]
  /** What its `.js` files are; undefined where that is not said. */
  readonly type: 'module' | 'commonjs' | undefined
}

/** Finds packages as node does, by walking up folders, or as Yarn's Plug'n'Play says; each is read once. */
export class Packages {
  readonly #evidence: Evidence
  readonly #byRoot = new Map<string, Package | undefined>()
  readonly #byName = new Map<string, Package | undefined>()
  readonly #nearest = new Map<string, string | undefined>()
  readonly #modules = new Map<string, boolean>()

  constructor(evidence: Evidence) {
    this.#evidence = evidence
  }

  /** The folder of the nearest package.json, from a folder upwards. */
  nearest(folder: string): string | undefined {
    const passed: string[] = []
    let found: string | undefined
    for (let at = folder; ; at = dirname(at)) {
      const known = this.#nearest.has(at)
      found = known ? this.#nearest.get(at) : this.#evidence.read(join(at, 'package.json')) && at
      passed.push(at)
      if (known || found !== undefined || at === dirname(at)) break
    }
    for (const at of passed) this.#nearest.set(at, found)
    return found
  }

  /** The package in a folder. */
  at(root: string): Package | undefined {
    if (!this.#byRoot.has(root)) this.#byRoot.set(root, this.#read(root))
    return this.#byRoot.get(root)
  }

  /** The package that a name means in a folder. */
  find(name: string, folder: string): Package | undefined {
    const key = `${folder}\0${name}`
    if (!this.#byName.has(key)) this.#byName.set(key, this.#search(name, folder))
    return this.#byName.get(key)
  }

  /** Packages and all that they depend on; `millrace` and zod left out. */
  closure(roots: Iterable<Package>): Package[] {
    const seen = new Set<Package>(roots)
    for (const at of seen)
      for (const name of at.dependencies) {
        const found = isOwnPackage(name) ? undefined : this.find(name, at.root)
        if (found) seen.add(found)
      }
    return [...seen]
  }

  #search(name: string, folder: string): Package | undefined {
    for (let at = folder; ; at = dirname(at)) {
      if (this.#hasModules(at)) {
        const place = join(at, 'node_modules', name)
        if (this.#evidence.exists(join(place, 'package.json'))) return this.at(this.#evidence.realpath(place))
      }
      if (at === dirname(at)) break
    }
    const pnp = plugnPlayOf(folder)
    if (!pnp) return undefined
    this.#evidence.read(pnp.map)
    const root = pnp.folder(name, folder)
    return root === undefined ? undefined : this.at(root)
  }

  #hasModules(folder: string): boolean {
    const known = this.#modules.get(folder)
    if (known !== undefined) return known
    const has = !folder.endsWith('node_modules') && this.#evidence.exists(join(folder, 'node_modules'))
    this.#modules.set(folder, has)
    return has
  }

  #read(root: string): Package | undefined {
    const text = this.#evidence.text(join(root, 'package.json'))
    if (text === undefined) return undefined
    const json = parse(text)
    const { name, version } = json
    return {
      root,
      name: typeof name === 'string' ? name : nameOf(root),
      version: typeof version === 'string' ? version : 'none',
      type: json.type === 'module' || json.type === 'commonjs' ? json.type : undefined,
      dependencies: [
        ...new Set(
          [json.dependencies, json.optionalDependencies, json.peerDependencies].flatMap((names) =>
            typeof names === 'object' && names !== null ? Object.keys(names) : [],
          ),
        ),
      ],
    }
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** `/x/node_modules/@a/b` is `@a/b`. */
export const nameOf = (root: string): string => /(?:@[^\\/]+[\\/])?[^\\/]+$/.exec(root)?.[0].replace('\\', '/') ?? root

const folderPattern = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)(?:[\\/]|$)/s

/** The folder of the package in node_modules that a real path lies in. */
export const packageFolder = (path: string): string | undefined => folderPattern.exec(path)?.[1]

/** `@a/b/c` names the package `@a/b`. */
export const packageName = (specifier: string): string | undefined =>
  /^(?:@[^/\\%]+\/)?[^./\\%#][^/\\%]*/.exec(specifier)?.[0]
