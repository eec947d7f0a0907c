import { DiagnosticError, nowhere } from '@millrace/ir'
import type { RunSummary, Store } from '@millrace/store'
import { shortPath } from '../../short-path.ts'

/** How an id of a run begins; names of stages and folders rarely do. */
export const isRunId = (word: string): boolean => /^\d+(-[0-9a-f]+){0,2}-?$/.test(word)

/**
 * The run that a command's word names: an id or how one begins; without a word the last.
 *
 * @throws DiagnosticError `unknown-run`
 */
export function findRun(store: Store, id: string | undefined): RunSummary {
  const run = store.runs.find(id)
  if (run !== undefined && run !== 'ambiguous') return run
  if (run === 'ambiguous') throw unknown(`several runs begin with "${id}"`, 'Give more of the id; see runs list.')
  if (id === undefined) throw unknown(`there are no runs in ${shortPath(store.root)}`, 'Run the program first.')
  throw unknown(`there is no run "${id}"`, 'See runs list for the ids.')
}

/** The run before another one of the same pipeline. */
export function runBefore(store: Store, run: RunSummary): RunSummary {
  const runs = store.runs.list().filter(({ pipeline }) => pipeline === run.pipeline)
  const before = runs[runs.findIndex(({ id }) => id === run.id) + 1]
  if (before) return before
  throw unknown(`there is no run of "${run.pipeline}" before ${run.id}`, 'Give the ids of two runs; see runs list.')
}

const unknown = (message: string, fix: string): DiagnosticError =>
  new DiagnosticError([{ code: 'unknown-run', severity: 'error', message, at: nowhere, fix }])
