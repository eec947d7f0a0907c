/** Lets something happen at most `perSecond` times a second, and as often at once after a pause. */
export class Budget {
  readonly #perSecond: number
  readonly #most: number
  #left: number
  #last = performance.now()

  constructor(perSecond: number, most: number) {
    this.#perSecond = perSecond
    this.#most = most
    this.#left = most
  }

  take(): boolean {
    const now = performance.now()
    this.#left = Math.min(this.#most, this.#left + ((now - this.#last) / 1000) * this.#perSecond)
    this.#last = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
