/** How often it is looked who waits; nobody is told of who waits for less. */
const every = 1000

export interface Waits<T> {
  readonly who: T
  /** A sentence for a person. */
  readonly reason: string
  /** What it lacks; the reason is told again when this changes. */
  readonly lacks: string
}

/**
 * Tells why work waits for room. Of those with equal requests only the first is told of, so that a map of 10,000 items
 * tells one line a second at most.
 */
export class Waiting<T> {
  readonly #first: () => Iterable<Waits<T>>
  readonly #tell: (who: T, reason: string) => void
  #timer: NodeJS.Timeout | undefined
  /** What each of the first was seen to lack, and whether that was told. */
  #seen = new Map<T, { readonly lacks: string; told: boolean }>()

  constructor(first: () => Iterable<Waits<T>>, tell: (who: T, reason: string) => void) {
    this.#first = first
    this.#tell = tell
  }

  /** Looks from now on, until nobody waits any more. */
  watch(): void {
    this.#timer ??= setTimeout(() => this.#look(), every).unref()
  }

  /** Looks no more; gives those who were told to wait. */
  end(): Set<T> {
    clearTimeout(this.#timer)
    const told = [...this.#seen].filter(([, seen]) => seen.told)
    this.#seen = new Map()
    return new Set(told.map(([who]) => who))
  }

  #look(): void {
    this.#timer = undefined
    const before = this.#seen
    this.#seen = new Map()
    for (const { who, reason, lacks } of this.#first()) {
      const seen = before.get(who)
      const told = seen?.told === true && seen.lacks === lacks
      if (seen && !told) this.#tell(who, reason)
      this.#seen.set(who, { lacks, told: seen !== undefined })
    }
    if (this.#seen.size > 0) this.watch()
  }
}
