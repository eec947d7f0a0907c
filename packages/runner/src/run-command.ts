import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { type Json, metricIn, type Schema, stageVariables } from '@millrace/ir'
import type { Artifacts } from './artifacts.ts'
import { exitFailure } from './exit-failure.ts'
import { StageFailure } from './failure.ts'
import { attemptFiles, readJson, writeWhole } from './folder.ts'
import type { CommandStage } from './kinds/kind.ts'
import type { Attempt } from './stage.ts'
import { WordOutputs } from './word-outputs.ts'
import { fillWords } from './words.ts'

/** How long what was told to end after a timeout may go on (contracts: stage), in milliseconds. */
const killAfter = 1000

/**
 * Runs an attempt's process by the stage contract: input and output are files in the attempt's folder, or what stands
 * for them among its words. Gives what it wrote as its output, with its artifacts as the stage's own.
 *
 * @throws StageFailure when it can't be given its words, ends with another code than 0, or leaves no output
 */
export async function runCommand(
  { kind, code, inputSchema }: CommandStage,
  attempt: Attempt,
  input: Json,
  outputSchema: Schema,
  artifacts: Artifacts,
): Promise<unknown> {
  const { node } = attempt
  const paths = attemptFiles(dirname(attempt.files()))
  writeWhole(paths.input, input)
  const { words, env } = kind.command(code, paths)
  const outputs = new WordOutputs(node, outputSchema, paths.values, artifacts)
  const outputPath = (path: readonly string[]) => outputs.pathOf(path)
  const filled = fillWords(words, { node, input, inputSchema, outputPath })
  const child = begin(node, filled, { ...process.env, ...attempt.env, ...contract(attempt, paths), ...env })
  const stop = stopWith(child, attempt)
  try {
    await ended(child, attempt)
  } finally {
    stop()
    signal(child, 'SIGKILL')
  }
  for (const line of linesOf(paths.metrics)) {
    const metric = metricIn(line)
    if (metric) attempt.metric(metric)
  }
  const output = readJson(paths.output)
  const isThere = existsSync(paths.output)
  if (output === undefined && (isThere || outputs.isEmpty)) throw exitFailure(node, 0, isThere)
  return outputs.read(output ?? {})
}

function begin(node: string, [program = '', ...words]: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  try {
    return spawn(program, words, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // a group of its own, so that its own children end with it
      detached: true,
    })
  } catch (error) {
    // of most errors the child tells
    throw notStarted(node, error as Error)
  }
}

const notStarted = (node: string, error: Error): StageFailure =>
  new StageFailure(
    'process-failed',
    `the process of "${node}" can't be started: ${error.message}`,
    'Put the program where it is looked for, or correct its name.',
    { retry: false, cause: error },
  )

const contract = (attempt: Attempt, paths: ReturnType<typeof attemptFiles>): Record<string, string> => ({
  [stageVariables.input]: paths.input,
  [stageVariables.output]: paths.output,
  [stageVariables.files]: paths.files,
  [stageVariables.metrics]: paths.metrics,
  [stageVariables.seed]: String(attempt.seed),
})

function ended(child: ChildProcess, attempt: Attempt): Promise<void> {
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder('utf8')
    stream?.on('data', (chunk: Buffer) => attempt.print(decoder.write(chunk)))
  }
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notStarted(attempt.node, error)))
    child.once('close', (code) => (code === 0 ? resolve() : reject(exitFailure(attempt.node, code, false))))
  })
}

/** Tells the process when it is to end, and ends it when nobody waits any more. */
function stopWith(child: ChildProcess, { signal: told, abandon }: Attempt): () => void {
  let timer: NodeJS.Timeout | undefined
  const hard = () => signal(child, 'SIGKILL')
  const soft = () => {
    signal(child, 'SIGTERM')
    timer = setTimeout(hard, killAfter)
  }
  told.addEventListener('abort', soft, { once: true })
  abandon.addEventListener('abort', hard, { once: true })
  return () => {
    clearTimeout(timer)
    told.removeEventListener('abort', soft)
    abandon.removeEventListener('abort', hard)
  }
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name)
  } catch {
    // it has ended
  }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}
