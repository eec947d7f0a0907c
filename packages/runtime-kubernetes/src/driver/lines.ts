/** A line without its newline, or a piece of one that is too long, and where it begins in the file. */
export interface Line {
  readonly text: string
  readonly offset: number
  /** Whether the line begins, and ends, with this piece. */
  readonly begins: boolean
  readonly ends: boolean
}

/** Makes lines of bytes that come in pieces. */
export class Lines {
  readonly #most: number
  #offset = 0
  #rest = Buffer.alloc(0)
  #begins = true

  /** @param most bytes of a line that comes whole, and of one that is held until it ends */
  constructor(most: number) {
    this.#most = most
  }

  /** The lines that are whole with these bytes. */
  take(bytes: Buffer): Line[] {
    const lines: Line[] = []
    const held = Buffer.concat([this.#rest, bytes])
    const start = this.#offset - this.#rest.length
    this.#offset += bytes.length
    let from = 0
    const line = (to: number, ends: boolean) => lines.push(this.#line(held.subarray(from, to), start + from, ends))
    for (let to = held.indexOf(10); to !== -1; from = to + 1, to = held.indexOf(10, from)) line(to, true)
    if (held.length - from > this.#most) {
      const to = wholeCharacters(held)
      line(to, false)
      from = to
    }
    this.#rest = Buffer.from(held.subarray(from))
    return lines
  }

  /** What is left when nobody writes any more. */
  last(): Line[] {
    const rest = this.#rest
    if (rest.length === 0 && this.#begins) return []
    this.#rest = Buffer.alloc(0)
    return [this.#line(rest, this.#offset - rest.length, true)]
  }

  #line(bytes: Buffer, offset: number, ends: boolean): Line {
    const begins = this.#begins
    this.#begins = ends
    return { text: bytes.toString(), offset, begins, ends }
  }
}

/** Where the character (UTF-8) begins that may be cut at the end of `bytes`. */
function wholeCharacters(bytes: Buffer): number {
  let at = bytes.length - 1
  for (let back = 0; back < 3 && ((bytes[at] as number) & 0xc0) === 0x80; back++) at--
  return (bytes[at] as number) >= 0xc0 ? at : bytes.length
}
