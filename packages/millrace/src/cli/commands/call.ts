import { open as openInspector, waitForDebugger } from 'node:inspector'
import { fileURLToPath } from 'node:url'
import {
  type ArtifactValue,
  bitsOf,
  canonical,
  content,
  type Diagnostic,
  DiagnosticError,
  fillDefaults,
  isArtifactValue,
  isObject,
  type Json,
  type JsonObject,
  optionsOf,
  type PlanStageSpec,
  setKey,
  showPath,
} from '@millrace/ir'
import { outsideStage, StageFailure } from '@millrace/runner'
import { envOf } from '@millrace/runtime-local'
import type { StageDefinition } from '@millrace/sdk'
import { openStore, type RunSummary } from '@millrace/store'
import { callAlone } from '../../program/lone-call.ts'
import { readParameters } from '../../program/parameters/parameters.ts'
import { storeFolder } from '../../program/place.ts'
import { refuse } from '../../program/prepare.ts'
import { type Program, readAssets, readProgram } from '../../program/program.ts'
import { stageLocation } from '../../program/stage-location.ts'
import { readArtifacts } from '../../program/values.ts'
import { contentsIn, isKeptContent } from '../../reports/kept-content.ts'
import { type RecordedCall, recordedCall } from '../../reports/recorded-call.ts'
import { shortPath } from '../../short-path.ts'
import { exitCodes } from '../support/exit.ts'
import { findRun } from '../support/find-run.ts'
import { type Invocation, pickPipeline, usage } from '../support/invocation.ts'
import type { CallOptions } from '../support/options.ts'
import type { Report } from '../support/report.ts'
import { say } from '../support/say.ts'
import { Signals } from '../support/signals.ts'
import { plainText } from '../support/terminal.ts'

/** `call 'fold[3]'`: runs one call of a run again with its real input, in this process; commits nothing. */
export async function callCommand(
  invocation: Invocation,
  options: CallOptions,
  [word]: readonly (string | undefined)[],
  report: Report,
): Promise<number> {
  if (word === undefined) throw usage('"call" needs the name of a call', "Write it as runs show does: call 'fold[3]'.")
  const store = openStore(storeFolder(options.store, invocation.entry))
  const run = findRun(store, options.run)
  const program = readProgram(pickPipeline(invocation, options.pipeline ?? run.pipeline))
  const assets = await readAssets(program)
  const asset = (token: string) => assets.get(token) as unknown as Json
  const input = await parametersOf(run, program, options, asset)
  const recorded = await recordedCall({ store, run, asset, input }, word)
  const byPath = new Map([...program.checked.assets].map(([token, path]) => [path, assets.get(token)]))
  return again(recorded, { word, run, program, inspect: options.inspect === true, byPath }, report)
}

/** What a call is run again with. */
interface Again {
  readonly word: string
  readonly run: RunSummary
  readonly program: Program
  readonly inspect: boolean
  /** The artifacts of assets. */
  readonly byPath: ReadonlyMap<string, ArtifactValue | undefined>
}

async function again({ plan, found }: RecordedCall, more: Again, report: Report): Promise<number> {
  const { word, run, program, inspect, byPath } = more
  if (!found) throw notGiven(run, word)
  const definition = program.traced.stages.get(found.node.stage)
  if (!definition) throw noStage(run, found.node.stage)
  const [lost] = contentsIn(found.args)
  if (lost !== undefined) {
    const message = `"${word}" was given a file as "${lost}", and run ${run.id} kept what it held, not where it lies`
    throw new DiagnosticError([missingFile(run, message, 'Give the parameter that names it once more, with --param.')])
  }
  if (inspect) awaitDebugger()
  const signals = new Signals()
  try {
    const { output, files } = await callAlone({
      node: found.node.id,
      definition,
      input: found.args,
      asset: (url) => byPath.get(fileURLToPath(url)),
      seed: bitsOf(found.key),
      env: envOf({ spec: plan.stages[found.node.stage] as PlanStageSpec, variables: process.env }),
      resources: optionsOf(plan, found.node).resources,
      signal: signals.signal,
      abandon: signals.kill,
      print: (text) => outsideStage(() => process.stderr.write(plainText(text))),
      log: (_level, message, data) =>
        outsideStage(() => say(`${message}${data === undefined ? '' : ` ${JSON.stringify(data)}`}`)),
      metric: ({ name, value, step }) =>
        outsideStage(() => say(`${name} = ${value}${step === undefined ? '' : ` (step ${step})`}`)),
    })
    report.value(output)
    for (const { path } of files) say(`wrote ${shortPath(path)}`)
    return exitCodes.ok
  } catch (error) {
    if (signals.exit !== undefined) return signals.exit
    if (!(error instanceof StageFailure)) throw error
    report.errors([failed(error, plan.pipeline, word, definition)])
    return exitCodes.stageFailed
  } finally {
    signals.release()
  }
}

