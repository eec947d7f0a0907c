import { type CallState, Failures, type NodeRow, NodeRows } from '@millrace/engine'
import type { Diagnostic } from '@millrace/ir'
import type { RunSummary, Store } from '@millrace/store'
import { clock, lineOf } from '../progress/line.ts'
import { exitCodes } from '../support/exit.ts'
import { findRun, isRunId } from '../support/find-run.ts'
import type { Invocation } from '../support/invocation.ts'
import { type Report, summaryLine } from '../support/report.ts'
import { shortValue } from '../support/short-value.ts'
import { showTold } from '../support/show-failure.ts'
import { firstLine, plainText, showSeconds } from '../support/terminal.ts'
import { visible } from '../support/visible.ts'
import { showCalls } from './runs-show-calls.ts'

/** Lines of stages: with the errors below they are to fit a screen. */
const mostRows = 30

/** `runs show [id] [call]`: how a run went, a line for each stage; `--all`: each event. */
export async function showCommand(
  invocation: Invocation,
  store: Store,
  words: readonly (string | undefined)[],
  all: boolean,
  report: Report,
): Promise<number> {
  // `runs show fold[3]` is a call of the last run
  const [id, call] =
    words[1] === undefined && words[0] !== undefined && !isRunId(words[0]) ? [undefined, words[0]] : words
  const run = findRun(store, id)
  if (call !== undefined) {
    // with an index it is one call: the journal is not read for all of them
    if (!call.endsWith(']') && showCalls(store, run, call, report)) return exitCodes.ok
    return (await import('./runs-show-call.ts')).showCallCommand(invocation, store, run, call, report)
  }
  if (report.json) for (const event of store.runs.events(run.id)) report.value(event)
  else show(store, run, all, report)
  return exitCodes.ok
}

function show(store: Store, run: RunSummary, all: boolean, report: Report): void {
  report.out(`run         ${run.id}`)
  report.out(`pipeline    ${run.pipeline}`)
  report.out(`status      ${run.status}`)
  report.out(`started     ${run.started}`)
  report.out(`parameters  ${all ? visible(JSON.stringify(run.parameters)) : shortValue(run.parameters, 400)}`)
  report.out('')
  const errors: Diagnostic[] = []
  let failures = new Failures()
  const rows = new NodeRows()
  for (const event of store.runs.events(run.id)) {
    if (all) {
      const line = event.event === 'log' ? undefined : lineOf(event)
      if (line !== undefined && event.event !== 'run.started') report.out(`${clock(event.time)} ${line}`)
    }
    // a run that goes on begins anew
    if (event.event === 'run.started') {
      errors.length = 0
      failures = new Failures()
    }
    failures.follow(event)
    rows.follow(event)
    if (event.event === 'run.finished') errors.push(...event.errors)
  }
  if (!all && rows.rows.size > 0) report.out(rowsOf([...rows.rows.values()]).join('\n'))
  for (const told of failures.group(errors)) report.out(showTold(told, { env: {}, trace: report.trace }))
  if (run.counts) report.out(summaryLine(run.counts, run.seconds ?? 0))
}

/** Where there are too many, those that did not end well come first. */
function rowsOf(rows: readonly NodeRow[]): string[] {
  const isBad = ({ states }: NodeRow) => bad.some((state) => states.has(state))
  const chosen = new Set([...rows.filter(isBad), ...rows].slice(0, mostRows))
  const shown = rows.length <= mostRows ? rows : rows.filter((row) => chosen.has(row))
  const width = Math.min(40, Math.max(...shown.map(({ node }) => plainText(node).length)))
  const lines = shown.map((row) => `${plainText(row.node).padEnd(width)}  ${stateText(row)}`)
  const left = rows.length - shown.length
  return left > 0 ? [...lines, `… and ${left} more; --all shows each event`] : lines
}

const bad: readonly CallState[] = ['failed', 'not-run', 'cancelled', 'running', 'waiting']

/** `succeeded in 1.20 s`, `40 calls: 33 succeeded, 7 failed, 12.3 s`. */
function stateText({ many, states, seconds, because }: NodeRow): string {
  const total = [...states.values()].reduce((sum, count) => sum + count, 0)
  if (many) {
    const parts = [...states].map(([state, count]) => `${count} ${words[state]}`)
    const time = seconds > 0 ? `, ${showSeconds(seconds)}` : ''
    return `${total} call${total === 1 ? '' : 's'}: ${parts.join(', ')}${time}`
  }
  const [state = 'running'] = states.keys()
  switch (state) {
    case 'succeeded':
      return `succeeded in ${showSeconds(seconds)}`
    case 'cached':
      return `cached from ${because}`
    case 'skipped':
      return `skipped: ${firstLine(because)}`
    case 'not-run':
      return `not run: ${firstLine(because)} failed`
    case 'cancelled':
      return `cancelled: ${firstLine(because)}`
    default:
      return words[state]
  }
}

const words: { readonly [state in CallState]: string } = {
  running: 'running',
  waiting: 'waiting',
  succeeded: 'succeeded',
  cached: 'cached',
  skipped: 'skipped',
  'not-run': 'not run',
  failed: 'failed',
  cancelled: 'cancelled',
}
