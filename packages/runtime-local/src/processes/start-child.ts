import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { notStarted } from '@millrace/runner'
import { exhausted, isExhausted } from './exhausted.ts'

/** Milliseconds between tries to start a process where the system has no room for one. */
const waits = [100, 300, 1000, 3000]

/**
 * Starts the process of an attempt.
 *
 * @throws StageFailure when it can't be started as the stage wants it
 * @throws DiagnosticError when there is no room for one: that is no stage's fault
 */
export async function startChild(
  node: string,
  command: string,
  words: readonly string[],
  options: SpawnOptions,
  stop: AbortSignal,
): Promise<ChildProcess> {
  for (const wait of [...waits, undefined])
    try {
      return await started(spawn(command, words, options))
    } catch (error) {
      if (!isExhausted(error)) throw notStarted(node, command, error as NodeJS.ErrnoException)
      stop.throwIfAborted()
      if (wait === undefined)
        throw exhausted(`start no process for "${node}": ${(error as NodeJS.ErrnoException).code}`, error)
      await sleep(wait, undefined, { signal: stop }).catch(() => {})
    }
  throw new Error('unreachable')
}

const started = (child: ChildProcess): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => {
      child.off('error', reject)
      resolve(child)
    })
  })
