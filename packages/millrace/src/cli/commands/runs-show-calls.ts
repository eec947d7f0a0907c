import { compareIndexes } from '@millrace/engine'
import { type Event, showNode } from '@millrace/ir'
import type { RunSummary, Store } from '@millrace/store'
import { lineOf } from '../progress/line.ts'
import type { Report } from '../support/report.ts'
import { plainLine } from '../support/terminal.ts'

/** What is told of one call of a map. */
interface Row {
  readonly index: readonly number[]
  ended: Event | undefined
  readonly metrics: Map<string, number>
}

/**
 * `runs show [id] fold` of a stage in a map: a line for each of its calls, with the last value of each metric.
 *
 * @returns whether the run has such calls
 */
export function showCalls(store: Store, run: RunSummary, node: string, report: Report): boolean {
  const rows = rowsOf(store, run, node)
  if (rows.size === 0) return false
  const width = [...rows.keys()].reduce((most, call) => Math.max(most, call.length), 0)
  for (const [call, { ended, metrics }] of rows) {
    if (report.json) {
      report.value({ call, event: ended ?? null, metrics: Object.fromEntries(metrics) })
      continue
    }
    const end = ended === undefined ? 'running' : (lineOf(ended)?.slice(call.length + 1) ?? '')
    const values = [...metrics].map(([name, value]) => `${plainLine(name)} = ${value}`)
    report.out([call.padEnd(width), end, ...values].join('  '))
  }
  return true
}

function rowsOf(store: Store, run: RunSummary, node: string): Map<string, Row> {
  let rows = new Map<string, Row>()
  for (const event of store.runs.events(run.id)) {
    // a run that goes on begins anew
    if (event.event === 'run.started') rows = new Map()
    if (!('node' in event) || event.node !== node || !event.index?.length || event.event === 'log') continue
    const call = showNode(node, event.index)
    const row: Row = rows.get(call) ?? { index: event.index, ended: undefined, metrics: new Map() }
    rows.set(call, row)
    if (event.event === 'metric') row.metrics.set(event.name, event.value)
    // an attempt that began anew takes back what was told of the one before
    else row.ended = event.event === 'stage.started' || event.event === 'stage.waiting' ? undefined : event
  }
  return new Map([...rows].sort(([, a], [, b]) => compareIndexes(a.index, b.index)))
}