function failed(failure: StageFailure, pipeline: string, word: string, definition: StageDefinition): Diagnostic {
  const stage = stageLocation(definition)
  return failure.toDiagnostic(pipeline, word, stage ? { stage } : {})
}

/** Stops at the stage's own code: what runs before it is only ours. */
function awaitDebugger(): void {
  openInspector(0, '127.0.0.1')
  say('open chrome://inspect, or attach a debugger to the address above; set a breakpoint in the stage, then go on')
  waitForDebugger()
}

/** The run's parameters. It kept what files hold, not where they lie: that the command line and the defaults tell. */
async function parametersOf(
  run: RunSummary,
  { name, graph }: Program,
  { param, params }: CallOptions,
  asset: (token: string) => Json,
): Promise<JsonObject> {
  const problems: Diagnostic[] = []
  const { value } = await readParameters(name, graph.input, { param, params }, problems)
  const read = await readArtifacts(graph.input, value, (field, why, fix) =>
    problems.push(missingFile(run, `the parameter "${showPath(field)}" names ${why}`, fix)),
  )
  refuse(problems)
  const whole = fillDefaults(graph.input, read, graph.input, asset) as JsonObject
  const differing = Object.keys(value).filter((key) => !isSame(whole[key], run.parameters[key]))
  if (differing.length > 0) throw otherParameters(run, differing)
  return withPaths(run.parameters, whole) as JsonObject
}

const isSame = (a: Json | undefined, b: Json | undefined): boolean =>
  canonical(content(a ?? null)) === canonical(content(b ?? null))

/** A value as a run keeps it, with the artifacts of another that have the same content. */
function withPaths(kept: Json, known: Json | undefined): Json {
  if (isKeptContent(kept))
    return isArtifactValue(known) && known.digest === kept.digest ? (known as unknown as Json) : kept
  if (Array.isArray(kept))
    return kept.map((item: Json, i) => withPaths(item, Array.isArray(known) ? known[i] : undefined))
  if (!isObject(kept)) return kept
  const out = {}
  for (const [key, item] of Object.entries(kept))
    setKey(out, key, withPaths(item as Json, isObject(known) ? (known[key] as Json | undefined) : undefined))
  return out as Json
}

const missingFile = ({ pipeline }: RunSummary, message: string, fix: string): Diagnostic => ({
  code: 'missing-file',
  severity: 'error',
  message,
  at: { pipeline, node: null },
  fix,
})

const otherParameters = (run: RunSummary, names: readonly string[]): DiagnosticError =>
  new DiagnosticError([
    {
      code: 'invalid-parameter',
      severity: 'error',
      message: `run ${run.id} had another ${names.map((name) => `"${name}"`).join(', ')}`,
      at: { pipeline: run.pipeline, node: null },
      fix: 'Give the parameters of that run; files must hold what they held.',
    },
  ])

const notGiven = (run: RunSummary, word: string): DiagnosticError =>
  new DiagnosticError([
    {
      code: 'unknown-stage',
      severity: 'error',
      message: `"${word}" of run ${run.id} can't be run again: it was never reached, or what it reads is no longer in the store`,
      at: { pipeline: run.pipeline, node: null },
      fix: 'See runs show for the calls of the run; run the program again to make what is missing.',
    },
  ])

const noStage = (run: RunSummary, stage: string): DiagnosticError =>
  new DiagnosticError([
    {
      code: 'unknown-stage',
      severity: 'error',
      message: `the program has no stage "${stage}" any more, which run ${run.id} had`,
      at: { pipeline: run.pipeline, node: null },
      fix: 'Give the stage its name again, or choose a later run.',
    },
  ])
