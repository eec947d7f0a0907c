import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Json, Schema, StageCode } from '@millrace/ir'
import type { Artifacts } from './artifacts.ts'
import { processFailure } from './exit-failure.ts'
import { attemptFiles, readJson, writeWhole } from './folder.ts'
import type { StageKind } from './kind.ts'
import { runAlone } from './run-alone.ts'
import type { Attempt, CommandResult, CommandStage } from './stage.ts'
import { WordOutputs } from './word-outputs.ts'
import { fillWords } from './words.ts'

interface ProcessStage {
  readonly kind: StageKind
  readonly code: StageCode
  readonly inputSchema: Schema
  readonly outputSchema: Schema
}

/** A stage of a kind that runs processes. */
export const commandStage = (stage: ProcessStage): CommandStage => ({
  run: (attempt, input, artifacts) => runCommand(stage, attempt, input, artifacts),
})

/**
 * Runs an attempt's process by the stage contract: input and output are files in the attempt's folder, or what stands
 * for them among its words.
 */
async function runCommand(
  { kind, code, inputSchema, outputSchema }: ProcessStage,
  attempt: Attempt,
  input: Json,
  artifacts: Artifacts,
): Promise<CommandResult> {
  const { node, resources, worker, env, attempt: number } = attempt
  const folder = dirname(attempt.files())
  const paths = attemptFiles(folder)
  writeWhole(paths.input, input)
  const told = { ...paths, node, folder, resources, worker, env: Object.keys(env), attempt: number }
  const command = await kind.command(code, told)
  const outputs = new WordOutputs(node, outputSchema, paths.values, artifacts)
  const outputPath = (path: readonly string[]) => outputs.pathOf(path)
  const words = fillWords(command.words, { node, input, inputSchema, outputPath })
  const exit = await (attempt.process ?? runAlone)({ ...command, words }, attempt)
  const output = exit.code === 0 ? readJson(paths.output) : undefined
  const isThere = existsSync(paths.output)
  if (exit.code !== 0 || (output === undefined && (isThere || outputs.isEmpty)))
    throw command.failure?.(exit) ?? processFailure(node, exit, isThere)
  return { output: outputs.read(output ?? {}), finding: command.finding?.() }
}
