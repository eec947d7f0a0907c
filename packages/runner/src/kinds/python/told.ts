import { type ErrorCause, type ErrorTrace, isObject, type Json, type LogLine, type StackFrame } from '@millrace/ir'
import { StageFailure } from '../../failure.ts'
import { readJson } from '../../folder.ts'

/** Characters of a message, frames of a stack and causes that are taken over from a process. */
const limits = { text: 8000, frames: 50, causes: 8 } as const

/**
 * Why a script failed, as our package in its process told in a file: a `message`, of refusals as `what: how to mend it`.
 *
 * @param where its modules are installed, for one that is missing
 */
export function toldFailure(node: string, path: string, where: string): StageFailure | undefined {
  const told = readJson(path)
  if (!isObject(told)) return undefined
  const { code, field } = told
  const message = text(told.message)
  const trace: ErrorTrace = { stack: framesOf(told.frames), causes: causesOf(told.causes) }
  const refused = { retry: false, trace, ...(typeof field === 'string' ? { path: field } : {}) }
  const [what, mend] = inTwo(message)
  switch (code) {
    case 'invalid-output':
      return new StageFailure(code, `"${node}" returned ${inOutput(what)}`, mend, refused)
    case 'output-outside': {
      const said = what.startsWith('context.')
        ? `called ${what}, which is outside of its folder`
        : `returned ${inOutput(what)}`
      return new StageFailure(code, `"${node}" ${said}`, mend, refused)
    }
    case 'no-output':
      return new StageFailure(
        code,
        `"${node}" returned an output in which ${message}`,
        'Write it before the stage returns.',
        {
          ...refused,
          retry: true,
        },
      )
    case 'invalid-stage':
      return new StageFailure(
        'python-script',
        `"${node}" can't be run: ${what}`,
        mend || 'Correct the script.',
        refused,
      )
    case 'exit-called':
      return new StageFailure(
        code,
        `"${node}" called ${message.replace(/ was called.*/s, '')}`,
        'Return the output, or raise an exception.',
        { trace },
      )
    case 'cancelled':
      return new StageFailure(
        'process-failed',
        `the process of "${node}" was told to stop by ${text(told.signal)}`,
        'Find out what sent the signal.',
      )
    default:
      return raised(node, told, trace, where)
  }
}

type Told = { readonly [key: string]: unknown }

/** Of what went up uncaught, with its causes, as an error of JavaScript is told. */
function raised(node: string, told: Told, trace: ErrorTrace, where: string): StageFailure {
  const all = [{ name: text(told.type) || 'Exception', message: text(told.message) }, ...trace.causes]
  const said = all.map(({ name, message }) => (message === '' ? name : `${name}: ${message}`)).join(', caused by ')
  const retry = told.code !== 'python-syntax' && told.code !== 'python-import'
  return new StageFailure('stage-threw', `"${node}" raised ${said}`, fixOf(told, where), { trace, retry })
}

function fixOf({ code, module, hint }: Told, where: string): string {
  if (code === 'python-syntax') return 'Correct the line.'
  if (code !== 'python-import') return 'Mend the stage, or give it retries if the cause passes by itself.'
  const [root = ''] = text(module).split('.')
  return `Install "${text(hint) || root}" ${where}, or put ${root}.py beside the script.`
}

const inOutput = (what: string): string =>
  what.startsWith(whole) ? what.slice(whole.length) : `an output in which ${what}`
const whole = 'the stage returned '

function inTwo(message: string): [what: string, fix: string] {
  const at = message.lastIndexOf(': ')
  if (at < 0) return [message, '']
  const mend = message.slice(at + 2)
  return [message.slice(0, at), `${mend.charAt(0).toUpperCase()}${mend.slice(1)}.`]
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
