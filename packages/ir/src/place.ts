import { fileURLToPath } from 'node:url'

/** A place in an author's file; lines and columns from 1. */
export interface Place {
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/**
 * Remembers where `boundary` was called from. Taking the stack is cheap; reading it, with source maps, is left to the
 * one who needs it.
 */
export function capture(boundary: (...args: never[]) => unknown): () => Place {
  const holder: { stack?: string } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 2
  Error.captureStackTrace(holder, boundary)
  Error.stackTraceLimit = limit
  return () => firstPlace(holder.stack ?? '')
}

/** The first frame of a stack that is neither Node's, a dependency's, nor ours. */
export function firstPlace(stack: string): Place {
  for (const line of stack.split('\n')) {
    const match = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:\\).*?):(\d+):(\d+)\)?$/.exec(line)
    if (!match || line.includes('(eval at ')) continue
    const file = toPath(match[1] as string)
    if (!file || isOurs(file)) continue
    return { file, line: Number(match[2]), column: Number(match[3]) }
  }
  return {}
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
