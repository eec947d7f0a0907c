/** Makes lines of bytes that come in pieces; each byte is looked at once, however long a line is. */
export class LineReader {
  readonly #most: number
  #pieces: Buffer[] = []
  #held = 0

  /** @param most bytes of a line */
  constructor(most: number) {
    this.#most = most
  }

  /** The lines that end in these bytes, without their newlines. @throws RangeError for one that is too long */
  *take(bytes: Uint8Array): Generator<string> {
    const more = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let from = 0
    for (let to = more.indexOf(10); to !== -1; from = to + 1, to = more.indexOf(10, from)) {
      this.#hold(more.subarray(from, to))
      const line = Buffer.concat(this.#pieces, this.#held).toString()
      this.#pieces = []
      this.#held = 0
      yield line
    }
    this.#hold(more.subarray(from))
  }

  #hold(piece: Buffer): void {
    this.#held += piece.length
    if (this.#held > this.#most) throw new RangeError(`a line has more than ${this.#most} bytes`)
    this.#pieces.push(piece)
  }
}
