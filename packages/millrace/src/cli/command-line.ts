import { setFlagsFromString } from 'node:v8'
import { type Diagnostic, describeError, isDiagnosticError, nowhere, placeOfError } from '@millrace/ir'
import { parse } from './parser.ts'
import { exitCodes, exitOf, leave } from './support/exit.ts'
import type { Invocation } from './support/invocation.ts'
import { newReport, type Report, refusedRun } from './support/report.ts'
import { claimStdout } from './support/stdout.ts'

/** Runs one command and ends the process with its exit code. */
export async function commandLine(invocation: Invocation): Promise<void> {
  // by itself V8 lets the heap of a large run grow fourfold, and its youngest part thirtyfold, before it collects: no
  // faster, and twice the memory
  setFlagsFromString('--heap-growing-percent=100')
  setFlagsFromString('--semi-space-growth-factor=1')
  const words = invocation.arguments
  const report = newReport({ json: words.includes('--json'), trace: words.includes('--trace') })
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    // a run cancels itself; every other command has nobody to talk to
    if (process.listenerCount('millrace:closed' as never) === 0) process.exit(exitCodes.closedOutput)
    process.emit('millrace:closed' as never)
  })
  process.stderr.on('error', () => {})
  claimStdout()
  await leave(await code(invocation, report))
}

async function code(invocation: Invocation, report: Report): Promise<number> {
  try {
    return await parse(invocation, report)
  } catch (error) {
    const diagnostics = isDiagnosticError(error) ? error.diagnostics : [internal(error)]
    if (report.json) report.value(refusedRun(diagnostics))
    report.errors(diagnostics, isDiagnosticError(error) ? error.cause : error)
    return exitOf(diagnostics)
  }
}

const internal = (error: unknown): Diagnostic => ({
  code: 'internal-error',
  severity: 'error',
  message: `Millrace itself failed: ${describeError(error)}`,
  at: { ...nowhere, ...placeOfError(error) },
  fix: 'Run it again with --trace and report what it prints.',
})
