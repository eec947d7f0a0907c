/** The time of one run's events never goes back: where this machine's clock is set back, it goes on from where it was. */
export class RunClock {
  #last: number
  #ahead = 0
  #text: string | undefined

  /** @param started when the run began, as its folder says */
  constructor(started: string) {
    this.#last = Date.parse(started) || 0
  }

  /** RFC 3339; `later`: so many milliseconds from now. */
  time(later = 0): string {
    const now = Date.now()
    const before = this.#last
    this.#ahead = Math.max(this.#ahead, before - now)
    this.#last = now + this.#ahead
    // many events have the same millisecond
    if (this.#last !== before) this.#text = undefined
    if (later > 0) return new Date(this.#last + later).toISOString()
    this.#text ??= new Date(this.#last).toISOString()
    return this.#text
  }
}
