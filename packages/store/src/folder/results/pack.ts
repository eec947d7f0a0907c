import { fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Digest } from '@millrace/ir'
import type { ArtifactRoots } from '../../files/artifact-roots.ts'
import { withFolder } from '../../files/atomic-write.ts'
import { errnoOf, onDisk, storeFailed } from '../../files/file-errors.ts'
import { closeFile } from '../../files/regular-file.ts'
import { lineOf, type PackLine } from './pack-line.ts'
import { type Packed, packName } from './pack-name.ts'

/** The writer of a run's pack: results without artifacts that were computed in this process. */
export interface Pack {
  /** The line is written (though not on the disk's platter) before this returns; `find` sees it at once. */
  append(line: PackLine): void
  /** Damages the lines of this key that were appended, so that nobody takes them for a result any more. */
  takeBack(key: Digest): void
  /** Everything appended is on the disk when this returns; nothing can be appended afterwards. */
  close(): void
}

/** A pack's file, created with the first line, so that a run of hits leaves none. */
export class PackFile {
  readonly #folder: string
  readonly #places: ArtifactRoots
  readonly #packed: Packed
  #fd: number | undefined
  #path: string
  #size = 0
  /** A write failed within a line: the next one begins after a newline. */
  #torn = false

  constructor(folder: string, packed: Packed, places: ArtifactRoots) {
    this.#folder = folder
    this.#places = places
    this.#packed = packed
    this.#path = join(folder, packName(packed, 1))
  }

  /** Offset and length of the line. */
  append(line: PackLine): { readonly offset: number; readonly length: number } {
    this.#fd ??= this.#create()
    const text = lineOf(line, this.#places)
    const bytes = Buffer.from(`${this.#torn ? '\n' : ''}${text}\n`)
    const end = this.#size + bytes.length
    try {
      for (let done = 0; done < bytes.length; ) {
        const count = writeSync(this.#fd, bytes, done, bytes.length - done, this.#size)
        done += count
        this.#size += count
        this.#torn = done < bytes.length
      }
    } catch (error) {
      throw storeFailed('write', this.#path, error)
    }
    const length = bytes.length - 1 - (bytes[0] === 10 ? 1 : 0)
    return { offset: end - 1 - length, length }
  }

  /** Overwrites a line's first byte: neither a scan nor the checksum takes it for a line any more. */
  spoil(offset: number): void {
    const fd = this.#fd
    if (fd !== undefined) onDisk('write', this.#path, () => writeSync(fd, '#', offset))
  }

  read(offset: number, length: number): string {
    return this.#fd === undefined ? '' : readPart(this.#fd, offset, length)
  }

  sync(): void {
    const fd = this.#fd
    if (fd !== undefined) onDisk('write', this.#path, () => fsyncSync(fd))
  }

  close(): void {
    if (this.#fd !== undefined) closeFile(this.#fd)
    this.#fd = undefined
  }

  /** Undefined until there is a file. */
  get name(): string | undefined {
    return this.#fd === undefined ? undefined : basename(this.#path)
  }

  #create(): number {
    for (let process = 1; ; process++) {
      this.#path = join(this.#folder, packName(this.#packed, process))
      try {
        return withFolder(this.#path, () => openSync(this.#path, 'wx+'))
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw storeFailed('write', this.#path, error)
      }
    }
  }
}

/** A part of a file as text; shorter than asked for where the file was cut. */
export function readPart(fd: number, offset: number, length: number): string {
  const bytes = Buffer.allocUnsafe(length)
  let held = 0
  while (held < length) {
    const count = readSync(fd, bytes, held, length - held, offset + held)
    if (count === 0) break
    held += count
  }
  return bytes.toString('utf8', 0, held)
}
