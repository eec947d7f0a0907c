import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, hexOf, type Schema } from '@millrace/ir'
import type { ArtifactRoots } from '../../files/artifact-roots.ts'
import { put, putIfAbsent, remove } from '../../files/atomic-write.ts'
import { errnoOf, onDisk } from '../../files/file-errors.ts'
import { isLink } from '../../files/own-folders.ts'
import { isRealBelow } from '../../files/real-folder.ts'
import { readText } from '../../files/regular-file.ts'
import type { Result } from '../../result.ts'
import { type Commit, manifestName, manifestPattern, readManifest, writeManifest } from './manifest.ts'

/** The manifests under `results/`, and which of a key's is current. */
export class Manifests {
  readonly #places: ArtifactRoots
  readonly #folder: string
  readonly #scratch: string
  /** What the folders held when they were first read, and what this process added: most keys are not there. */
  readonly #listed = new Map<string, Set<string>>()

  constructor(places: ArtifactRoots, folder: string, scratch: string) {
    this.#places = places
    this.#folder = folder
    this.#scratch = scratch
  }

  /** The current result of a key, if its manifest is whole. Artifacts are not looked at. */
  find(key: Digest, schema: Schema): Result | undefined {
    const hex = hexOf(key)
    return this.#lists(hex.slice(0, 2)) && this.#lists(hex.slice(0, 2), hex) ? this.read(key, schema) : undefined
  }

  /** The same without the listing: what other processes committed meanwhile too. */
  read(key: Digest, schema: Schema): Result | undefined {
    try {
      const hex = hexOf(key)
      if (!isRealBelow(this.#folder, hex.slice(0, 2), hex)) return undefined
      const name = readText(join(this.#keyFolder(key), 'current')).trim()
      return manifestPattern.test(name) ? this.#manifest(key, name, schema) : undefined
    } catch {
      return undefined
    }
  }

  /** The result in the manifest that has this output's digest, current or not. */
  sameOutput(commit: Commit): Result | undefined {
    try {
      return this.#manifest(commit.key, manifestName(commit.digest), commit.schema)
    } catch {
      return undefined
    }
  }

  /** Writes the manifest; without `over` only where its file isn't, and tells whether it did. */
  write(commit: Commit, over: boolean): boolean {
    const hex = hexOf(commit.key)
    this.#listed.get('')?.add(hex.slice(0, 2))
    this.#listed.get(hex.slice(0, 2))?.add(hex)
    // what a link leads to is no part of the store
    for (const folder of [join(this.#folder, hex.slice(0, 2)), this.#keyFolder(commit.key)])
      if (isLink(folder)) remove(folder)
    return this.#put(commit, manifestName(commit.digest), writeManifest(this.#places, commit), over)
  }

  /** Makes the manifest of this output current; without `over` only where none is, and tells whether it did. */
  point(commit: Commit, over: boolean): boolean {
    return this.#put(commit, 'current', `${manifestName(commit.digest)}\n`, over)
  }

  /** Leaves no trace of the manifest of this output, if the run wrote it and it is current. */
  takeBack({ key, schema, digest, run }: Pick<Commit, 'key' | 'schema' | 'digest' | 'run'>): void {
    const current = this.read(key, schema)
    if (current?.from !== run || current.digest !== digest) return
    for (const name of ['current', manifestName(digest)]) {
      const path = join(this.#keyFolder(key), name)
      onDisk('remove', path, () => rmSync(path, { force: true }))
    }
  }

  #put(commit: Commit, name: string, text: string, over: boolean): boolean {
    const path = join(this.#keyFolder(commit.key), name)
    if (!over) return putIfAbsent(this.#scratch, path, text)
    put(this.#scratch, path, text)
    return true
  }

  #keyFolder(key: Digest): string {
    const hex = hexOf(key)
    return join(this.#folder, hex.slice(0, 2), hex)
  }

  #manifest(key: Digest, name: string, schema: Schema): Result | undefined {
    const text = readText(join(this.#keyFolder(key), name))
    return readManifest(text, name, key, schema, this.#places)
  }

  #lists(folder: string, name?: string): boolean {
    const under = name === undefined ? '' : folder
    let names = this.#listed.get(under)
    if (!names) {
      try {
        names = new Set(readdirSync(join(this.#folder, under)))
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') return true
        names = new Set()
      }
      this.#listed.set(under, names)
    }
    return names.has(name ?? folder)
  }
}
