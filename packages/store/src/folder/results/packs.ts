import { fstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bitsOf, type Digest, type Schema } from '@millrace/ir'
import type { ArtifactRoots } from '../../files/artifact-roots.ts'
import { closeFile, openRegular } from '../../files/regular-file.ts'
import { tryOr } from '../../files/try-or.ts'
import type { Result } from '../../result.ts'
import { KeyTable } from './key-table.ts'
import { type Pack, PackFile, readPart } from './pack.ts'
import { isLineOf, resultOfLine } from './pack-line.ts'
import { mergePacks } from './pack-merge.ts'
import { isIndexName, type Packed, packOfName } from './pack-name.ts'
import { eachLine, keyBits, sections } from './pack-scan.ts'

interface Source extends Packed {
  /** Appended by this process. */
  readonly own: boolean
  read(offset: number, length: number): string
}

/** A line of a pack that may hold a key; read when it is asked for. */
export interface Candidate extends Packed {
  readonly own: boolean
  /** The result, unless the line is damaged or another key's. */
  read(schema: Schema): Result | undefined
}

/** All packs of a store: those there at the first question, and the lines that this process appends. */
export class Packs {
  readonly #folder: string
  readonly #places: ArtifactRoots
  readonly #scratch: string
  readonly #isLive: (run: string) => boolean
  readonly #table = new KeyTable()
  readonly #sources: Source[] = []
  readonly #files: PackFile[] = []
  /** Runs that this process works for: of a run that goes on, the lines from before count as its own. */
  readonly #runs = new Set<string>()
  #opened: Map<string, number> | undefined
  #closed = false

  constructor(folder: string, scratch: string, places: ArtifactRoots, isLive: (run: string) => boolean) {
    this.#folder = folder
    this.#places = places
    this.#scratch = scratch
    this.#isLive = isLive
  }

  open(packed: Packed): Pack {
    this.#merge()
    this.#runs.add(packed.run)
    const file = new PackFile(this.#folder, packed, this.#places)
    this.#files.push(file)
    const source = this.#sources.push({ ...packed, own: true, read: (offset, length) => file.read(offset, length) }) - 1
    let open = true
    return {
      append: (line) => {
        if (!open) throw new Error(`the pack of run ${packed.run} is closed`)
        const { offset, length } = file.append(line)
        this.#table.add(bitsOf(line.key), source, offset, length)
      },
      takeBack: (key) => {
        for (const place of this.#table.places(bitsOf(key)))
          if (place.source === source && isLineOf(file.read(place.offset, place.length), key)) file.spoil(place.offset)
      },
      close: () => {
        open = false
        file.sync()
      },
    }
  }

  /**
   * The lines of a key, the one to serve first: of this process, then of --fresh runs from the newest, then of the run
   * that this process works for, then from the earliest run.
   */
  candidates(key: Digest): Candidate[] {
    if (this.#closed) return []
    this.#opened ??= this.#load()
    return this.#table
      .places(bitsOf(key))
      .map(({ source, offset, length }) => {
        const { run, fresh, own, read } = this.#sources[source] as Source
        return {
          run,
          fresh,
          own,
          read: (schema: Schema) =>
            tryOr(undefined, () => resultOfLine(read(offset, length), key, schema, run, this.#places)),
        }
      })
      .sort((a, b) => this.#rank(a) - this.#rank(b) || (a.fresh ? -1 : 1) * compare(a.run, b.run))
  }

  /** Gives back what is open; nothing is found or appended afterwards. */
  close(): void {
    for (const file of this.#files) file.close()
    for (const fd of this.#opened?.values() ?? []) if (fd >= 0) closeFile(fd)
    this.#opened = undefined
    this.#closed = true
  }

  #rank(line: Candidate): number {
    return (line.own ? 0 : 4) + (line.fresh ? 0 : this.#runs.has(line.run) ? 1 : 2)
  }

  /** To merge is thrift: where it fails, the packs are as good as before. */
  #merge(): void {
    const names = new Set(this.#files.map((file) => file.name))
    tryOr(undefined, () =>
      mergePacks(this.#folder, this.#scratch, ({ run, name }) => names.has(name) || this.#isLive(run)),
    )
  }

  /** Indexes what is there. A pack that another process merges meanwhile is in an index of the next listing. */
  #load(): Map<string, number> {
    const opened = new Map<string, number>()
    for (const { name } of this.#files) if (name !== undefined) opened.set(name, -1)
    for (let more = true; more; ) {
      const names = tryOr(undefined, () => readdirSync(this.#folder)) ?? []
      const before = opened.size
      for (const name of names.filter((name) => !opened.has(name) && name.endsWith('.jsonl')))
        opened.set(name, this.#index(name))
      more = opened.size > before
    }
    return opened
  }

  #index(name: string): number {
    let fd = -1
    try {
      fd = openRegular(join(this.#folder, name)) ?? -1
      const { size } = fstatSync(fd)
      if (isIndexName(name)) {
        for (const { pack, from, to } of sections(fd, size)) this.#indexPart(fd, from, to, packOfName(pack))
      } else this.#indexPart(fd, 0, size, packOfName(name))
    } catch {}
    return fd
  }

  #indexPart(fd: number, from: number, to: number, packed: Packed | undefined): void {
    if (!packed) return
    const read = (offset: number, length: number): string => readPart(fd, offset, length)
    const source = this.#sources.push({ ...packed, own: false, read }) - 1
    eachLine(fd, from, to, (bytes, start, end, offset) => {
      const bits = keyBits(bytes, start, end)
      if (bits >= 0) this.#table.add(bits, source, offset, end - start)
    })
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
