import { join } from 'node:path'
import { DiagnosticError, hint } from '@millrace/ir'
import { readStored, type Store } from '@millrace/store'
import { exitCodes } from '../support/exit.ts'
import { findRun, isRunId } from '../support/find-run.ts'
import type { Report } from '../support/report.ts'
import { say } from '../support/say.ts'
import { plainLine } from '../support/terminal.ts'

/** `runs logs [id] [stage]`: what stages printed. */
export function logsCommand(store: Store, words: readonly (string | undefined)[], report: Report): number {
  // `runs logs train` is the stage of the last run
  const [id, stage] =
    words[1] === undefined && words[0] !== undefined && !isRunId(words[0]) ? [undefined, words[0]] : words
  const run = findRun(store, id)
  const folder = join(store.runs.path(run.id), 'logs')
  const files = store.runs.logs(run.id).toSorted(new Intl.Collator('en', { numeric: true }).compare)
  const name = (file: string): string => file.replace(/\.\d+\.log$/, '')
  const wanted = stage?.replaceAll('/', '+').replaceAll('[', '_').replaceAll(']', '')
  const chosen = files.filter(
    (file) => wanted === undefined || name(file) === wanted || name(file).startsWith(`${wanted}_`),
  )
  const stages = new Set<string>()
  for (const event of store.runs.events(run.id)) if ('node' in event) stages.add(event.node)
  if (stage !== undefined && chosen.length === 0 && !stages.has(stage.replace(/\[.*$/, ''))) {
    throw new DiagnosticError([
      {
        code: 'unknown-stage',
        severity: 'error',
        message: `run ${run.id} has no stage "${stage}"${hint(stage, stages)}`,
        at: { pipeline: run.pipeline, node: null },
        fix: `Use one of: ${[...stages].slice(0, 20).join(', ')}.`,
      },
    ])
  }
  for (const file of chosen) {
    const before = chosen.length === 1 ? '' : `${callOf(name(file))} | `
    const lines = readStored(join(folder, file)).replace(/\n$/, '').split('\n')
    report.out(lines.map((line) => `${before}${plainLine(line)}`).join('\n'))
  }
  if (chosen.length === 0) say(`${stage ?? `run ${run.id}`} printed nothing`)
  return exitCodes.ok
}

/** The call whose log a file is: `prepare/clean[2][0]` of `prepare+clean_2_0`. */
const callOf = (name: string): string => name.replaceAll('+', '/').replace(/_(\d+)/g, '[$1]')
