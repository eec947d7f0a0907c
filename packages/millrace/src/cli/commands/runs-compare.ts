import type { Json } from '@millrace/ir'
import type { RunSummary, Store } from '@millrace/store'
import { type Comparison, compareRuns, type Difference } from '../../reports/compare-runs.ts'
import { shortDigest } from '../../reports/short-digest.ts'
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
  section('calls', merged(compared.calls, counted), valueRow)
  section('metrics', merged(compared.metrics, mean), (at) => [...valueRow(at), change(at)])
  section('output', compared.output, (at) => [...valueRow(at), change(at)])
  section('times', merged(compared.times, sum).filter(isNotable), (at) => [
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
  if (typeof value === 'string' && value.startsWith('sha256:')) return shortDigest(value)
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(6)))
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}

function change({ a, b }: Difference): string {
  if (typeof a !== 'number' || typeof b !== 'number') return ''
  const by = Number((b - a).toPrecision(3))
  return by > 0 ? `+${by}` : String(by)
}

/** Less than a tenth is what the same work differs by; what takes less than a second is not worth a line. */
const isNotable = ({ a, b }: Difference): boolean =>
  Math.max(a as number, b as number) >= 1 && Math.abs((b as number) - (a as number)) >= (a as number) / 10

/** The calls of a map as one: `fold loss` of 40 calls. */
function merged(
  differences: readonly Difference[],
  join: (values: readonly (Json | undefined)[]) => Json | undefined,
): Difference[] {
  const groups = new Map<string, Difference[]>()
  for (const at of differences) {
    const name = at.what.replace(/^(\S*?)(?:\[\d+\])+/, '$1')
    const group = groups.get(name)
    if (group) group.push(at)
    else groups.set(name, [at])
  }
  return [...groups].flatMap(([name, group]): Difference[] => {
    if (group.length === 1) return group
    const [a, b] = [join(group.map((at) => at.a)), join(group.map((at) => at.b))]
    const what = `${name}, ${group.length} calls`
    return [{ what, ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) }]
  })
}

const numbers = (values: readonly (Json | undefined)[]): readonly number[] =>
  values.filter((value) => typeof value === 'number')

const sum = (values: readonly (Json | undefined)[]): number => numbers(values).reduce((all, one) => all + one, 0)

const mean = (values: readonly (Json | undefined)[]): Json | undefined => {
  const all = numbers(values)
  return all.length === 0 ? undefined : sum(all) / all.length
}

/** `33 succeeded, 7 failed` */
function counted(values: readonly (Json | undefined)[]): Json | undefined {
  const counts = new Map<string, number>()
  for (const value of values) if (typeof value === 'string') counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts.size === 0 ? undefined : [...counts].map(([end, count]) => `${count} ${end}`).join(', ')
}

function percent({ a, b }: Difference): string {
  const by = Math.round((((b as number) - (a as number)) / (a as number)) * 100)
  return Number.isFinite(by) ? `${by > 0 ? '+' : ''}${by} %` : ''
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
