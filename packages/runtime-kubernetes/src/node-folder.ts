import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Diagnostic, Digest, Json, JsonObject, Resources } from '@millrace/ir'
import { makeFolder, onDisk } from '@millrace/store'

/** What one completion index is to do; the runner in its pod reads it from `items/<index>.json`. */
export interface Item {
  readonly version: 1
  readonly run: string
  readonly pipeline: string
  readonly node: string
  /** One number per enclosing map. */
  readonly index?: readonly number[]
  readonly generation: number
  readonly key: Digest
  readonly inputDigest: Digest
  readonly codeDigest: string
  readonly seed: number
  readonly resources: Resources
  readonly timeout?: string
  /** Further attempts after the first. */
  readonly retries: number
  /** Paths of artifacts are relative to the store. */
  readonly input: Json
}

/** What a Job was released with: its items by completion index, told by their input digests and keys. */
export interface Release {
  readonly version: 1
  readonly run: string
  /** Uid of the Job: one that was applied again has the name only. */
  readonly job: string
  readonly items: readonly { readonly key: Digest; readonly inputDigest: Digest }[]
}

/** The done marker (contracts: stage). */
export interface DoneMarker {
  readonly inputDigest: string
  readonly codeDigest: string
  readonly index: number
  readonly generation: number
  readonly outputDigest: Digest
}

export interface FailedMarker {
  readonly cause: Diagnostic
  readonly retry: boolean
}

/** A marker of one attempt: `done/<index>-<pod uid>.json`. */
export interface Marker {
  readonly index: number
  readonly pod: string
}

/**
 * The folder `nodes/<job>` of the store, through which the driver and the pods of one Job speak: `items/` and
 * `release.json` are the driver's, `attempts/`, `done/` and `failed/` the pods'.
 */
export class NodeFolder {
  readonly #path: string
  readonly #seen = new Set<string>()

  constructor(root: string, job: string) {
    this.#path = join(root, 'nodes', job)
  }

  attempt({ index, pod }: Marker): string {
    return join(this.#path, 'attempts', `${index}-${pod}`)
  }

  /** Writes what is to be done. What an earlier Job of this name told is forgotten; what its attempts wrote stays. */
  release(release: Release, items: readonly Item[]): void {
    for (const name of ['done', 'failed']) {
      const folder = join(this.#path, name)
      onDisk('remove', folder, () => rmSync(folder, { recursive: true, force: true }))
    }
    this.#seen.clear()
    for (const name of ['', 'items', 'attempts', 'done', 'failed']) {
      const folder = join(this.#path, name)
      onDisk('create', folder, () => {
        makeFolder(folder)
        // a pod of another user has only its group's rights
        chmodSync(folder, 0o2770)
      })
    }
    for (const [i, item] of items.entries()) this.#write(join('items', `${i}.json`), item)
    this.#write('release.json', release)
  }

  released(): Release | undefined {
    return this.#read('release.json') as Release | undefined
  }

  /** Markers that were not given before. */
  *marked(kind: 'done' | 'failed'): Iterable<Marker> {
    for (const name of this.#names(kind)) {
      const id = `${kind}/${name}`
      const [, index, pod] = /^(\d+)-(.+)\.json$/.exec(name) ?? []
      if (index === undefined || pod === undefined || this.#seen.has(id)) continue
      this.#seen.add(id)
      yield { index: Number(index), pod }
    }
  }

  /** A marker that could not be read is looked at again. */
  forget(kind: 'done' | 'failed', marker: Marker): void {
    this.#seen.delete(`${kind}/${markerName(marker)}`)
  }

  done(marker: Marker): DoneMarker | undefined {
    return this.#read(`done/${markerName(marker)}`) as unknown as DoneMarker | undefined
  }

  failed(marker: Marker): FailedMarker | undefined {
    return this.#read(`failed/${markerName(marker)}`) as unknown as FailedMarker | undefined
  }

  /** Tells of an attempt that could not do so itself: the next pod of its item counts it. */
  fail(marker: Marker, failed: FailedMarker): void {
    this.#seen.add(`failed/${markerName(marker)}`)
    this.#write(join('failed', markerName(marker)), failed)
  }

  output(marker: Marker): Json | undefined {
    return this.#read(join('attempts', `${marker.index}-${marker.pod}`, 'output.json'))
  }

  #names(kind: string): string[] {
    try {
      return readdirSync(join(this.#path, kind)).sort()
    } catch {
      // not there yet, or the volume lags: the next look tells
      return []
    }
  }

  #text(name: string): string | undefined {
    try {
      return readFileSync(join(this.#path, name), 'utf8')
    } catch {
      return undefined
    }
  }

  #read(name: string): JsonObject | undefined {
    const text = this.#text(name)
    try {
      return text === undefined ? undefined : (JSON.parse(text) as JsonObject)
    } catch {
      return undefined
    }
  }

  #write(name: string, value: object): void {
    const path = join(this.#path, name)
    const temporary = `${path}.tmp`
    onDisk('write', path, () => {
      const fd = openSync(temporary, 'w', 0o660)
      try {
        writeFileSync(fd, JSON.stringify(value))
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      renameSync(temporary, path)
    })
  }
}

const markerName = ({ index, pod }: Marker): string => `${index}-${pod}.json`
