import { type Diagnostic, type Event, isDiagnosticError } from '@millrace/ir'
import type { AnyPipeline, InputOf, OutputOf, Plain } from '@millrace/sdk'
import { openStore } from '@millrace/store'
import { isChild } from './is-child.ts'
import { givenInput } from './program/given-input.ts'
import { localRuntimeOf, resourceDiagnostics } from './program/local-runtime.ts'
import { storeFolder } from './program/place.ts'
import { prepareProgram } from './program/prepare.ts'
import { readProgram } from './program/program.ts'
import { saveRecord } from './program/record.ts'
import { runningModules } from './program/running-modules.ts'
import { checkKinds } from './program/stage-kinds.ts'
import { warm } from './program/workers.ts'
import { RunError } from './run-error.ts'

/** How `run` runs a pipeline. */
export interface RunSettings {
  /** Folder of the store. Default: `MILLRACE_STORE`, else `.millrace` beside the program's config or package.json. */
  readonly store?: string
  /** Stages at once: a whole number from 1. Default by their requests. */
  readonly jobs?: number
  /** Cancels the run. Default none. */
  readonly signal?: AbortSignal
  /** Called with each event of the run; what it throws is thrown after the run. Default none. */
  readonly onEvent?: (event: Event) => void
  /** Starts a new run that takes no hits. Default false. */
  readonly fresh?: boolean
}

/**
 * Runs a pipeline in this process.
 *
 * @param pipeline what `pipeline()` gave
 * @param input as the pipeline's schema takes it; a file or folder is a path, from the current folder
 * @param settings how it runs
 * @returns the output; artifacts in it are `{ path, digest, size }`
 * @throws RunError with all diagnostics when the program or the input is wrong, a stage failed, or the run was cancelled;
 *   after the run, what `onEvent` threw
 */
export async function run<P extends AnyPipeline>(
  pipeline: P,
  input: Plain<InputOf<P>> = {} as Plain<InputOf<P>>,
  settings: RunSettings = {},
): Promise<OutputOf<P>> {
  if (isChild.value) throw new RunError([insideChild(pipeline.name)], null)
  if (settings.jobs !== undefined && !(Number.isInteger(settings.jobs) && settings.jobs >= 1))
    throw new RunError([badJobs(pipeline.name, settings.jobs)], null)
  const program = readProgram(pipeline)
  const entry = program.traced.definition.at().file
  const store = openStore(storeFolder(settings.store, entry))
  const prepared = await prepareProgram(program, {
    entry,
    store,
    importModule: runningModules(program),
    anew: () => warm(entry),
    given: (problems) => givenInput(input, program.name, program.graph.input, problems),
  }).catch((error: unknown) => {
    throw isDiagnosticError(error) ? new RunError(error.diagnostics, null, 'failed', { cause: error }) : error
  })
  const { plan, code, input: read } = prepared
  const notices = [...prepared.notices, ...resourceDiagnostics(program, plan, false)]
  const { signal, onEvent, ...chosen } = settings
  const refused = await checkKinds(program, prepared.stageKinds)
  if (refused.length > 0) throw new RunError(refused, null)
  const runtime = localRuntimeOf(prepared, chosen, notices)
  const listened = {
    ...(signal ? { signal } : {}),
    onEvent: (event: Event) => {
      if (event.event === 'run.started') saveRecord(store.runs, event.run, plan, code, read)
      try {
        onEvent?.(event)
      } catch (error) {
        // what listens must not break what runs
        deaf ??= { error }
      }
    },
  }
  let deaf: { readonly error: unknown } | undefined
  // a process that calls run often must not keep the files of every store open
  const outcome = await runtime.run(plan, read, listened).finally(() => store.close())
  if (deaf) throw deaf.error
  if (outcome.status !== 'succeeded') throw new RunError(outcome.errors, outcome.run, outcome.status)
  return outcome.output as OutputOf<P>
}

const badJobs = (name: string, jobs: number): Diagnostic => ({
  code: 'bad-option',
  severity: 'error',
  message: `run(${name}): jobs is ${jobs}`,
  at: { pipeline: name, node: null, path: 'jobs' },
  fix: 'Give a whole number from 1, or leave it out.',
})

const insideChild = (name: string): Diagnostic => ({
  code: 'call-outside-build',
  severity: 'error',
  message: `run(${name}) is called at the top of a module that is loaded to run one of its stages in a process of its own`,
  at: { pipeline: name, node: null },
  fix: 'Define the stages in another module than the one that calls run.',
})
