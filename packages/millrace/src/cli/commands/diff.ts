import type { Diagnostic } from '@millrace/ir'
import { readEnvironments } from '../../program/environments.ts'
import { refuse } from '../../program/prepare.ts'
import { readProgram } from '../../program/program.ts'
import { compareEnvironments, type EnvironmentDifference } from '../../reports/compare-environments.ts'
import { exitCodes } from '../support/exit.ts'
import { type Invocation, pickPipeline, usage } from '../support/invocation.ts'
import type { CommonOptions } from '../support/options.ts'
import type { Report } from '../support/report.ts'
import { say } from '../support/say.ts'
import { plainText } from '../support/terminal.ts'

/** Names of calls that are listed. */
const names = 3

/** `diff a b`: a line for each way in which two environments differ, with the setting that declares it. */
export async function diffCommand(
  invocation: Invocation,
  options: CommonOptions,
  words: readonly (string | undefined)[],
  report: Report,
): Promise<number> {
  const [a, b] = words
  if (a === undefined || b === undefined)
    throw usage('diff compares two environments', 'Name them, for example diff onprem cloud.')
  const problems: Diagnostic[] = []
  const found = await readEnvironments(invocation.entry, [a, b], problems)
  const program = readProgram(pickPipeline(invocation, options.pipeline))
  refuse([...problems, ...program.diagnostics])
  const [one, other] = found as [(typeof found)[0], (typeof found)[0]]
  const { calls, differences } = compareEnvironments(program, one.environment, other.environment)
  if (report.json) report.value({ a, b, differences })
  else for (const line of table(differences, calls)) report.out(line)
  const count = differences.length
  say(
    count === 0
      ? `no differences between ${a} and ${b}`
      : `${count} ${count === 1 ? 'difference' : 'differences'}; the third column is the setting that declares it, the last ${a} → ${b}`,
  )
  return exitCodes.ok
}

function table(differences: readonly EnvironmentDifference[], calls: number): string[] {
  const rows = differences.map(({ stages, what, settings, a, b }) => [
    stages === null ? 'pipeline' : stages.length === calls ? 'every stage' : listed(stages),
    what,
    settings.join(', ') || none,
    `${a ?? none} → ${b ?? none}`,
  ])
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)))
  return rows.map((row) => row.map((text, column) => plainText(text).padEnd(widths[column] ?? 0)).join('  '))
}

const none = '–'

const listed = (stages: readonly string[]): string =>
  stages.slice(0, names).join(', ') + (stages.length > names ? ` and ${stages.length - names} more` : '')
