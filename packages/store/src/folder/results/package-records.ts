import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type Digest, isObject, parseChecksummed, withChecksum } from '@millrace/ir'
import { putIfAbsent } from '../../files/atomic-write.ts'
import { errnoOf, storeFailed } from '../../files/file-errors.ts'
import { readText } from '../../files/regular-file.ts'

/** The contents of packages under which results were made, for all who share the store. */
export interface PackageRecords {
  /**
   * The digest that was the first one seen under `name@version`; it may be this one. Undefined where that is damaged:
   * then nobody knows it any more.
   */
  first(id: string, digest: Digest): Digest | undefined
}

/** A file for each in a folder of the store; none is ever replaced or pruned: results stand under what it says. */
export class FolderPackages implements PackageRecords {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  first(id: string, digest: Digest): Digest | undefined {
    const path = join(this.#folder, `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.json`)
    let text = read(path)
    if (text === undefined) {
      if (putIfAbsent(this.#folder, path, withChecksum({ package: id, digest }))) return digest
      text = read(path) ?? ''
    }
    const value = parse(text)
    return isObject(value) && value.package === id && typeof value.digest === 'string'
      ? (value.digest as Digest)
      : undefined
  }
}

function read(path: string): string | undefined {
  try {
    return readText(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw storeFailed('read', path, error)
  }
}

function parse(text: string): unknown {
  try {
    return parseChecksummed(text)
  } catch {
    return undefined
  }
}
