import { fileURLToPath } from 'node:url'
import {
  type ArtifactValue,
  bitsOf,
  capture,
  content,
  type Diagnostic,
  digestJson,
  showPath,
  toJson,
} from '@millrace/ir'
import { StageFailure } from '@millrace/runner'
import { type InputOf, type OutputOf, type Plain, type Stage, stageDefinition } from '@millrace/sdk'
import { callAlone } from './program/lone-call.ts'
import { assetsIn } from './program/stage-loader.ts'
import { stageLocation } from './program/stage-location.ts'
import { stageVariables } from './program/stage-variables.ts'
import { absolutePaths, artifactAt, fromCode, readArtifacts } from './program/values.ts'
import { RunError } from './run-error.ts'
import { shortPath } from './short-path.ts'

type AnyStage = Stage<never, never> | { readonly name: string; readonly input: unknown; readonly output: unknown }

/**
 * Runs one stage by its full contract, for tests: input and output cross as JSON, are parsed and checked; nothing is
 * cached. What it writes lies in a temporary folder.
 *
 * @param stage what `stage()` gave
 * @param input as a call takes it; a file or folder is a plain path, from the current folder
 * @param settings how it runs
 * @returns the output; artifacts in it are `{ path, digest, size }`
 * @throws RunError with the cause; TypeError where `stage` is none
 */
export async function runStage<S extends AnyStage>(
  stage: S,
  input: Plain<InputOf<S>> = {} as Plain<InputOf<S>>,
  settings: {
    /** Cancels it. Default none. */
    readonly signal?: AbortSignal
  } = {},
): Promise<OutputOf<S>> {
  const definition = stageDefinition(stage)
  if (!definition) throw new TypeError('runStage() takes a stage made by stage()')
  if (definition.problems.length > 0) throw new RunError(definition.problems, null)
  const { name } = definition
  const { pipeline: _, node: __, ...place } = definition.at()
  const defined = stageLocation(definition)
  const call = { ...capture(runStage)(), ...(defined ? { stage: defined } : {}) }
  const { env, problems } = stageVariables(definition)
  if (problems.length > 0) throw new RunError(problems, null)
  const json = toJson(fromCode(input))
  if ('problem' in json) {
    const { path, reason } = json.problem
    const field = path.length > 0 ? `in which "${showPath(path)}" ` : 'that '
    const message = `"${name}" got an input ${field}${reason}, which JSON can't carry`
    throw failed(
      name,
      new StageFailure('invalid-input', message, 'Give a value that JSON can carry.', { path: showPath(path) }),
    )
  }
  const schema = definition.inputSchema
  const at = { ...place, pipeline: null, node: name }
  const missing: Diagnostic[] = []
  const refuse = (path: string, message: string, fix: string) =>
    missing.push({ code: 'missing-file', severity: 'error', message, at: path === '' ? at : { ...at, path }, fix })
  const absolute = absolutePaths(schema, json.json, process.cwd())
  const value = await readArtifacts(schema, absolute, (field, why, fix) =>
    refuse(showPath(field), `the input "${showPath(field)}" of "${name}" names ${why}`, fix),
  )
  const assets = new Map<string, ArtifactValue>()
  for (const asset of assetsIn(schema)) {
    const path = fileURLToPath(asset)
    const artifact = await artifactAt(path).catch(() => undefined)
    if (artifact) assets.set(asset, artifact)
    else
      refuse(
        '',
        `the asset "${shortPath(path)}" isn't there`,
        'Put the file there, or correct the URL given to asset().',
      )
  }
  if (missing.length > 0) throw new RunError(missing, null)
  const never = new AbortController().signal
  try {
    const { output } = await callAlone({
      definition,
      input: value,
      asset: (url) => assets.get(url),
      seed: bitsOf(digestJson(content(value))),
      env,
      signal: settings.signal ?? never,
    })
    return output as OutputOf<S>
  } catch (error) {
    throw error instanceof StageFailure ? failed(name, error) : error
  }

  function failed(node: string, failure: StageFailure): RunError {
    const diagnostic: Diagnostic = failure.toDiagnostic('', node, call)
    return new RunError([{ ...diagnostic, at: { ...diagnostic.at, pipeline: null } }], null, 'failed', {
      cause: failure.cause,
    })
  }
}
