import type { Event } from '@millrace/ir'

/** How a call ended, or what it is at. */
export type CallState = 'running' | 'waiting' | 'succeeded' | 'cached' | 'skipped' | 'not-run' | 'failed' | 'cancelled'

/** What became of the calls of one node. */
export interface NodeRow {
  readonly node: string
  /** Whether it stands in a map, so that it may have many calls. */
  many: boolean
  /** How many calls are in each state. */
  readonly states: Map<CallState, number>
  /** Of the attempts that gave a result, all together. */
  seconds: number
  /** Why its last call was skipped, not run, waits or was cancelled; the run that a cached one is from. */
  because: string
}

/** A line for each node of a run, in the order in which they were first heard of: a fold over its events. */
export class NodeRows {
  readonly rows = new Map<string, NodeRow>()
  /** What is not over: by node and index. */
  readonly #open = new Map<string, CallState>()

  follow(event: Event): void {
    if (event.event === 'run.started') {
      // a run that goes on begins anew
      this.rows.clear()
      this.#open.clear()
    }
    const state = stateOf(event)
    if (state === undefined || !('node' in event)) return
    const row = this.#row(event.node)
    row.many ||= event.index !== undefined
    const call = `${event.node} ${event.index ?? ''}`
    const before = this.#open.get(call)
    if (before !== undefined) this.#count(row, before, -1)
    this.#count(row, state, 1)
    if (state === 'running' || state === 'waiting') this.#open.set(call, state)
    else this.#open.delete(call)
    if (event.event === 'stage.succeeded') row.seconds += event.seconds
    if ('because' in event) row.because = event.because
    else if ('from' in event) row.because = event.from
    else if ('reason' in event) row.because = event.reason
  }

  #row(node: string): NodeRow {
    let row = this.rows.get(node)
    if (!row) {
      row = { node, many: false, states: new Map(), seconds: 0, because: '' }
      this.rows.set(node, row)
    }
    return row
  }

  #count({ states }: NodeRow, state: CallState, by: number): void {
    const count = (states.get(state) ?? 0) + by
    if (count > 0) states.set(state, count)
    else states.delete(state)
  }
}

function stateOf({ event }: Event): CallState | undefined {
  switch (event) {
    case 'stage.started':
      return 'running'
    case 'stage.waiting':
    case 'stage.retried':
      return 'waiting'
    case 'stage.succeeded':
    case 'stage.cached':
    case 'stage.skipped':
    case 'stage.not-run':
    case 'stage.failed':
    case 'stage.cancelled':
      return event.replace('stage.', '') as CallState
    default:
      return undefined
  }
}
