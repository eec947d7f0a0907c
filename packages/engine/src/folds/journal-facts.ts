import { content, type Event, type Json, showNode } from '@millrace/ir'

/** What a journal says of one run; of a run that went on, the last that was said. */
export interface JournalFacts {
  /** How each call ended: `succeeded`, `cached`, … */
  readonly ends: Map<string, string>
  readonly seconds: Map<string, number>
  readonly metrics: Map<string, number>
  output: Json
}

/** What the events of a run come to. */
export function journalFacts(events: Iterable<Event>): JournalFacts {
  const facts: JournalFacts = { ends: new Map(), seconds: new Map(), metrics: new Map(), output: null }
  for (const event of inOrder(events)) {
    if (event.event === 'run.finished') facts.output = content(event.output)
    if (!('node' in event)) continue
    const call = showNode(event.node, event.index)
    if (event.event === 'metric') facts.metrics.set(`${call} ${event.name}`, event.value)
    else if (/^stage\.(succeeded|cached|skipped|not-run|failed|cancelled)$/.test(event.event))
      facts.ends.set(call, event.event.slice('stage.'.length))
    if (event.event === 'stage.succeeded') facts.seconds.set(call, event.seconds)
  }
  return facts
}

/** The items of a map by their indexes: which of them ended first means nothing. */
function inOrder(events: Iterable<Event>): Event[] {
  const all = [...events]
  const first = new Map<string, number>()
  const nodeOf = (event: Event): string => ('node' in event ? event.node : '')
  for (const [i, event] of all.entries()) if (!first.has(nodeOf(event))) first.set(nodeOf(event), i)
  const indexOf = (event: Event): readonly number[] => ('index' in event ? (event.index ?? []) : [])
  return all.sort((a, b) => {
    const apart = (first.get(nodeOf(a)) as number) - (first.get(nodeOf(b)) as number)
    if (apart !== 0) return apart
    const [left, right] = [indexOf(a), indexOf(b)]
    const at = left.findIndex((number, depth) => number !== right[depth])
    return at === -1 ? 0 : (left[at] as number) - (right[at] ?? 0)
  })
}
