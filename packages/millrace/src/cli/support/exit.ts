import { setTimeout as sleep } from 'node:timers/promises'
import type { Diagnostic } from '@millrace/ir'
import { exitWith } from '@millrace/runner'
import { toStdout } from './stdout.ts'

/** Exit codes (contracts: command line). */
export const exitCodes = {
  ok: 0,
  stageFailed: 1,
  usage: 2,
  cluster: 3,
  timeout: 4,
  store: 5,
  hangup: 129,
  interrupt: 130,
  terminate: 143,
  closedOutput: 141,
} as const

/** The exit code for what was found; `ran`: a run that began failed. */
export const exitOf = (diagnostics: readonly Diagnostic[], ran = false): number =>
  diagnostics.some(({ code }) => code === 'store-failed' || code === 'store-version')
    ? exitCodes.store
    : diagnostics.some(({ code }) => code === 'cluster-failed')
      ? exitCodes.cluster
      : ran || diagnostics.some(({ code }) => code === 'internal-error')
        ? exitCodes.stageFailed
        : exitCodes.usage

/** How long what was written may take to be read once a signal wants the process to end. */
export const patience = 1000

/** Ends the process once all that was written is out: an author's open handles must not keep it alive. */
export async function leave(code: number): Promise<never> {
  const flushed = (stream: NodeJS.WriteStream, write: (done: () => void) => unknown) =>
    new Promise<void>((done) => {
      if (stream.destroyed || !stream.writable) done()
      else write(done)
    })
  const out = Promise.all([
    flushed(process.stdout, (done) => toStdout('', done)),
    flushed(process.stderr, (done) => process.stderr.write('', () => done())),
  ])
  await (code > 128 ? Promise.race([out, sleep(patience)]) : out)
  // what was written last may have met a reader that is gone without an event yet
  const unheard = (process.stdout.errored as NodeJS.ErrnoException | null)?.code === 'EPIPE'
  return exitWith(code === exitCodes.ok && unheard ? exitCodes.closedOutput : code)
}
