import type { Event } from '@millrace/ir'
import { lineOf } from './line.ts'

export type Summed = Extract<Event, { event: 'stage.cached' | 'stage.skipped' | 'stage.not-run' }>

/** What ended without being run, and stands in a map. */
const isSummed = (event: Event): event is Summed =>
  (event.event === 'stage.cached' || event.event === 'stage.skipped' || event.event === 'stage.not-run') &&
  event.index !== undefined

/** A map of 10,000 cached items is one line: calls of a map that weren't run for the same reason are told together. */
export class Sums {
  #held = new Map<string, { readonly event: Summed; count: number }>()

  /** Whether it is kept, to be told with others. */
  take(event: Event): boolean {
    if (!isSummed(event)) return false
    const key = `${event.event} ${event.node} ${event.event === 'stage.cached' ? event.from : event.because}`
    const held = this.#held.get(key)
    if (held) held.count++
    else this.#held.set(key, { event, count: 1 })
    return true
  }

  /** What was kept since the last time. */
  lines(): { readonly event: Summed; readonly line: string }[] {
    if (this.#held.size === 0) return []
    const held = [...this.#held.values()]
    this.#held = new Map()
    return held.map(({ event, count }) => ({ event, line: lineOf(event, count) as string }))
  }
}
