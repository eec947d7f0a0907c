import { existsSync } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { type Json, mapArtifacts, type Schema } from '@millrace/ir'
import type { Artifacts } from './artifacts.ts'
import { processFailure } from './exit-failure.ts'
import { attemptFiles, readJson, writeWhole } from './folder.ts'
import type { Command, CommandStage, Finding } from './kinds/kind.ts'
import { runAlone } from './run-alone.ts'
import type { Attempt } from './stage.ts'

/** What the process of an attempt gave. */
interface Given {
  /** Its output, with its artifacts as the stage's own. */
  readonly output: unknown
  readonly finding: Finding | undefined
}

/**
 * Runs an attempt's process by the stage contract: input and output are files in the attempt's folder.
 *
 * @throws StageFailure when it ends with another code than 0, or leaves no output
 */
export async function runCommand(
  { kind, code }: CommandStage,
  attempt: Attempt,
  input: Json,
  outputSchema: Schema,
  artifacts: Artifacts,
): Promise<Given> {
  const folder = dirname(attempt.files())
  const paths = attemptFiles(folder)
  writeWhole(paths.input, input)
  const { node, resources, worker, env, attempt: number } = attempt
  const command: Command = await kind.command(code, {
    ...paths,
    node,
    folder,
    resources,
    worker,
    env: Object.keys(env),
    attempt: number,
  })
  const exit = await (attempt.process ?? runAlone)(command, attempt)
  if (exit.code !== 0) throw command.failure?.(exit) ?? processFailure(node, exit, existsSync(paths.output))
  const output = readJson(paths.output)
  if (output === undefined) throw command.failure?.(exit) ?? processFailure(node, exit, existsSync(paths.output))
  return {
    output: mapArtifacts(outputSchema, output, (at, { kind: what }) => {
      const path = typeof at === 'string' ? at : (at as { readonly path: string }).path
      return (isAbsolute(path) ? at : artifacts.draft(what, path)) as Json
    }),
    finding: command.finding?.(),
  }
}
