import { DiagnosticError, nowhere } from '@millrace/ir'

/** What a system says when it has no more of something. It may pass: another process ends. */
const passing = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'])

export const isExhausted = (error: unknown): boolean => passing.has((error as NodeJS.ErrnoException).code ?? '')

/** This process got no more of something, whichever of its stages took it. */
export function exhausted(what: string, cause: unknown): DiagnosticError {
  const message = `this process can ${what}`
  const fix =
    'Raise its limits (ulimit -n, ulimit -u), run fewer stages at once with --jobs, or close what stages open.'
  return new DiagnosticError([{ code: 'process-failed', severity: 'error', message, at: nowhere, fix }], { cause })
}
