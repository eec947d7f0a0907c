import type { FailureGroup } from '@millrace/engine'
import { formatDiagnostic } from '@millrace/ir'
import { shortPath } from '../../short-path.ts'
import { annotation, group, harmless, onGitHub } from './github.ts'
import { plainLine, plainText } from './terminal.ts'

/** Lines of a log's end that stand under its error. */
const logLines = 10
/** Names of calls that are listed. */
const names = 5

/** An error for a person: what is wrong, in which calls, where, the end of the log, what to do. */
export function showTold({ diagnostic, calls, alike, log: text, more }: FailureGroup, env = process.env): string {
  const log = logOf(text)
  const lines = plainText(formatDiagnostic(diagnostic, shortPath)).split('\n')
  // the place and the way out are the last lines; a message may have several
  const fixed = diagnostic.at.file === undefined ? 1 : 2
  const message = lines.splice(0, lines.length - fixed)
  const fix = lines.pop() as string
  const where = calls.length > 0 ? [`  in ${listed(calls, alike)}`] : []
  const github = onGitHub(env)
  const out = [...message, ...where, ...lines, ...(github ? [] : showLog(log, calls[0])), fix]
  if (more.length > 0)
    out.push(
      `and ${more.length} more of "${diagnostic.at.node}" failed otherwise: ${first(more)}; runs show tells each`,
    )
  if (!github) return out.join('\n')
  const whole = log.length > 0 ? group(`log of ${calls[0] ?? diagnostic.at.node}`, log) : []
  return [...out.map(harmless), ...whole, annotation(diagnostic, calls, env)].join('\n')
}

function listed(calls: readonly string[], alike: boolean): string {
  const [one, ...others] = calls as [string, ...string[]]
  if (others.length === 0) return one
  return `${one} and ${others.length} more${alike ? ' like it' : ''}: ${first(others)}`
}

const first = (calls: readonly string[]): string =>
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
