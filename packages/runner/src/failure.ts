import {
  type CallLocation,
  type Code,
  type Diagnostic,
  describeError,
  type ErrorTrace,
  isDiagnosticError,
  traceOf,
} from '@millrace/ir'

/** Why an attempt failed. `retry`: whether another attempt could end differently. */
export class StageFailure extends Error {
  readonly code: Code
  readonly fix: string
  readonly retry: boolean
  /** Of what the author's code threw. */
  readonly trace: ErrorTrace | undefined
  readonly path: string | undefined

  constructor(
    code: Code,
    message: string,
    fix: string,
    more: {
      readonly retry?: boolean
      readonly trace?: ErrorTrace
      readonly path?: string
      readonly cause?: unknown
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.fix = fix
    this.retry = more.retry ?? true
    this.trace = more.trace
    this.path = more.path
  }

  /**
   * Plain data, for events, files and other processes. `node` is empty where no stage is to blame.
   *
   * @param call where the author calls the stage, and where it is defined
   */
  toDiagnostic(pipeline: string, node: string, call: CallLocation): Diagnostic {
    const { stage, ...place } = call
    return {
      code: this.code,
      severity: 'error',
      message: this.message,
      at: {
        pipeline,
        node: node === '' ? null : node,
        ...(this.path === undefined ? {} : { path: this.path }),
        ...place,
        ...(stage === undefined ? {} : { stage }),
      },
      fix: this.fix,
      ...(this.trace === undefined ? {} : { stack: this.trace.stack, causes: this.trace.causes }),
    }
  }
}

/** A file that tells of an attempt is not what a runner writes there. */
export const attemptRefused = (node: string, file: string, what: string): StageFailure =>
  new StageFailure(
    'attempt-refused',
    `the runner refuses an attempt of "${node}": "${file}" ${what}`,
    "Let the stage write to the paths that it is given only; what else is in its folder is the runner's.",
    { retry: false },
  )

/** The failure for whatever an author's code threw: an error with its causes, a string, `null`. */
export function threw(node: string, error: unknown, how = 'threw'): StageFailure {
  if (isFailure(error)) return error
  const [refused] = isDiagnosticError(error) ? error.diagnostics : []
  if (refused?.code === 'store-failed')
    return new StageFailure('store-failed', refused.message, refused.fix, { cause: error })
  return new StageFailure(
    how === 'threw' ? 'stage-threw' : 'unhandled-error',
    `"${node}" ${how} ${describeError(error)}`,
    (isDiagnosticError(error) ? error.diagnostics[0]?.fix : fixes[how]) ?? '',
    {
      trace: traceOf(error),
      cause: error,
    },
  )
}

function isFailure(error: unknown): error is StageFailure {
  try {
    return error instanceof StageFailure
  } catch {
    // a proxy whose trap throws
    return false
  }
}

const fixes: { readonly [how: string]: string } = {
  threw: 'Mend the stage, or give it retries if the cause passes by itself.',
  'left unhandled': 'Await each promise that the stage starts, and catch what its callbacks throw.',
}
