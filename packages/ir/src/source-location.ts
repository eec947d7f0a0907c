import { fileURLToPath } from 'node:url'

/** A place in an author's file; lines and columns from 1. */
export interface SourceLocation {
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/**
 * Remembers where `boundary` was called from. Taking the stack is cheap; reading it, with source maps, is left to the
 * one who needs it.
 */
export function capture(boundary: (...args: never[]) => unknown): () => SourceLocation {
  const holder: { stack?: string } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 2
  Error.captureStackTrace(holder, boundary)
  Error.stackTraceLimit = limit
  return () => firstPlace(holder.stack ?? '')
}

/** One call of a stack, in an author's file; line and column from 1. */
export interface StackFrame {
  /** The function's name, where it has one. */
  readonly function?: string
  /** Absolute path. */
  readonly file: string
  readonly line: number
  readonly column: number
}

/** The first frame of a stack that is neither Node's, a dependency's, nor ours. */
export function firstPlace(stack: string): SourceLocation {
  const [first] = framesIn(stack, 1)
  return first ? { file: first.file, line: first.line, column: first.column } : {}
}

/** The frames of a stack that are neither Node's, a dependency's, nor ours, the innermost first. */
export function framesIn(stack: string, most = Number.POSITIVE_INFINITY): StackFrame[] {
  const frames: StackFrame[] = []
  for (const line of stack.split('\n')) {
    if (frames.length >= most) break
    const found = frameIn(line)
    const file = found && toPath(found.location)
    if (!file || isOurs(file)) continue
    const { name, line: at, column } = found
    frames.push({ ...(name === undefined ? {} : { function: name }), file, line: at, column })
  }
  return frames
}

/** `at name (file:///folder/file.ts:1:2)` or `at /folder/file.ts:1:2`. A message before it may be long, and like it. */
function frameIn(line: string): Frame | undefined {
  const at = /^\s*at (?:async )?/.exec(line)
  const end = at && /:(\d+):(\d+)\)?$/.exec(line)
  if (!end || line.includes(' (eval at ')) return undefined
  // the name of a function may hold brackets, and so may a folder
  const start = line.endsWith(')') ? line.search(/ \((?:file:\/\/|\/|[A-Za-z]:\\)/) + 2 : at[0].length
  const location = line.slice(start, end.index)
  if (start < 2 || !/^(?:file:\/\/|\/|[A-Za-z]:\\)/.test(location)) return undefined
  const name = line.endsWith(')') ? nameIn(line.slice(at[0].length, start - 2)) : ''
  const place = { location, line: Number(end[1]), column: Number(end[2]) }
  return name === '' ? place : { name, ...place }
}

/** As the author wrote it: `Object.run [as main]` is `run`, and what has no name has none. */
const nameIn = (text: string): string =>
  text
    .replace(/ \[as [^\]]*\]$/, '')
    .replace(/^(?:Object|Module)\./, '')
    .replace(/^(?:.*\.)?<anonymous>$|^(?:Timeout|Immediate)\..*/, '')

interface Frame {
  readonly name?: string
  readonly location: string
  readonly line: number
  readonly column: number
}

function toPath(location: string): string | undefined {
  // a folder may have that letter in its name
  if (!location.startsWith('file:')) return location.replace(/\?[^\\/]*$/, '')
  return fileURLToPath(location.replace(/\?.*$/, ''))
}

const packages = fileURLToPath(new URL('../../', import.meta.url))
const inWorkspace = packages.endsWith('/packages/')

/** A frame of a dependency or of this project's packages. */
export const isOurs = (file: string): boolean =>
  /[\\/]node_modules[\\/]/.test(file) || (inWorkspace && file.startsWith(packages) && /\/(src|dist)\//.test(file))
