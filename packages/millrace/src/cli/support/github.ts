import { relative } from 'node:path'
import type { Diagnostic } from '@millrace/ir'
import { plainText } from './terminal.ts'

/** Whether a job of GitHub Actions reads what we write. */
export const onGitHub = (env: NodeJS.ProcessEnv): boolean => env.GITHUB_ACTIONS === 'true'

const escaped = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A')
const property = (text: string): string => escaped(text).replace(/:/g, '%3A').replace(/,/g, '%2C')

/** The workflow command that puts an error beside its line in the pull request. */
export function annotation(diagnostic: Diagnostic, calls: readonly string[], env: NodeJS.ProcessEnv): string {
  const { severity, code, message, fix, stack } = diagnostic
  const at = stack?.[0] ?? diagnostic.at
  const names = calls.length === 0 ? '' : ` in ${calls[0]}${calls.length > 1 ? ` and ${calls.length - 1} more` : ''}`
  const properties = [
    ...(at.file === undefined ? [] : [`file=${property(inRepository(at.file, env))}`]),
    ...(at.line === undefined ? [] : [`line=${at.line}`]),
    ...(at.column === undefined ? [] : [`col=${at.column}`]),
    `title=${property(`${code}${names}`)}`,
  ]
  return `::${severity} ${properties.join(',')}::${escaped(plainText(`${message}\n${fix}`))}`
}

/** Lines that the log of the job shows folded. */
export const group = (title: string, lines: readonly string[]): string[] => [
  `::group::${escaped(title)}`,
  ...lines.map((line) => `| ${line}`),
  '::endgroup::',
]

/** A line that can't be taken for a workflow command, wherever it is from. */
export const harmless = (line: string): string => line.replace(/^(\s*):(?=:)/, '$1: ')

function inRepository(file: string, env: NodeJS.ProcessEnv): string {
  const short = relative(env.GITHUB_WORKSPACE || process.cwd(), file)
  return short.startsWith('..') ? file : short
}
