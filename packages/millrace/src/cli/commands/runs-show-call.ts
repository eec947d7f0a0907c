import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type CallAddress, Failures } from '@millrace/engine'
import {
  type Diagnostic,
  type Digest,
  type Event,
  isArtifactValue,
  isDigest,
  isObject,
  type Json,
  type Metric,
  type PlanStageSpec,
  showNode,
} from '@millrace/ir'
import { type RunSummary, readStored, type Store } from '@millrace/store'
import { contentsIn } from '../../reports/kept-content.ts'
import { type RecordedCall, recordedCall } from '../../reports/recorded-call.ts'
import { shortPath } from '../../short-path.ts'
import { clock, lineOf } from '../progress/line.ts'
import { exitCodes } from '../support/exit.ts'
import type { Invocation } from '../support/invocation.ts'
import { programAssets } from '../support/program-assets.ts'
import type { Report } from '../support/report.ts'
import { showTold } from '../support/show-failure.ts'
import { plainLine } from '../support/terminal.ts'

type StageEvent = Extract<Event, { node: string }>

/** `runs show [id] 'fold[3]'`: all that is known of one call. */
export async function showCallCommand(
  invocation: Invocation,
  store: Store,
  run: RunSummary,
  word: string,
  report: Report,
): Promise<number> {
  const asset = await programAssets(invocation, run.pipeline)
  const recorded = await recordedCall({ store, run, asset }, word)
  const told = await toldOf(store, run, recorded)
  if (report.json) report.value(told)
  else show(told, run, report)
  return exitCodes.ok
}

/** One call, as `--json` gives it. */
interface ToldCall {
  readonly call: string
  readonly run: string
  readonly status: string
  readonly key: Digest | null
  /** `null`: it got none, or what it read is no longer in the store. */
  readonly input: Json
  readonly output: Json
  /** Events of the call, without its log and metrics. */
  readonly events: readonly StageEvent[]
  readonly metrics: readonly Metric[]
  /** Paths of the logs of its attempts. */
  readonly logs: readonly string[]
  /** Paths of the artifacts in its output. */
  readonly files: readonly string[]
}

async function toldOf(store: Store, run: RunSummary, { plan, address, found }: RecordedCall): Promise<ToldCall> {
  const { all, metrics } = eventsOf(store, run, address)
  const last = all.at(-1)
  const key = found?.key ?? all.map((event) => ('key' in event ? event.key : undefined)).findLast(isDigest)
  const told = last && 'output' in last ? last.output : null
  const spec = found && (plan.stages[found.node.stage] as PlanStageSpec)
  const kept =
    key && spec && isDigest(told)
      ? await store.results.find([{ key, output: spec.output }], { unread: true })[0]
      : undefined
  const output = kept?.output ?? told
  return {
    call: showNode(address.node, address.index),
    run: run.id,
    status: last ? last.event.replace('stage.', '') : 'not reached',
    key: key ?? null,
    input: found?.args ?? null,
    output,
    events: all,
    metrics,
    logs: logsOf(store, run, address),
    files: artifactsIn(output),
  }
}

/** What the journal tells of a call since the run last began anew. */
function eventsOf(store: Store, run: RunSummary, { node, index }: CallAddress) {
  let all: StageEvent[] = []
  let metrics: Metric[] = []
  for (const event of store.runs.events(run.id)) {
    if (event.event === 'run.started') {
      all = []
      metrics = []
    }
    if (!('node' in event) || event.node !== node || (event.index ?? []).join() !== index.join()) continue
    if (event.event === 'metric')
      metrics.push({
        name: event.name,
        value: event.value,
        ...(event.step === undefined ? {} : { step: event.step }),
        time: event.time,
      })
    else if (event.event !== 'log') all.push(event)
  }
  return { all, metrics }
}

