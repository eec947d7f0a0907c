import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { killAfter, metricIn } from '@millrace/ir'
import type { Exit } from './exit-failure.ts'
import { StageFailure } from './failure.ts'
import { attemptFiles, contractVariables } from './folder.ts'
import type { FilledCommand } from './kind.ts'
import type { Attempt } from './stage.ts'

/** Runs the process of a stage that is called alone, outside of any run: nobody watches it but this process. */
export async function runAlone(command: FilledCommand, attempt: Attempt): Promise<Exit> {
  const paths = attemptFiles(dirname(attempt.files()))
  const [program = '', ...words] = command.words
  const child = begin(attempt.node, program, words, {
    env: { ...process.env, ...attempt.env, ...contractVariables(paths, attempt.seed), ...command.env },
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // a group of its own, so that its own children end with it
    detached: true,
  })
  const stop = stopWith(child, attempt)
  try {
    return await ended(child, program, attempt)
  } finally {
    stop()
    signal(child, 'SIGKILL')
    tell(command, attempt, paths.metrics)
  }
}

function begin(node: string, program: string, words: readonly string[], options: SpawnOptions): ChildProcess {
  try {
    return spawn(program, words, options)
  } catch (error) {
    // of most errors the child tells
    throw notStarted(node, program, error as NodeJS.ErrnoException)
  }
}

function ended(child: ChildProcess, program: string, { node, print }: Attempt): Promise<Exit> {
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder('utf8')
    stream?.on('data', (chunk: Buffer) => print(decoder.write(chunk)))
  }
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notStarted(node, program, error)))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
}

/** A process that the system refuses to start. */
export function notStarted(node: string, program: string, cause: NodeJS.ErrnoException): StageFailure {
  const absent = cause.code === 'ENOENT'
  return new StageFailure(
    'process-failed',
    `the process of "${node}" can't be started: ${absent ? `there is no program "${program}"` : (cause.code ?? cause.message)}`,
    absent
      ? 'Install it, or put its folder on the PATH.'
      : cause.code === 'E2BIG'
        ? 'Give the stage less in its env and its words.'
        : `Read the cause; the system refuses to start "${program}".`,
    { retry: false, cause },
  )
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

function tell({ lines }: FilledCommand, attempt: Attempt, metrics: string): void {
  for (const line of linesOf(metrics)) {
    const metric = metricIn(line)
    if (metric) attempt.metric(metric)
  }
  for (const line of lines ? linesOf(lines.path) : []) {
    const logged = lines?.read(line)
    if (logged) attempt.log(logged.level, logged.message, logged.data)
  }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}
