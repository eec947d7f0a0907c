import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { StageFailure } from '@millrace/runner'
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
      const { code } = error as NodeJS.ErrnoException
      if (!isExhausted(error))
        throw new StageFailure(
          'process-failed',
          `the process of "${node}" can't be started: ${code ?? (error as Error).message}`,
          code === 'E2BIG' ? 'Give the stage less in its env.' : 'Read the cause; the system refuses to start Node.',
          { retry: false, cause: error },
        )
      stop.throwIfAborted()
      if (wait === undefined) throw exhausted(`start no process for "${node}": ${code}`, error)
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
