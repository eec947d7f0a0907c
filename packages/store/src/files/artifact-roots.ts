import { realpathSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { isPlainPath } from './plain-path.ts'

/** Where stages of any place, and imports, put artifacts. */
const areas = new Set(['attempts', 'inputs', 'jobs', 'nodes'])

/**
 * What a path that a store names is: `here`, a place for artifacts with something there; `lost`, such a place with
 * nothing there; `odd`, another place in the store, or one behind a link; `elsewhere`, a place outside of the store.
 */
export type Standing = 'here' | 'lost' | 'odd' | 'elsewhere'

/** Some file systems give letters with accents back in parts. */
const composed = (path: string): string => path.normalize('NFC')

/** Which paths are places for artifacts in this store; it may have two names, where a link leads to it. */
export class ArtifactRoots {
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
    const root = this.#roots.find((root) => path.startsWith(root + sep))
    const inside =
      root === undefined
        ? undefined
        : path
            .slice(root.length + 1)
            .split(sep)
            .join('/')
    return isPlainPath(inside) && areas.has(inside.slice(0, inside.indexOf('/'))) ? inside : undefined
  }

  standing(path: string): Standing {
    if (path.includes('\0') || resolve(path) !== path) return 'odd'
    const inside = this.relative(path)
    if (inside === undefined)
      return this.#roots.some((root) => (path + sep).startsWith(root + sep)) ? 'odd' : 'elsewhere'
    try {
      return composed(realpathSync.native(path)) === composed(join(this.#roots[1], inside)) ? 'here' : 'odd'
    } catch {
      return 'lost'
    }
  }

  /**
   * For a path in a store from which this one was copied: the same artifact's path here, unless it is behind a link.
   * Only its bytes tell whether it is the same.
   */
  moved(path: string): string | undefined {
    const parts = path.split(sep)
    for (const [i, part] of parts.entries()) {
      const here = areas.has(part) ? [this.root, ...parts.slice(i)].join(sep) : undefined
      if (here !== undefined && this.standing(here) === 'here') return here
    }
    return undefined
  }
}
