import type { Diagnostic } from '@millrace/ir'

/** What ended the run without being a stage's fault: the disk, or Millrace itself. */
export function fault(pipeline: string, error: unknown): Diagnostic {
  const { syscall, path, message } = error as NodeJS.ErrnoException
  const disk = syscall !== undefined && path !== undefined
  return {
    code: disk ? 'store-failed' : 'internal-error',
    severity: 'error',
    message: disk
      ? `the store failed: ${message}`
      : `Millrace itself failed: ${(error as Error)?.stack ?? String(error)}`,
    at: { pipeline, node: null },
    fix: disk
      ? 'Make room or mend the disk, then run again to go on.'
      : 'Report it with this message; run again to go on.',
  }
}
