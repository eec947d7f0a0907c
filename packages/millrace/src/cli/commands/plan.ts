import { explain } from '../../reports/explain.ts'
import { runToGoOnWith, showCommitted } from '../../reports/resumable-run.ts'
import { exitCodes } from '../support/exit.ts'
import type { Invocation } from '../support/invocation.ts'
import type { CommonOptions, ParameterOptions } from '../support/options.ts'
import { prepare } from '../support/prepared.ts'
import type { Report } from '../support/report.ts'
import { say } from '../support/say.ts'

/** `plan`: one line a call on stdout, with what changed since the last run. */
export async function planCommand(
  invocation: Invocation,
  options: CommonOptions & ParameterOptions,
  report: Report,
): Promise<number> {
  const prepared = await prepare(invocation, options)
  const goesOn = runToGoOnWith(prepared)
  const rows = await explain(prepared, goesOn?.id)
  if (report.json) for (const row of rows) report.value(row)
  else {
    const width = Math.max(...rows.map((row) => row.node.length), 4)
    for (const { node, action, causes } of rows)
      report.out(`${node.padEnd(width)}  ${action.padEnd(7)}  ${causes.join('; ')}`.trimEnd())
  }
  report.errors(prepared.notices)
  if (goesOn) say(`goes on with run ${goesOn.id} (${goesOn.status}), ${showCommitted(goesOn)}`)
  const count = (action: string) => rows.filter((row) => row.action === action).length
  say(`${count('run')} to run, ${count('cached')} cached, ${count('waits')} to see, ${count('skipped')} skipped`)
  return exitCodes.ok
}
