import { type Digest, optionsOf, type Plan } from '@millrace/ir'
import type { Call, CallResult } from './flow/call-state.ts'

/** The calls of one run by cache key: equal ones are done once. */
export class SingleFlight {
  readonly #first = new Map<Digest, { readonly others: Call[]; result: CallResult | undefined }>()

  /** Whether a call is the first of its key, waits for the one that is, or has its result already. */
  enter(call: Call): 'first' | 'waits' | CallResult {
    if (!call.cacheable) return 'first'
    const first = this.#first.get(call.key)
    if (first?.result) return first.result
    if (first) first.others.push(call)
    else this.#first.set(call.key, { others: [], result: undefined })
    return first ? 'waits' : 'first'
  }

  /** Those that waited for a result, which later ones get at once. */
  serve({ key }: Call, result: CallResult): readonly Call[] {
    const first = this.#first.get(key)
    if (!first) return []
    first.result = result
    return first.others.splice(0)
  }

  /** Those that waited for a call that gives no result: the next that enters is the first again. */
  leave({ key }: Call): readonly Call[] {
    const others = this.#first.get(key)?.others ?? []
    this.#first.delete(key)
    return others
  }
}

/** The options of a call's attempts as text: calls with the same key may differ in them. */
export function attemptsOf(plan: Plan, { node }: Call): string {
  const { retries, timeout, isolate, resources } = optionsOf(plan, node)
  return JSON.stringify([retries, timeout, isolate, resources])
}
