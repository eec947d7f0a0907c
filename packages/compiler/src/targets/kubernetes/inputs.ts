import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type ArtifactValue, hexOf, isArtifactValue, isObject, type Json, setKey } from '@millrace/ir'

/** A file that is handed to the cluster with the manifests. */
export interface InputFile {
  /** Relative to the store: `inputs/<digest>/<name>`, in a folder with its path there. */
  readonly path: string
  readonly bytes: Uint8Array
  readonly executable: boolean
}

/** Collects the files that parameters and assets name; an artifact gets its path in the store. */
export class Inputs {
  readonly #files = new Map<string, InputFile>()

  get files(): readonly InputFile[] {
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** @param artifact with an absolute path */
  add({ path, digest, size }: ArtifactValue): ArtifactValue {
    const place = `inputs/${hexOf(digest as `sha256:${string}`)}/${basename(path)}`
    this.#read(path, place)
    return { path: place, digest, size }
  }

  /** A value with all its artifacts added. */
  addAll(value: Json): Json {
    if (Array.isArray(value)) return value.map((item) => this.addAll(item))
    if (!isObject(value)) return value
    if (isArtifactValue(value)) return this.add(value) as unknown as Json
    const out = {}
    for (const [key, item] of Object.entries(value)) setKey(out, key, this.addAll(item as Json))
    return out as Json
  }

  #read(path: string, place: string): void {
    const stat = lstatSync(path)
    if (stat.isDirectory())
      for (const name of readdirSync(path).sort()) this.#read(join(path, name), `${place}/${name}`)
    else this.#files.set(place, { path: place, bytes: readFileSync(path), executable: (stat.mode & 0o111) !== 0 })
  }
}
