import { canonical, isDigest, type Json } from '@millrace/ir'
import type { RunSummary, Store } from '@millrace/store'
import { parametersIn } from '../../reports/leaves.ts'
import { shortDigest } from '../../reports/short-digest.ts'
import { shortPath } from '../../short-path.ts'
import { exitCodes } from '../support/exit.ts'
import type { Report } from '../support/report.ts'
import { say } from '../support/say.ts'
import { shortValue } from '../support/short-value.ts'
import { showSeconds } from '../support/terminal.ts'

/** `runs list`: the newest first, with when each began, what of its parameters differs, how it ended and how long it took. */
export function listCommand(store: Store, pipeline: string | undefined, report: Report): number {
  const runs = store.runs.list().filter((run) => pipeline === undefined || run.pipeline === pipeline)
  // one write for all: ten thousand of them take a while
  if (runs.length > 0)
    report.out((report.json ? runs.map((run) => JSON.stringify(run)) : columns(rowsOf(runs))).join('\n'))
  if (runs.length === 0) say(`no runs in ${shortPath(store.root)}`)
  return exitCodes.ok
}

function rowsOf(runs: readonly RunSummary[]): string[][] {
  const differing = differingOf(runs)
  return runs.map((run) => {
    const { id, pipeline, started, status, seconds, counts } = run
    return [
      id,
      pipeline,
      startOf(started),
      status,
      counts ? `${counts.ran} ran, ${counts.cached} cached, ${counts.skipped} skipped, ${counts.failed} failed` : '',
      seconds === undefined ? '' : showSeconds(seconds),
      differing(run),
    ]
  })
}

/** Local, to the minute. */
function startOf(started: string): string {
  const at = new Date(started)
  if (Number.isNaN(at.getTime())) return ''
  const two = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`
}

/** What the runs of one pipeline have for a parameter. */
interface Known {
  runs: number
  readonly values: Set<string>
}

/** Of each run the parameters that not all runs of its pipeline have alike, as `--param` takes them. */
function differingOf(runs: readonly RunSummary[]): (run: RunSummary) => string {
  const pipelines = new Map<string, { runs: number; readonly parameters: Map<string, Known> }>()
  for (const { pipeline, parameters } of runs) {
    const all = pipelines.get(pipeline) ?? { runs: 0, parameters: new Map<string, Known>() }
    pipelines.set(pipeline, all)
    all.runs++
    for (const [name, value] of parametersIn(parameters)) {
      const known = all.parameters.get(name) ?? { runs: 0, values: new Set() }
      all.parameters.set(name, known)
      known.runs++
      known.values.add(canonical(value))
    }
  }
  return ({ pipeline, parameters }) => {
    const all = pipelines.get(pipeline)
    const own = parametersIn(parameters)
    // in one order for all runs: a run has those first that it was given
    const told = [...(all?.parameters ?? [])].sort(byName).flatMap(([name, { runs, values }]) => {
      const value = own.get(name)
      // a pipeline without parameters has one without a name
      if (value === undefined || name === '' || (runs === all?.runs && values.size === 1)) return []
      return `${name}=${valueText(value)}`
    })
    return told.join(' ')
  }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

const valueText = (value: Json): string =>
  isDigest(value)
    ? shortDigest(value)
    : typeof value === 'string'
      ? shortValue(value, 40).slice(1, -1)
      : shortValue(value, 40)

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => rows.reduce((most, row) => Math.max(most, (row[i] as string).length), 0))
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join('  ')
      .trimEnd(),
  )
}
