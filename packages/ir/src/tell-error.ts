import { type ErrorCause, isDiagnosticError } from './diagnostic.ts'
import { framesIn, type SourceLocation, type StackFrame } from './source-location.ts'

/** What an author's code threw, in one line: an error with its causes and what it gathers, a string, `null`. */
export function describeError(error: unknown): string {
  const told: string[] = []
  const seen = new Set<unknown>()
  for (let at = error; told.length < 8 && !seen.has(at); at = causeOf(at)) {
    seen.add(at)
    told.push(tellOne(at))
    if (causeOf(at) === undefined) break
  }
  return told.join(', caused by ')
}

/** Where it was thrown; of an error without a place of the author's, where one of its causes was. */
export function placeOfError(error: unknown): SourceLocation {
  const { stack, causes } = traceOf(error)
  const [first] = [stack, ...causes.map((cause) => cause.stack)].flat()
  return first ? { file: first.file, line: first.line, column: first.column } : {}
}

/** The author's frames of an error, and the errors that caused it or that it gathers, the nearest first. */
export interface ErrorTrace {
  readonly stack: readonly StackFrame[]
  readonly causes: readonly ErrorCause[]
}

/** Frames of one error that are kept: a recursion without an end has ten thousand. */
const mostFrames = 50

/** What the author's frames tell of what their code threw. Of what is no error there is nothing to tell. */
export function traceOf(error: unknown): ErrorTrace {
  const open: unknown[] = [error]
  const seen = new Set<unknown>()
  const causes: ErrorCause[] = []
  while (open.length > 0 && seen.size < 8) {
    const at = open.shift()
    if (seen.has(at) || !isError(at)) continue
    seen.add(at)
    if (at !== error) causes.push(tellCause(at))
    open.push(causeOf(at), ...gathered(at))
  }
  return { stack: isError(error) ? framesOf(error) : [], causes }
}

function tellCause(error: Error): ErrorCause {
  try {
    return { name: String(error.name), message: clip(String(error.message)), stack: framesOf(error) }
  } catch {
    return { name: 'Error', message: tellKind(error), stack: [] }
  }
}

function tellOne(error: unknown, depth = 0): string {
  try {
    if (isDiagnosticError(error)) return `${error.name}: ${error.diagnostics.map(({ message }) => message).join('; ')}`
    if (isError(error)) {
      const own = error.message === '' ? error.name : `${error.name}: ${error.message}`
      const inner =
        depth < 3
          ? gathered(error)
              .slice(0, 5)
              .map((item) => tellOne(item, depth + 1))
          : []
      return clip(inner.length > 0 ? `${own} (${inner.join('; ')})` : own)
    }
    if (typeof error === 'string') return clip(JSON.stringify(error))
    if (typeof error === 'function') return error.name === '' ? '[function]' : `[function ${error.name}]`
    if (typeof error !== 'object' || error === null) return clip(String(error))
    return clip(JSON.stringify(error) ?? Object.prototype.toString.call(error))
  } catch {
    // a getter of the author's that throws
    return tellKind(error)
  }
}

function tellKind(error: unknown): string {
  try {
    return Object.prototype.toString.call(error)
  } catch {
    return "something that can't be told"
  }
}

const clip = (text: string): string => (text.length > 2000 ? `${text.slice(0, 2000)}…` : text)

/** A proxy's trap may throw. */
function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

function gathered(error: Error): readonly unknown[] {
  try {
    return error instanceof AggregateError && Array.isArray(error.errors) ? error.errors : []
  } catch {
    return []
  }
}

function causeOf(error: unknown): unknown {
  try {
    return isError(error) ? error.cause : undefined
  } catch {
    return undefined
  }
}

function framesOf(error: Error): StackFrame[] {
  try {
    return typeof error.stack === 'string' ? framesIn(error.stack, mostFrames) : []
  } catch {
    return []
  }
}
