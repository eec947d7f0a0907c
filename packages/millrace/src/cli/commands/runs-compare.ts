import type { Json } from '@millrace/ir'
import type { RunSummary, Store } from '@millrace/store'
import { type Comparison, compareRuns, type Difference } from '../../reports/compare-runs.ts'
import { exitCodes } from '../support/exit.ts'
import { findRun, runBefore } from '../support/find-run.ts'
import type { Report } from '../support/report.ts'
import { showSeconds } from '../support/terminal.ts'

/** `runs compare [a] [b]`: how two runs differ; one is compared with the last, none are the last two. */
export function compareCommand(store: Store, words: readonly (string | undefined)[], report: Report): number {
  const last = findRun(store, words[1])
  const first = words[0] === undefined ? runBefore(store, last) : findRun(store, words[0])
  const compared = compareRuns(store, first, last)
  if (report.json) report.value(compared)
  else for (const line of told(compared)) report.out(line)
  return exitCodes.ok
}

/** Lines of one kind that are shown; `--json` has all. */
const most = 40

function told(compared: Comparison): string[] {
  const { a, b, same } = compared
  const lines = rows([header('a', a), header('b', b)], '')
  const section = (name: string, differences: readonly Difference[], row: (at: Difference) => readonly string[]) => {
    if (differences.length === 0) return
    const more = differences.length > most ? [`  and ${differences.length - most} more; --json has all`] : []
    lines.push('', name, ...rows(differences.slice(0, most).map(row), '  '), ...more)
  }
  section('parameters', compared.parameters, valueRow)
  section('code', compared.code, valueRow)
  section('options', compared.options, valueRow)
  section('calls', compared.calls, valueRow)
  section('metrics', compared.metrics, (at) => [...valueRow(at), change(at)])
  section('output', compared.output, (at) => [...valueRow(at), change(at)])
  section('times', compared.times.filter(isNotable), (at) => [
    at.what,
    showSeconds(at.a as number),
    showSeconds(at.b as number),
    percent(at),
  ])
  lines.push(
    '',
    `same: ${count(same.parameters, 'parameter')}, the code of ${count(same.code, 'stage')}, ${count(same.metrics, 'metric')}`,
  )
  return lines
}

const header = (name: string, { id, pipeline, status, seconds }: RunSummary): readonly string[] => [
  name,
  id,
  pipeline,
  status,
  seconds === undefined ? '' : showSeconds(seconds),
]

const valueRow = ({ what, a, b, note }: Difference): readonly string[] => [
  what,
  show(a),
  show(b),
  ...(note === undefined ? [] : [note]),
]

/** Cells in columns. */
function rows(cells: readonly (readonly string[])[], pad: string): string[] {
  const widths = [0, 1, 2, 3].map((i) => Math.max(0, ...cells.map((row) => row[i]?.length ?? 0)))
  return cells.map((row) => `${pad}${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
}

function show(value: Json | undefined): string {
  if (value === undefined) return '-'
  if (typeof value === 'string' && value.startsWith('sha256:')) return `${value.slice(0, 15)}…`
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(6)))
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}

function change({ a, b }: Difference): string {
  if (typeof a !== 'number' || typeof b !== 'number') return ''
  const by = Number((b - a).toPrecision(3))
  return by > 0 ? `+${by}` : String(by)
}

/** Less than a tenth, or a tenth of a second, is what the same work differs by. */
const isNotable = ({ a, b }: Difference): boolean =>
  Math.abs((b as number) - (a as number)) >= Math.max(0.1, (a as number) / 10)

function percent({ a, b }: Difference): string {
  const by = Math.round((((b as number) - (a as number)) / (a as number)) * 100)
  return Number.isFinite(by) ? `${by > 0 ? '+' : ''}${by} %` : ''
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
