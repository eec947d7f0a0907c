import {
  type Code,
  type Diagnostic,
  describeError,
  isDiagnosticError,
  placeOfError,
  type SourceLocation,
  showPath,
} from '@millrace/ir'
import type { Issue } from './stage.ts'

/** Why an attempt failed. `retry`: whether another attempt could end differently. */
export class StageFailure extends Error {
  readonly code: Code
  readonly fix: string
  readonly retry: boolean
  readonly place: SourceLocation
  readonly path: string | undefined

  constructor(
    code: Code,
    message: string,
    fix: string,
    more: {
      readonly retry?: boolean
      readonly place?: SourceLocation
      readonly path?: string
      readonly cause?: unknown
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.fix = fix
    this.retry = more.retry ?? true
    this.place = more.place ?? {}
    this.path = more.path
  }

  /** Plain data, for events, files and other processes. `node` is empty where no stage is to blame. */
  toDiagnostic(pipeline: string, node: string, place: SourceLocation): Diagnostic {
    return {
      code: this.code,
      severity: 'error',
      message: this.message,
      at: {
        pipeline,
        node: node === '' ? null : node,
        ...(this.path === undefined ? {} : { path: this.path }),
        ...(this.place.file === undefined ? place : this.place),
      },
      fix: this.fix,
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
      place: placeOfError(error),
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

/** What a schema refused, one line for up to five issues. */
export function refused(issues: readonly Issue[]): { readonly text: string; readonly path: string } {
  const lines = issues.slice(0, 5).map((issue) => {
    const path = showPath(issue.path as (string | number)[])
    return path ? `${path}: ${issue.message}` : issue.message
  })
  if (issues.length > 5) lines.push(`and ${issues.length - 5} more`)
  return { text: lines.join('; '), path: showPath((issues[0]?.path ?? []) as (string | number)[]) }
}
