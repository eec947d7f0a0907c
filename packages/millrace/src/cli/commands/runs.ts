import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Diagnostic, DiagnosticError, formatDiagnostic, hint, nowhere } from '@millrace/ir'
import { openStore, type RunSummary, type Store } from '@millrace/store'
import { storeFolder } from '../../program/place.ts'
import { shortPath } from '../../short-path.ts'
import { exitCodes } from '../exit.ts'
import { type Invocation, usage } from '../invocation.ts'
import type { CommonOptions } from '../parser.ts'
import { clock, lineOf } from '../progress/line.ts'
import { type Report, summaryLine } from '../report.ts'
import { plainText, showSeconds } from '../terminal.ts'

const verbs = ['list', 'show', 'logs'] as const

/** `runs list`, `runs show [id]`, `runs logs [id] [stage]`. */
export async function runsCommand(
  invocation: Invocation,
  options: CommonOptions,
  words: readonly (string | undefined)[],
  report: Report,
): Promise<number> {
  const [verb, id, stage] = words
  const taken = { list: 1, show: 2, logs: 3 }[verb ?? ''] ?? 3
  const extra = words.slice(taken).find((word) => word !== undefined)
  if (extra !== undefined) throw usage(`runs ${verb} takes no "${extra}"`, `See --help of runs.`)
  const store = openStore(storeFolder(options.store, invocation.entry))
  switch (verb) {
    case 'list':
      return list(store, options.pipeline, report)
    case 'show':
      return show(store, found(store, id), report)
    case 'logs':
      // ids begin with a digit, names with a letter: `runs logs train` is the stage of the last run
      return id !== undefined && stage === undefined && /^[a-z]/.test(id)
        ? logs(store, found(store, undefined), id, report)
        : logs(store, found(store, id), stage, report)
    default:
      throw usage(
        verb === undefined ? '"runs" needs a word after it' : `there is no command "runs ${verb}"${hint(verb, verbs)}`,
        `Use one of: runs ${verbs.join(', runs ')}.`,
      )
  }
}

function list(store: Store, pipeline: string | undefined, report: Report): number {
  const runs = store.runs.list().filter((run) => pipeline === undefined || run.pipeline === pipeline)
  if (report.json) for (const run of runs) report.out(JSON.stringify(run))
  else for (const run of runs) report.out(row(run))
  if (runs.length === 0) process.stderr.write(`no runs in ${shortPath(store.root)}\n`)
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
    for (const event of store.runs.events(run.id)) report.event(event)
    return exitCodes.ok
  }
  report.out(`run         ${run.id}`)
  report.out(`pipeline    ${run.pipeline}`)
  report.out(`status      ${run.status}`)
  report.out(`started     ${run.started}`)
  report.out(`parameters  ${JSON.stringify(run.parameters)}`)
  report.out('')
  const errors: Diagnostic[] = []
  for (const event of store.runs.events(run.id)) {
    const line = event.event === 'log' ? undefined : lineOf(event)
    if (line !== undefined && event.event !== 'run.started') report.out(`${clock(event.time)} ${line}`)
    if (event.event === 'run.started') errors.length = 0
    if (event.event === 'run.finished') errors.push(...event.errors)
  }
  for (const error of errors) report.out(plainText(formatDiagnostic(error, shortPath)))
  if (run.counts) report.out(summaryLine(run.counts, run.seconds ?? 0))
  return exitCodes.ok
}

function logs(store: Store, run: RunSummary, stage: string | undefined, report: Report): number {
  const folder = join(store.runs.path(run.id), 'logs')
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.log'))
        .sort(new Intl.Collator('en', { numeric: true }).compare)
    : []
  const name = (file: string): string => file.replace(/\.\d+\.log$/, '')
  const wanted = stage?.replaceAll('/', '+').replaceAll('[', '_').replaceAll(']', '')
  const chosen = files.filter(
    (file) => wanted === undefined || name(file) === wanted || name(file).startsWith(`${wanted}_`),
  )
  const stages = new Set<string>()
  for (const event of store.runs.events(run.id)) if ('node' in event) stages.add(event.node)
  if (stage !== undefined && chosen.length === 0 && !stages.has(stage.replace(/\[.*$/, ''))) {
    throw new DiagnosticError([
      {
        code: 'unknown-stage',
        severity: 'error',
        message: `run ${run.id} has no stage "${stage}"${hint(stage, stages)}`,
        at: { pipeline: run.pipeline, node: null },
        fix: `Use one of: ${[...stages].slice(0, 20).join(', ')}.`,
      },
    ])
  }
  for (const file of chosen) {
    const text = readFileSync(join(folder, file), 'utf8').replace(/\n$/, '')
    if (chosen.length === 1) report.out(text)
    else for (const line of text.split('\n')) report.out(`${callOf(name(file))} | ${line}`)
  }
  if (chosen.length === 0) process.stderr.write(`${stage ?? `run ${run.id}`} printed nothing\n`)
  return exitCodes.ok
}

/** The call whose log a file is: `prepare/clean[2][0]` of `prepare+clean_2_0`. */
const callOf = (name: string): string => name.replaceAll('+', '/').replace(/_(\d+)/g, '[$1]')

function found(store: Store, id: string | undefined): RunSummary {
  const run = store.runs.find(id)
  if (run !== undefined && run !== 'ambiguous') return run
  const refuse = (message: string, fix: string) =>
    new DiagnosticError([{ code: 'unknown-run', severity: 'error', message, at: nowhere, fix }])
  if (run === 'ambiguous') throw refuse(`several runs begin with "${id}"`, 'Give more of the id; see runs list.')
  if (id === undefined) throw refuse(`there are no runs in ${shortPath(store.root)}`, 'Run the program first.')
  throw refuse(`there is no run "${id}"`, 'See runs list for the ids.')
}
