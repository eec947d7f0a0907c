import type { FailedCall, FailureGroup } from '@millrace/engine'
import { canonical, diagnosticText, framesShown, isObject, type Json, type JsonObject } from '@millrace/ir'
import { shortPath } from '../../short-path.ts'
import { annotation, group, harmless, onGitHub } from './github.ts'
import { shortValue } from './short-value.ts'
import { plainLine, plainText } from './terminal.ts'

/** Lines of a log's end that stand under its error. */
const logLines = 10
/** Calls that are listed. */
const names = 5

interface ShowOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Shows all frames. Default false. */
  readonly trace?: boolean
}

/** An error for a person: what is wrong, in which calls, where, the end of the log, what to do. */
export function showTold(failure: FailureGroup, { env = process.env, trace = false }: ShowOptions = {}): string {
  const { diagnostic, calls, first, more } = failure
  const log = trace ? logOf(failure.log) : withoutTraceback(logOf(failure.log))
  const told = diagnosticText(diagnostic, shortPath, trace ? Number.POSITIVE_INFINITY : framesShown)
  const github = onGitHub(env)
  const out = [
    ...plainText(told.message).split('\n'),
    ...where(failure),
    ...told.where.map(plainLine),
    ...(github ? [] : showLog(log, calls.length > 0 ? first : undefined)),
    plainText(told.fix),
  ]
  if (more.length > 0)
    out.push(
      `and ${more.length} more of "${diagnostic.at.node}" failed otherwise: ${listed(more)}; runs show tells each`,
    )
  if (!github) return out.join('\n')
  const whole = log.length > 0 ? group(`log of ${calls.length > 0 ? first : diagnostic.at.node}`, log) : []
  const named = calls.map(({ name }) => name)
  return [...out.map(harmless), ...whole, annotation(diagnostic, named, env)].join('\n')
}

/** How many calls of a map, which, and what they were given. */
function where({ calls, of, alike }: FailureGroup): string[] {
  const [one] = calls
  if (!one) return []
  if (calls.length === 1) return [`  in ${one.name}${of > 1 ? `, 1 of ${of}` : ''}${input(one)}`]
  const head = `  in ${calls.length} of ${of}${alike ? ', with other numbers' : ''}:`
  if (calls.every((call) => call.input === undefined)) return [`${head} ${listed(calls.map(({ name }) => name))}`]
  const shown = calls.slice(0, names)
  const inputs = differingFirst(shown.map((call) => call.input))
  const lines = shown.map(({ name }, i) => {
    const given = inputs[i]
    return `    ${name}${given === undefined ? '' : ` ${shortValue(given)}`}`
  })
  const left = calls.length - lines.length
  return [head, ...lines, ...(left > 0 ? [`    … and ${left} more`] : [])]
}

/** Inputs with the fields first in which they differ: the end of a long one is cut. */
function differingFirst(inputs: readonly (Json | undefined)[]): readonly (Json | undefined)[] {
  const objects = inputs.flatMap((input) => (isObject(input) ? [input as JsonObject] : []))
  const isSame = (key: string): boolean =>
    objects.every((one) => canonical(one[key] ?? null) === canonical(objects[0]?.[key] ?? null))
  return inputs.map((input) => {
    if (!isObject(input)) return input
    const entries = Object.entries(input as JsonObject)
    return Object.fromEntries([...entries.filter(([key]) => !isSame(key)), ...entries.filter(([key]) => isSame(key))])
  })
}

const input = (call: FailedCall): string => (call.input === undefined ? '' : `: ${shortValue(call.input)}`)

const listed = (calls: readonly string[]): string =>
  `${calls.slice(0, names).join(', ')}${calls.length > names ? ', …' : ''}`

function showLog(log: readonly string[], call: string | undefined): string[] {
  if (log.length === 0) return []
  const cut = log.length > logLines ? `, its last ${logLines} lines` : ''
  return [
    `  log${call === undefined ? '' : ` of ${call}`}${cut}:`,
    ...log.slice(-logLines).map((line) => `  | ${line}`),
  ]
}

/** What Node says of itself when it breaks down: its frames help nobody here. */
const ofNode = new RegExp(
  [
    '^-+ (Native|JavaScript) stack trace -+$',
    '^\\s*\\d+: 0x[0-9a-f]+ ',
    '^\\s*\\d+: .*(file|node):.*:\\d+:\\d+\\)?$',
    '^<--- .* --->$',
    '^\\[\\d+:0x[0-9a-f]+\\] ',
  ].join('|'),
)

const logOf = (log: string): string[] => {
  const lines = log.split('\n').map(plainLine)
  const own = lines
    .filter((line) => !ofNode.test(line))
    .join('\n')
    .trim()
  return own === '' ? [] : own.split('\n')
}

const header = 'Traceback (most recent call last):'
const chained = /^(The above exception was the direct cause|During handling of the above exception)/

/** The last traceback of Python in a log says what the error says, with the frames of packages in it. */
function withoutTraceback(log: readonly string[]): readonly string[] {
  const last = log.lastIndexOf(header)
  // after its frames, which are indented, comes the exception
  const end = last < 0 ? -1 : log.findIndex((line, i) => i > last && /^\S/.test(line))
  if (end < 0) return log
  let start = last
  for (let at = log.lastIndexOf(header, start - 1); start > 0 && at >= 0; at = log.lastIndexOf(header, start - 1)) {
    if (!log.slice(at, start).some((line) => chained.test(line))) break
    start = at
  }
  return [...log.slice(0, start), ...log.slice(end + 1)]
}
