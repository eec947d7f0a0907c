import { type ErrorCause, type ErrorTrace, isObject, type Json, type StackFrame } from '@millrace/ir'
import { StageFailure } from '../../failure.ts'
import { readJson } from '../../folder.ts'
import type { LogLine } from '../kind.ts'

/** Characters of a message, frames of a stack and causes that are taken over from a process. */
const limits = { text: 8000, frames: 50, causes: 8 } as const

/**
 * Why a script failed, as our package in its process told in a file.
 *
 * @param hint where the modules of the script are installed, for one that is missing
 */
export function toldFailure(node: string, path: string, hint: string): StageFailure | undefined {
  const told = readJson(path)
  if (!isObject(told)) return undefined
  const { code, message, frames, causes, field } = told
  const trace: ErrorTrace = { stack: framesOf(frames), causes: causesOf(causes) }
  const said = text(message)
  if (code === 'invalid-output')
    return new StageFailure(
      'invalid-output',
      `"${node}" returned ${said}`,
      text(told.fix) || 'Return what JSON can carry.',
      {
        retry: false,
        ...(typeof field === 'string' ? { path: field } : {}),
      },
    )
  if (code === 'exit-called')
    return new StageFailure('exit-called', `"${node}" called ${said}`, 'Return the output, or raise an exception.', {
      trace,
    })
  const type = text(told.type) || 'Exception'
  return new StageFailure(
    'stage-threw',
    `"${node}" raised ${type}${said === '' ? '' : `: ${said}`}`,
    fixOf(told, hint),
    {
      trace,
      retry: code !== 'python-syntax' && code !== 'python-import',
    },
  )
}

function fixOf({ code, module, hint }: { readonly [key: string]: unknown }, where: string): string {
  if (code === 'python-syntax') return 'Correct the line.'
  if (code !== 'python-import') return 'Mend the stage, or give it retries if the cause passes by itself.'
  const [root = ''] = text(module).split('.')
  return `Install "${text(hint) || root}" ${where}, or put ${root}.py beside the script.`
}

const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, limits.text) : '')

const list = (value: unknown): readonly { readonly [key: string]: unknown }[] =>
  Array.isArray(value) ? value.filter((item) => isObject(item)) : []

const framesOf = (frames: unknown): StackFrame[] =>
  list(frames)
    .slice(0, limits.frames)
    .map((frame) => ({
      ...(typeof frame.function === 'string' ? { function: frame.function } : {}),
      file: text(frame.file),
      line: numberOf(frame.line),
      column: numberOf(frame.column),
    }))

const numberOf = (value: unknown): number => (Number.isSafeInteger(value) ? (value as number) : 1)

const causesOf = (causes: unknown): ErrorCause[] =>
  list(causes)
    .slice(0, limits.causes)
    .map(({ name, message, frames }) => ({ name: text(name), message: text(message), stack: framesOf(frames) }))

const levels = new Set(['debug', 'info', 'warn', 'error'])

/** What `context.log` wrote in a line. */
export function logLine(line: string): LogLine | undefined {
  let told: unknown
  try {
    told = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(told) || typeof told.message !== 'string') return undefined
  const level = (typeof told.level === 'string' && levels.has(told.level) ? told.level : 'info') as LogLine['level']
  const { message, data } = told
  return { level, message, ...(data === undefined || data === null ? {} : { data: data as Json }) }
}
