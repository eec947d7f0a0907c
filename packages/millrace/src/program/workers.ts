import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ArtifactValue, hexOf } from '@millrace/ir'
import type { WorkerProgram } from '@millrace/runner'
import { type LocalWorkers, warmWorker } from '@millrace/runtime-local'
import { foreignLoader, underTestRunner } from './host.ts'
import type { Prepared } from './prepare.ts'
import { workerOptions } from './worker-options.ts'

/** What a worker runs; not there in sources that nobody built. */
const workerFile = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/worker.js' : './worker.js', import.meta.url),
)

// a stage may change them
const args = [...workerOptions(process.execArgv), workerFile]

/** Whether stages of this process may run in another: what a test runner or a foreign loader made of them is here only. */
const mayMove = (): boolean => existsSync(workerFile) && !underTestRunner() && foreignLoader() === undefined

/** Starts a worker while a program is still being read. */
export function warm(entry: string | undefined): void {
  if (mayMove()) warmWorker(args, entry === undefined ? undefined : { preload: 'zod', from: entry })
}

/**
 * The warm workers of a run; none where all must run in this process.
 *
 * @param assets by their absolute paths
 */
export function workersOf(
  { entry, workerCode }: Prepared,
  assets: ReadonlyMap<string, ArtifactValue | undefined>,
): LocalWorkers | undefined {
  if (!mayMove()) return undefined
  let read: Promise<WorkerProgram | undefined> | undefined
  return {
    args,
    async code(stage) {
      read ??= workerCode().then(
        (found) =>
          found && {
            ...found,
            id: hexOf(found.id).slice(0, 32),
            folder: dirname(entry ?? '.'),
            argv: process.argv,
            execArgv: process.execArgv,
            assets: Object.fromEntries([...assets].filter(([, artifact]) => artifact)) as WorkerProgram['assets'],
          },
      )
      const found = await read
      return found?.stages[stage] === undefined ? undefined : found
    },
    ...lightUpTo(process.env.MILLRACE_LIGHT),
  }
}

/** For tests, which want every call in a worker: milliseconds of processor time that make a stage light. */
const lightUpTo = (text = ''): Pick<LocalWorkers, 'lightUpTo'> =>
  /^\d+$/.test(text) ? { lightUpTo: Number(text) === 0 ? -1 : Number(text) } : {}
