import { readSync } from 'node:fs'
import type { ForeignFolder } from '@millrace/store'

/** Of one read; whoever is given it copies what it keeps. */
const chunk = Buffer.allocUnsafe(256 * 1024)

/** A file of a foreign folder that grows in another process, read on from where the last look ended. */
export class GrowingFile {
  readonly #name: string
  #offset = 0

  constructor(name: string) {
    this.#name = name
  }

  /** Bytes that were read. */
  get offset(): number {
    return this.#offset
  }

  /**
   * Reads on, one chunk after the other: it may be larger than this process.
   *
   * @param most bytes
   * @param take tells whether it wants more
   * @throws OddFile
   */
  read(folder: ForeignFolder, most: number, take: (bytes: Buffer) => boolean): void {
    folder.file(this.#name, (fd) => {
      for (let left = most; left > 0; ) {
        const count = readOn(fd, Math.min(chunk.length, left), this.#offset)
        if (count === 0) return
        this.#offset += count
        left -= count
        if (!take(chunk.subarray(0, count))) return
      }
    })
  }
}

function readOn(fd: number, length: number, offset: number): number {
  try {
    return readSync(fd, chunk, 0, length, offset)
  } catch {
    // the volume is away for a moment; the next look goes on here
    return 0
  }
}
