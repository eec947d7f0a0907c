import { realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import { isPlainPath } from './plain-path.ts'

/** Where stages of any place, and imports, put artifacts. */
const areas = new Set(['attempts', 'inputs', 'jobs', 'nodes'])

/** Which paths are places for artifacts in this store; it may have two names, where a link leads to it. */
export class ArtifactPlaces {
  readonly #roots: readonly [given: string, real: string]

  constructor(roots: readonly [given: string, real: string]) {
    this.#roots = roots
  }

  /** The store's folder, as it was given. */
  get root(): string {
    return this.#roots[0]
  }

  /** An absolute path of the store as manifests have it: relative, with `/`. Undefined for any other. */
  relative(path: string): string | undefined {
    for (const root of this.#roots) {
      if (!path.startsWith(root + sep)) continue
      const inside = path
        .slice(root.length + 1)
        .split(sep)
        .join('/')
      return isPlainPath(inside) && areas.has(inside.slice(0, inside.indexOf('/'))) ? inside : undefined
    }
    return undefined
  }

  /** Whether something lies at a path where artifacts of the store lie, and no link leads it elsewhere. */
  holds(path: string): boolean {
    const inside = this.relative(path)
    if (inside === undefined) return false
    try {
      return realpathSync.native(path) === join(this.#roots[1], inside)
    } catch {
      // nothing is there
      return false
    }
  }
}
