import { type Diagnostic, DiagnosticError, type RunStatus } from '@millrace/ir'

/** What `run` and `runStage` throw: all that was found wrong, as plain data. */
export class RunError extends DiagnosticError {
  /** Of errors of this kind. */
  override readonly name = 'RunError'
  /** The run's id; `null` when it could not begin. */
  readonly run: string | null
  /** `cancelled` where a signal ended the run, else `failed`. */
  readonly status: RunStatus

  constructor(
    diagnostics: readonly Diagnostic[],
    run: string | null,
    status: RunStatus = 'failed',
    options?: ErrorOptions,
  ) {
    super(diagnostics, options)
    this.run = run
    this.status = status
  }
}
