import { type Code, DiagnosticError, nowhere, type Place } from '@millrace/ir'
import { StageFailure } from './failure.ts'

/** A failure as another process is told of it. */
export interface FailureData {
  readonly code: Code
  readonly message: string
  readonly fix: string
  readonly retry: boolean
  readonly place: Place
  readonly path?: string
}

export const failureData = ({ code, message, fix, retry, place, path }: StageFailure): FailureData => ({
  code,
  message,
  fix,
  retry,
  place,
  ...(path === undefined ? {} : { path }),
})

export const failureOf = ({ code, message, fix, ...more }: FailureData): StageFailure =>
  new StageFailure(code, message, fix, {
    ...more,
    // what the disk refused is known by its cause
    ...(code === 'store-failed'
      ? { cause: new DiagnosticError([{ code, severity: 'error', message, at: nowhere, fix }]) }
      : {}),
  })
