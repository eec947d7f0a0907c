import { closeSync, openSync, readSync } from 'node:fs'

const chunk = 256 * 1024

/** A line without its newline, and where it begins in the file. */
export interface Line {
  readonly text: string
  readonly offset: number
}

/** Reads a file that grows in another process, line by line. */
export class Tail {
  readonly #path: string
  #offset = 0
  #rest = Buffer.alloc(0)

  constructor(path: string) {
    this.#path = path
  }

  /** The lines that are whole since the last look. */
  lines(): Line[] {
    const lines: Line[] = []
    let fd: number
    try {
      fd = openSync(this.#path, 'r')
    } catch {
      // not there yet
      return lines
    }
    try {
      const bytes = Buffer.allocUnsafe(chunk)
      for (;;) {
        const count = readSync(fd, bytes, 0, chunk, this.#offset)
        if (count === 0) return lines
        const start = this.#offset - this.#rest.length
        this.#offset += count
        const held = Buffer.concat([this.#rest, bytes.subarray(0, count)])
        let from = 0
        for (let to = held.indexOf(10); to !== -1; from = to + 1, to = held.indexOf(10, from))
          lines.push({ text: held.subarray(from, to).toString(), offset: start + from })
        this.#rest = Buffer.from(held.subarray(from))
      }
    } catch {
      // the volume is away for a moment; the next look goes on here
      return lines
    } finally {
      closeSync(fd)
    }
  }

  /** What is left when nobody writes any more. */
  end(): Line[] {
    const lines = this.lines()
    if (this.#rest.length > 0) lines.push({ text: this.#rest.toString(), offset: this.#offset - this.#rest.length })
    this.#rest = Buffer.alloc(0)
    return lines
  }
}