function logsOf(store: Store, run: RunSummary, { node, index }: CallAddress): string[] {
  const start = `${[node.replaceAll('/', '+'), ...index].join('_')}.`
  const folder = join(store.runs.path(run.id), 'logs')
  return store.runs
    .logs(run.id)
    .filter((file) => file.startsWith(start) && /^\d+\.log$/.test(file.slice(start.length)))
    .map((file) => join(folder, file))
    .sort()
}

function artifactsIn(value: Json): string[] {
  if (isArtifactValue(value)) return [value.path]
  if (Array.isArray(value)) return value.flatMap(artifactsIn)
  return isObject(value) ? Object.values(value).flatMap((item) => artifactsIn(item as Json)) : []
}

/** Characters of a value, and lines of a log, that are shown. */
const most = 4096
const oneLine = 100
const logLines = 40

function show(told: ToldCall, run: RunSummary, report: Report): void {
  report.out(`call    ${told.call}`)
  report.out(`run     ${run.id} of ${run.pipeline}`)
  report.out(`status  ${told.status}`)
  if (told.key) report.out(`key     ${told.key}`)
  const isKnown = told.input !== null
  report.out(
    `input   ${isKnown ? indented(told.input) : 'not known: it was not reached, or what it reads is no longer in the store'}`,
  )
  if (told.output !== null) report.out(`output  ${indented(told.output)}`)
  for (const file of told.files) report.out(`file    ${shortPath(file)}${existsSync(file) ? '' : ' (not there)'}`)
  const lines = told.events.map((event) => `${clock(event.time)} ${lineOf(event)}`)
  if (lines.length > 0) report.out(['', ...lines].join('\n'))
  for (const { name, value, step } of lastMetrics(told.metrics))
    report.out(`metric  ${plainLine(name)} = ${value}${step === undefined ? '' : ` (step ${step})`}`)
  const failures = new Failures()
  for (const event of told.events) failures.follow(event)
  const causes = told.events.flatMap((event) => (event.event === 'stage.failed' ? [event.cause] : []))
  for (const log of told.logs) showLog(log, causes, report)
  for (const failure of failures.group(causes))
    report.out(`\n${showTold({ ...failure, calls: [], log: '' }, { env: {}, trace: report.trace })}`)
  if (isKnown) report.out(`\nto run it again here: call '${told.call}' --run ${run.id}${filesNeeded(told.input, run)}`)
}

/** The parameters that name files where the call reads one: the run kept what they held, not where they lie. */
function filesNeeded(input: Json, { parameters }: RunSummary): string {
  if (contentsIn(input).length === 0) return ''
  const named = Object.keys(parameters).filter((name) => contentsIn(parameters[name] ?? null).length > 0)
  return named.map((name) => ` --param ${name}=<file>`).join('')
}

function indented(value: Json): string {
  const line = JSON.stringify(value)
  if (line.length <= oneLine) return plainLine(line)
  const text = JSON.stringify(value, undefined, 2)
  const cut = text.length > most ? `${text.slice(0, most).toWellFormed()}… (--json has all)` : text
  return cut.split('\n').map(plainLine).join('\n        ')
}

/** The last value of each. */
const lastMetrics = (metrics: readonly Metric[]): readonly Metric[] => [
  ...new Map(metrics.map((metric) => [metric.name, metric])).values(),
]

/** Without the error at its end, which is told below. */
function showLog(path: string, causes: readonly Diagnostic[], report: Report): void {
  const all = readStored(path).replace(/\n$/, '').split('\n')
  const told = new Set(causes.map(({ code, message }) => `error[${code}]: ${message.split('\n')[0]}`))
  const error = all.findLastIndex((line) => told.has(line))
  const lines = error < 0 ? all : all.slice(0, error)
  const shown = lines.slice(-logLines).map((line) => `  | ${plainLine(line)}`)
  const cut = lines.length > logLines ? `, its last ${logLines} lines of ${lines.length}` : ''
  report.out([`\nlog     ${shortPath(path)}${cut}`, ...shown].join('\n'))
}
