import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { type Digest, digestBytes } from '@millrace/ir'
import { digestFolder } from './asset-folder-digest.ts'

/** What a result was made from: it stands as long as every entry is as it was. */
export interface EvidenceRecord {
  /** Content digests of files by absolute path; null: there was no such file. */
  readonly files: Readonly<Record<string, Digest | null>>
  readonly folders: Readonly<Record<string, Digest>>
  /** Real paths, of what may be a link, or become one. */
  readonly links: Readonly<Record<string, string>>
}

/** Reads files and remembers what it saw. */
export class Evidence {
  readonly #files = new Map<string, Digest | null>()
  readonly #folders = new Map<string, Digest>()
  readonly #links = new Map<string, string>()

  /** The bytes of a file, or undefined where there is none. */
  read(path: string): Buffer | undefined {
    const bytes = readIfThere(path)
    if (bytes) this.#files.set(path, digestBytes(bytes))
    else this.exists(path)
    return bytes
  }

  /** The text of a file, without a byte order mark. */
  text(path: string): string | undefined {
    return this.read(path)
      ?.toString('utf8')
      .replace(/^\uFEFF/, '')
  }

  /** The digest of a file that was read. */
  digest(path: string): Digest {
    return this.#files.get(path) ?? this.#folders.get(path) ?? digestBytes(this.read(path) ?? '')
  }

  folder(path: string): Digest {
    const digest = this.#folders.get(path) ?? digestFolder(path)
    this.#folders.set(path, digest)
    return digest
  }

  /** Whether something is there at all; only that there was nothing is remembered. */
  exists(path: string): boolean {
    if (existsSync(path)) return true
    this.#files.set(path, null)
    return false
  }

  realpath(path: string): string {
    const known = this.#links.get(path)
    if (known !== undefined) return known
    const real = realpathSync.native(path)
    this.#links.set(path, real)
    return real
  }

  record(): EvidenceRecord {
    return {
      files: Object.fromEntries(this.#files),
      folders: Object.fromEntries(this.#folders),
      links: Object.fromEntries(this.#links),
    }
  }
}

/** Whether all is still as it was; reads and hashes every file. */
export function stillHolds({ files, folders, links }: EvidenceRecord): boolean {
  for (const [path, digest] of Object.entries(files)) {
    if (digest === null) {
      if (existsSync(path)) return false
      continue
    }
    const bytes = readIfThere(path)
    if (!bytes || digestBytes(bytes) !== digest) return false
  }
  try {
    for (const [path, real] of Object.entries(links)) if (realpathSync.native(path) !== real) return false
    for (const [path, digest] of Object.entries(folders)) if (digestFolder(path) !== digest) return false
  } catch {
    return false
  }
  return true
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    // also of a folder, and of a file that can't be read: the program couldn't either
    return undefined
  }
}
