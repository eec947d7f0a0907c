import { Failures } from '@millrace/engine'
import { type Diagnostic, hint } from '@millrace/ir'
import { openStore, type RunSummary, type Store } from '@millrace/store'
import { storeFolder } from '../../program/place.ts'
import { shortPath } from '../../short-path.ts'
import { clock, lineOf } from '../progress/line.ts'
import { exitCodes } from '../support/exit.ts'
import { findRun } from '../support/find-run.ts'
import { type Invocation, usage } from '../support/invocation.ts'
import type { RunsOptions } from '../support/options.ts'
import { type Report, summaryLine } from '../support/report.ts'
import { say } from '../support/say.ts'
import { showTold } from '../support/show-failure.ts'
import { showSeconds } from '../support/terminal.ts'

const verbs = ['list', 'show', 'logs', 'compare', 'fetch'] as const

/** `runs list`, `runs show [id]`, `runs logs [id] [stage]`, `runs compare [a] [b]`, `runs fetch [id] [dir]`. */
export async function runsCommand(
  invocation: Invocation,
  options: RunsOptions,
  words: readonly (string | undefined)[],
  report: Report,
): Promise<number> {
  const [verb, id, stage] = words
  const { environment } = options
  const taken = { list: 1, show: 2 }[verb ?? ''] ?? 3
  const extra = words.slice(taken).find((word) => word !== undefined)
  if (extra !== undefined) throw usage(`runs ${verb} takes no "${extra}"`, `See --help of runs.`)
  if (environment !== undefined && environment !== 'laptop') {
    if (verb !== 'logs') throw usage(`runs ${verb} takes no --environment`, 'Only logs are read from a cluster.')
    const given = { ...options, environment }
    return (await import('./cluster-logs.ts')).clusterLogsCommand(invocation, given, [id, stage], report)
  }
  const store = openStore(storeFolder(options.store, invocation.entry))
  switch (verb) {
    case 'list':
      return list(store, options.pipeline, report)
    case 'show':
      return show(store, findRun(store, id), report)
    case 'logs':
      return (await import('./runs-logs.ts')).logsCommand(store, [id, stage], report)
    case 'compare':
      return (await import('./runs-compare.ts')).compareCommand(store, [id, stage], report)
    case 'fetch':
      return (await import('./runs-fetch.ts')).fetchCommand(store, [id, stage], report)
    default:
      throw usage(
        verb === undefined ? '"runs" needs a word after it' : `there is no command "runs ${verb}"${hint(verb, verbs)}`,
        `Use one of: runs ${verbs.join(', runs ')}.`,
      )
  }
}

function list(store: Store, pipeline: string | undefined, report: Report): number {
  const runs = store.runs.list().filter((run) => pipeline === undefined || run.pipeline === pipeline)
  // one write for all: ten thousand of them take a while
  if (runs.length > 0) report.out(runs.map(report.json ? (run) => JSON.stringify(run) : row).join('\n'))
  if (runs.length === 0) say(`no runs in ${shortPath(store.root)}`)
  return exitCodes.ok
}

const row = ({ id, pipeline, status, seconds, counts }: RunSummary): string =>
  [
    id,
    pipeline,
    status,
    ...(counts
      ? [`${counts.ran} ran, ${counts.cached} cached, ${counts.skipped} skipped, ${counts.failed} failed`]
      : []),
    ...(seconds === undefined ? [] : [showSeconds(seconds)]),
  ].join('  ')

function show(store: Store, run: RunSummary, report: Report): number {
  if (report.json) {
    for (const event of store.runs.events(run.id)) report.value(event)
    return exitCodes.ok
  }
  report.out(`run         ${run.id}`)
  report.out(`pipeline    ${run.pipeline}`)
  report.out(`status      ${run.status}`)
  report.out(`started     ${run.started}`)
  report.out(`parameters  ${JSON.stringify(run.parameters)}`)
  report.out('')
  const errors: Diagnostic[] = []
  let failures = new Failures()
  for (const event of store.runs.events(run.id)) {
    const line = event.event === 'log' ? undefined : lineOf(event)
    if (line !== undefined && event.event !== 'run.started') report.out(`${clock(event.time)} ${line}`)
    // a run that goes on begins anew
    if (event.event === 'run.started') {
      errors.length = 0
      failures = new Failures()
    }
    failures.follow(event)
    if (event.event === 'run.finished') errors.push(...event.errors)
  }
  for (const told of failures.group(errors)) report.out(showTold(told, {}))
  if (run.counts) report.out(summaryLine(run.counts, run.seconds ?? 0))
  return exitCodes.ok
}
