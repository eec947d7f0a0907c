import { isMainThread } from 'node:worker_threads'
import { isDiagnosticError } from '@millrace/ir'
import { exitOf } from '../cli/support/exit.ts'
import { newReport, refusedRun } from '../cli/support/report.ts'
import { RunError } from '../run-error.ts'

const slot: unique symbol = Symbol.for('millrace.uncaught') as never
const shared = globalThis as { [slot]?: true }

/**
 * A diagnostic that nobody catches, such as that of a stage called at the top of a module, ends the process as it would
 * on the command line: with its text, without frames of ours. All other errors, and programs with a handler of their
 * own, are left to Node.
 */
function end(error: unknown): void {
  if (!isDiagnosticError(error)) return
  if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()) return
  const words = process.argv.slice(2)
  // what `run` throws ends a program of the author's own, whose stdout is its own
  const own = error instanceof RunError
  const report = newReport({ json: !own && words.includes('--json'), trace: words.includes('--trace') })
  if (report.json) report.value(refusedRun(error.diagnostics))
  report.errors(error.diagnostics, error)
  process.exit(exitOf(error.diagnostics, own && error.run !== null))
}

if (isMainThread && !shared[slot]) {
  shared[slot] = true
  process.on('uncaughtExceptionMonitor', end)
}
