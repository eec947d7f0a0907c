import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type ArtifactValue,
  content,
  type Diagnostic,
  defaultResources,
  digestJson,
  hexOf,
  type Json,
  mapArtifacts,
  toJson,
} from '@millrace/ir'
import { callStage, StageFailure, takeOver } from '@millrace/runner'
import type { InputOf, OutputOf, Plain, Stage } from '@millrace/sdk'
import { stageDefinition } from '@millrace/sdk'
import { loadedStage } from './program/stage-loader.ts'
import { absolutePaths, artifactAt, fromCode } from './program/values.ts'
import { RunError } from './run-error.ts'

type AnyStage = Stage<never, never> | { readonly name: string; readonly input: unknown; readonly output: unknown }

/**
 * Runs one stage by its full contract, for tests: input and output cross as JSON, are parsed and checked; nothing is
 * cached. What it writes lies in a temporary folder.
 *
 * @param input as a call takes it; a file or folder is a plain path, from the current folder
 * @throws RunError with the cause
 */
export async function runStage<S extends AnyStage>(
  stage: S,
  input: Plain<InputOf<S>> = {} as Plain<InputOf<S>>,
  settings: { readonly signal?: AbortSignal } = {},
): Promise<OutputOf<S>> {
  const definition = stageDefinition(stage)
  if (!definition) throw new TypeError('runStage() takes a stage made by stage()')
  if (definition.problems.length > 0) throw new RunError(definition.problems, null)
  const { name } = definition
  const json = toJson(fromCode(input))
  if ('problem' in json)
    throw failed(
      name,
      new StageFailure('invalid-input', `"${name}" got an input that ${json.problem.reason}`, 'Give JSON.'),
    )
  const schema = definition.inputSchema
  const absolute = absolutePaths(schema, json.json, process.cwd())
  const found = new Map<string, ArtifactValue>()
  const paths: string[] = []
  mapArtifacts(schema, absolute, (at) => {
    paths.push(at as string)
    return at
  })
  for (const path of paths) {
    const artifact = await artifactAt(path).catch(() => undefined)
    if (!artifact)
      throw failed(
        name,
        new StageFailure(
          'missing-file',
          `the input of "${name}" names "${path}", which isn't there`,
          'Correct the path.',
        ),
      )
    found.set(path, artifact)
  }
  const value = mapArtifacts(schema, absolute, (at) => found.get(at as string) as unknown as Json)
  const assets = new Map<string, ArtifactValue>()
  for (const match of JSON.stringify(schema).matchAll(/"\$asset":"([^"]+)"/g))
    assets.set(match[1] as string, await artifactAt(fileURLToPath(match[1] as string)))
  const release = takeOver()
  let folder: string | undefined
  try {
    const never = new AbortController().signal
    const { output } = await callStage(
      loadedStage(definition, (url) => assets.get(url)),
      {
        node: name,
        input: value,
        files: () => (folder ??= mkdtempSync(join(tmpdir(), `millrace-${name}-`))),
        metric: () => {},
        log: () => {},
        print: () => {},
        signal: settings.signal ?? never,
        giveUp: settings.signal ?? never,
        seed: Number.parseInt(hexOf(digestJson(content(value))).slice(0, 8), 16),
        resources: definition.options.resources ?? defaultResources,
        worker: { index: 0, count: 1 },
        env: environment(definition.env),
        attempt: 1,
      },
    )
    return output as OutputOf<S>
  } catch (error) {
    throw error instanceof StageFailure ? failed(name, error) : error
  } finally {
    release()
  }

  function failed(node: string, failure: StageFailure): RunError {
    const diagnostic: Diagnostic = failure.toDiagnostic('', node, {})
    return new RunError([{ ...diagnostic, at: { ...diagnostic.at, pipeline: null } }], null, 'failed', {
      cause: failure.cause,
    })
  }
}

function environment(env: NonNullable<ReturnType<typeof stageDefinition>>['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => {
      const known =
        'value' in value ? value.value : 'inherit' in value ? (process.env[name] ?? value.default) : undefined
      return known === undefined ? [] : [[name, known]]
    }),
  )
}
