import { type Code, DiagnosticError, type ErrorTrace, nowhere } from '@millrace/ir'
import { StageFailure } from './failure.ts'
import { systemError } from './whose-fault.ts'

/** A failure as another process is told of it. */
export interface FailureData {
  readonly code: Code
  readonly message: string
  readonly fix: string
  readonly retry: boolean
  readonly trace?: ErrorTrace
  readonly path?: string
  /** What the system said, where that is the cause. */
  readonly system?: SystemErrorData
}

interface SystemErrorData {
  readonly message: string
  readonly code: string
  readonly errno: number
  readonly syscall?: string
  readonly path?: string
}

export function failureData({ code, message, fix, retry, trace, path, cause }: StageFailure): FailureData {
  const system = systemErrorData(cause)
  return {
    code,
    message,
    fix,
    retry,
    ...(trace === undefined ? {} : { trace }),
    ...(path === undefined ? {} : { path }),
    ...(system ? { system } : {}),
  }
}

function systemErrorData(cause: unknown): SystemErrorData | undefined {
  const found = systemError(cause)
  if (!found) return undefined
  const { message, code, errno, syscall, path } = found
  return {
    message: String(message),
    code: String(code),
    errno: Number(errno),
    ...(typeof syscall === 'string' ? { syscall } : {}),
    ...(typeof path === 'string' ? { path } : {}),
  }
}

export function failureOf({ code, message, fix, system, ...more }: FailureData): StageFailure {
  // whose fault it is is told by its cause
  const cause =
    code === 'store-failed'
      ? new DiagnosticError([{ code, severity: 'error', message, at: nowhere, fix }])
      : system && Object.assign(new Error(system.message), system)
  return new StageFailure(code, message, fix, { ...more, ...(cause === undefined ? {} : { cause }) })
}
