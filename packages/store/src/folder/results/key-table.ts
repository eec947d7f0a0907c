/** Where a line lies: `source` is a number that the owner of the table gives meaning to. */
export interface LineLocation {
  readonly source: number
  readonly offset: number
  readonly length: number
}

/** Many places by 32 bits of their key, in 24 bytes each: a million lines of packs fit in little memory. */
export class KeyTable {
  #count = 0
  #bits = new Uint32Array(1024)
  #sources = new Uint32Array(1024)
  #offsets = new Float64Array(1024)
  #lengths = new Uint32Array(1024)
  /** The entry added before with the same slot, from 1; 0 ends the chain. */
  #before = new Uint32Array(1024)
  /** The last entry of each slot, likewise. */
  #slots = new Uint32Array(2048)

  get size(): number {
    return this.#count
  }

  add(bits: number, source: number, offset: number, length: number): void {
    if (this.#count === this.#bits.length) this.#grow()
    const at = this.#count++
    this.#bits[at] = bits
    this.#sources[at] = source
    this.#offsets[at] = offset
    this.#lengths[at] = length
    this.#link(at)
  }

  /** The places whose key has these bits: other keys may be among them. */
  places(bits: number): LineLocation[] {
    const found: LineLocation[] = []
    for (let at = this.#slots[bits % this.#slots.length] as number; at > 0; at = this.#before[at - 1] as number) {
      if (this.#bits[at - 1] !== bits) continue
      const [source, offset, length] = [this.#sources[at - 1], this.#offsets[at - 1], this.#lengths[at - 1]]
      found.push({ source: source as number, offset: offset as number, length: length as number })
    }
    return found
  }

  #link(at: number): void {
    const slot = (this.#bits[at] as number) % this.#slots.length
    this.#before[at] = this.#slots[slot] as number
    this.#slots[slot] = at + 1
  }

  #grow(): void {
    const size = this.#bits.length * 2
    const larger = <T extends Uint32Array | Float64Array>(from: T, to: T): T => {
      to.set(from)
      return to
    }
    this.#bits = larger(this.#bits, new Uint32Array(size))
    this.#sources = larger(this.#sources, new Uint32Array(size))
    this.#offsets = larger(this.#offsets, new Float64Array(size))
    this.#lengths = larger(this.#lengths, new Uint32Array(size))
    this.#before = new Uint32Array(size)
    this.#slots = new Uint32Array(size * 2)
    for (let at = 0; at < this.#count; at++) this.#link(at)
  }
}
