import { type Event, type StageEvent, showNode } from '@millrace/ir'

/** Characters of a line that are kept. */
const longest = 400

/** How many attempts a stage call has. */
export type AttemptsOf = (node: string) => number

/** A call that is under way: it runs, waits for its next attempt, or was told to wait for room. */
export interface LiveCall {
  readonly name: string
  readonly state: 'running' | 'retrying' | 'waiting'
  /** When it began to be so: milliseconds of a clock that nobody sets. */
  readonly since: number
  readonly attempt: number
  readonly attempts: number
  /** When the next attempt is due, by that clock. */
  readonly next: number
  /** Why it waits, or is tried again. */
  readonly why: string
  /** The last value of each metric, and the last line it said. */
  readonly metrics: Map<string, number>
  said: string
}

/** What is under way in a run, and how much of all is over: a fold over its events. All texts are as they were told. */
export class LiveCalls {
  readonly rows = new Map<string, LiveCall>()
  readonly counts = { cached: 0, skipped: 0, failed: 0 }
  readonly began = performance.now()
  /** Calls as far as they are known. */
  #known = 0
  /** Stages of which nothing more will be heard. */
  ended = 0
  readonly #attempts: AttemptsOf

  constructor(attempts: AttemptsOf) {
    this.#attempts = attempts
  }

  follow(event: Event): void {
    if (event.event === 'run.started') this.#known = event.nodes
    else if (event.event === 'run.progress') this.#known = event.known
    if (!('node' in event)) return
    const name = showNode(event.node, event.index)
    switch (event.event) {
      case 'stage.started':
        return this.#put(name, event, 'running', '')
      case 'stage.waiting':
        return this.#put(name, event, 'waiting', event.reason)
      case 'stage.retried':
        return this.#put(name, event, 'retrying', event.cause.message, dueAt(event))
      case 'metric':
        this.rows.get(name)?.metrics.set(event.name, event.value)
        return
      case 'log': {
        const row = this.rows.get(name)
        if (row) row.said = event.message.slice(0, longest)
        return
      }
      case 'stage.cached':
        this.counts.cached++
        break
      case 'stage.skipped':
        this.counts.skipped++
        break
      case 'stage.failed':
        this.counts.failed++
        break
      default:
    }
    this.ended++
    this.rows.delete(name)
  }

  #put(name: string, event: StageEvent, state: LiveCall['state'], why: string, next = 0): void {
    const before = this.rows.get(name)
    // the row of a call that goes on to something else goes to the end of its kind
    this.rows.delete(name)
    this.rows.set(name, {
      name,
      state,
      since: performance.now(),
      attempt: event.attempt ?? before?.attempt ?? 1,
      attempts: this.#attempts(event.node),
      next,
      why,
      metrics: new Map(),
      said: '',
    })
  }

  count(state: LiveCall['state']): number {
    let count = 0
    for (const row of this.rows.values()) if (row.state === state) count++
    return count
  }

  /** `12 of 40 ended, 1 failed, 2 running, 26 waiting`: what is bad before what is usual. */
  summary(): string {
    const { cached, skipped, failed } = this.counts
    const running = this.count('running')
    const retrying = this.count('retrying')
    const waiting = Math.max(0, this.#known - this.ended - running - retrying)
    const more = [
      [failed, 'failed'],
      [running, 'running'],
      [retrying, 'retrying'],
      [waiting, 'waiting'],
      [cached, 'cached'],
      [skipped, 'skipped'],
    ] as const
    const parts = more.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
    return [`${this.ended}${this.#known > 0 ? ` of ${Math.max(this.#known, this.ended)}` : ''} ended`, ...parts].join(
      ', ',
    )
  }
}

/** By the difference of the event's own times: its clock may be another machine's. */
const dueAt = ({ time, next }: { readonly time: string; readonly next: string }): number =>
  performance.now() + (Date.parse(next) - Date.parse(time))
