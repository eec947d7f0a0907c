import { type Diagnostic, describeError } from '@millrace/ir'
import { StageFailure } from '@millrace/runner'
import { exhausted, isExhausted } from './processes/exhausted.ts'

const causes = new WeakMap<Diagnostic, unknown>()

/** The error behind a diagnostic of `fault`, for --trace. */
export const causeOf = (diagnostic: Diagnostic): unknown => causes.get(diagnostic)

/** What ended the run without being a stage's fault: the disk, or Millrace itself. */
export function fault(pipeline: string, error: unknown): Diagnostic {
  const { syscall, message } = error as NodeJS.ErrnoException
  if (isExhausted(error) && syscall !== undefined)
    return exhausted('open no more files', error).diagnostics[0] as Diagnostic
  const disk = syscall !== undefined
  const diagnostic: Diagnostic = {
    code: disk ? 'store-failed' : 'internal-error',
    severity: 'error',
    message: disk ? `the store failed: ${message}` : `Millrace itself failed: ${describeError(error)}`,
    at: { pipeline, node: null },
    fix: disk
      ? 'Make room or mend the disk, then run again to go on.'
      : 'Run it again with --trace and report what it prints.',
  }
  causes.set(diagnostic, error)
  return diagnostic
}

/** A package turned out to have changed when results of calls that used it stood in the store already. */
export const changedMeanwhile = (pipeline: string, source: string): Diagnostic => ({
  code: 'wrong-code',
  severity: 'error',
  message: `"${source}" was changed while the run went on, so what stages gave since is not kept`,
  at: { pipeline, node: null },
  fix: 'Run again: the changed code is planned anew.',
})

export const cancelled = (why = 'the run was cancelled'): StageFailure =>
  new StageFailure('run-cancelled', why, 'Run again to go on where it stopped.')
