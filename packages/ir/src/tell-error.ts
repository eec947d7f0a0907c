import { isDiagnosticError } from './diagnostic.ts'
import { firstPlace, type SourceLocation } from './source-location.ts'

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
  const open: unknown[] = [error]
  const seen = new Set<unknown>()
  while (open.length > 0 && seen.size < 8) {
    const at = open.shift()
    if (seen.has(at) || !isError(at)) continue
    seen.add(at)
    const place = placeIn(at)
    if (place.file !== undefined) return place
    open.push(causeOf(at), ...gathered(at))
  }
  return {}
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

function placeIn(error: Error): SourceLocation {
  try {
    return typeof error.stack === 'string' ? firstPlace(error.stack) : {}
  } catch {
    return {}
  }
}
