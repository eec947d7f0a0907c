import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Digest } from '@millrace/ir'
import type { Package } from '../modules/packages.ts'
import { digestPackage, markPackage } from './package-mark.ts'

/** The content of a package's folder. */
export interface PackageContent {
  readonly digest: Digest
  /** What tells that it is still the same. */
  readonly mark: string
  /** When it last became what it is, in milliseconds since 1970, as far as anybody knows. */
  readonly changed: number
}

/** What a key counted of a package. */
export interface KeptPackage extends PackageContent, Pick<Package, 'name' | 'version' | 'root'> {
  readonly isPatched: boolean
  /** Whether its content counted, and not its name alone. */
  readonly counted: boolean
}

/** What stands for a package in a key. */
export interface PackageId {
  /** `name@version` */
  readonly id: string
  /** Of its content, where that is not what was published under this name. */
  readonly digest?: Digest
}

/** Tells which digest was the first one that was seen under a `name@version`; undefined where nobody knows any more. */
export type FirstSeen = (id: string, digest: Digest) => Digest | undefined | Promise<Digest | undefined>

/** The contents of packages. Of one whose files have kept their sizes and times nothing is read. */
export class PackageContents {
  readonly #kept: ReadonlyMap<string, PackageContent>
  readonly #first: FirstSeen
  readonly #known = new Map<string, PackageContent>()
  readonly #ids = new Map<string, Promise<PackageId>>()
  /** Names of files, by the folder of the project. */
  readonly #patches = new Map<string, readonly string[]>()

  /** @param kept what was known of packages before */
  constructor(kept: readonly KeptPackage[] = [], first: FirstSeen = (_, digest) => digest) {
    this.#kept = new Map(kept.map((content) => [content.root, content]))
    this.#first = first
  }

  /** @param root the package's folder */
  at(root: string): PackageContent {
    const known = this.#known.get(root)
    if (known) return known
    const content = this.#look(root)
    this.#known.set(root, content)
    return content
  }

  /** What is kept of a package. */
  async kept({ name, version, root }: Pick<Package, 'name' | 'version' | 'root'>): Promise<KeptPackage> {
    const at = { name, version, root }
    const { digest } = await this.idOf(at)
    return { ...this.at(root), ...at, isPatched: this.isPatched(at), counted: digest !== undefined }
  }

  /** Whether the same stands for them in a key: another store may have seen another content first. */
  async stillHold(packages: readonly KeptPackage[]): Promise<boolean> {
    const same = packages.every((kept) => this.at(kept.root).digest === kept.digest)
    if (!same) return false
    const now = await Promise.all(packages.map((kept) => this.kept(kept)))
    return packages.every(
      ({ isPatched, counted }, index) => now[index]?.isPatched === isPatched && now[index]?.counted === counted,
    )
  }

  renewed(packages: readonly KeptPackage[]): KeptPackage[] {
    return packages.map((kept) => ({ ...kept, ...this.at(kept.root) }))
  }

  indexed(packages: readonly KeptPackage[]): Map<string, PackageContent & { readonly id: string }> {
    return new Map(packages.map(({ name, version, root }) => [root, { id: `${name}@${version}`, ...this.at(root) }]))
  }

  #look(root: string): PackageContent {
    const { text: mark, changed } = markPackage(root)
    const kept = this.#kept.get(root)
    if (kept?.mark === mark) return { digest: kept.digest, mark, changed: kept.changed }
    const digest = digestPackage(root)
    // a new link to a file, or a new copy of it, changes its times and not what it holds
    return { digest, mark, changed: kept?.digest === digest ? kept.changed : changed }
  }

  /** `name@version`; with a digest where a patch is declared, or where other content was seen first. */
  idOf(at: Pick<Package, 'name' | 'version' | 'root'>): Promise<PackageId> {
    const known = this.#ids.get(at.root) ?? this.#idOf(at)
    this.#ids.set(at.root, known)
    return known
  }

  async #idOf({ name, version, root }: Pick<Package, 'name' | 'version' | 'root'>): Promise<PackageId> {
    const id = `${name}@${version}`
    const { digest } = this.at(root)
    if (this.isPatched({ name, version, root })) return { id, digest }
    return (await this.#first(id, digest)) === digest ? { id } : { id, digest }
  }

  /**
   * Whether the project says that it changes a package: by a file in `patches/` (pnpm, bun, patch-package) or
   * `.yarn/patches/` beside the outermost `node_modules`. Its content then counts, in whichever order it was seen: two
   * machines that never meet must compile the same.
   */
  isPatched({ name, version, root }: Pick<Package, 'name' | 'version' | 'root'>): boolean {
    const project = /^(.*?)[\\/]node_modules[\\/]/s.exec(root)?.[1]
    if (project === undefined) return false
    const files = this.#patches.get(project) ?? patchesOf(project)
    this.#patches.set(project, files)
    if (files.length === 0) return false
    const named = name.split('/').map(escaped).join('(?:\\+|__|-)')
    const pattern = new RegExp(`(?:^|\\+\\+)${named}(?:@|\\+|-npm-|-)${escaped(version)}(?:[.+-].*)?\\.patch$`)
    return files.some((file) => pattern.test(file))
  }
}

const escaped = (text: string): string => text.replace(/[.+^$()[\]|\\*?{}]/g, '\\$&')

const patchesOf = (project: string): string[] =>
  [join(project, 'patches'), join(project, '.yarn/patches')].flatMap((folder) => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  })
