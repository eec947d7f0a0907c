import { join } from 'node:path'
import { type Diagnostic, isDiagnosticError } from '@millrace/ir'
import { markForDeletion } from '../coordination/deletion-marks.ts'
import { type RunLock, takeLock } from '../coordination/run-lock.ts'
import { keepNewest } from '../runs/run-id.ts'
import { type Choice, choose, oldRuns, type PruneOptions, type Survey } from './prune-choice.ts'
import { Removal } from './prune-removal.ts'
import { attemptsOf, manifestsOf, packsOf, runsOf } from './prune-survey.ts'
import type { Pruned } from './pruned.ts'

export type { PruneOptions } from './prune-choice.ts'

/*
 * What a prune removes:
 * - always: attempts that no result and no run's output names (of stages that failed, were killed, or lost the race
 *   to commit), results that --fresh superseded or whose files have gone, litter of killed processes;
 * - with `olderThan` or `keep`: runs, and the results that none of the remaining runs made or uses.
 *
 * A run notes what it uses before it looks at it (../coordination/references.ts). So a result is in use as long as a
 * run that made or used it remains, whatever the times of its files. The logs of a result stay with it.
 *
 * Runs may go on meanwhile. A live run keeps all that it made or uses; its attempts have its id in their names. What
 * is chosen is first marked for deletion (../coordination/deletion-marks.ts), then the runs are read again: what a
 * run had noted by then is spared, and a later run sees the mark, and a miss. Pointers are removed before bytes, and
 * a pointer that somebody has just replaced is put back. The prune takes the lock of a run before it removes it, so
 * that nobody resumes it. What a killed prune leaves is unreferenced, so the next prune removes it.
 *
 * This needs a file system that shows each write to all processes at once, as a local disk does.
 */

/** Removes what nobody needs; `tell` hears of each thing. Returns what could not be removed, and why. */
export function prune(root: string, options: PruneOptions, tell: (pruned: Pruned) => void): Diagnostic[] {
  const survey = surveyOf(root)
  const old = oldRuns(survey.runs, options)
  const first = choose(survey, old, survey.runs, options)
  const removal = new Removal(root, options.dryRun === true, tell)
  if (options.dryRun) {
    remove(removal, survey, first, options)
    return removal.failures
  }
  const claims: RunLock[] = []
  let unmark = (): void => {}
  const arm = (): void => {
    for (const run of [...old.keys()]) {
      const claimed = takeLock(run.path, join(root, 'runs', 'tmp'))
      if (claimed) claims.push(claimed)
      else old.delete(run)
    }
    if (first.attempts.size > 0)
      unmark = markForDeletion(root, join(root, 'results', 'tmp'), [...first.attempts.keys()])
  }
  try {
    try {
      arm()
    } catch (error) {
      // a full disk has no room for that: what nothing refers to needs no such care
      if (!isFull(error) || !removal.attempts(unreferenced(first))) throw error
      for (const claimed of claims.splice(0)) claimed.release()
      arm()
    }
    const last = choose(survey, old, runsOf(root), options)
    const both = within(last, first)
    if (both.attempts.size < first.attempts.size) {
      const before = unmark
      unmark = markForDeletion(root, join(root, 'results', 'tmp'), [...both.attempts.keys()])
      before()
    }
    remove(removal, survey, both, options)
  } finally {
    unmark()
    for (const claimed of claims) claimed.release()
  }
  return removal.failures
}

const surveyOf = (root: string): Survey => {
  const attempts = attemptsOf(root)
  const runs = runsOf(root)
  return { root, attempts, runs, manifests: manifestsOf(root), packs: packsOf(root) }
}

function remove(removal: Removal, survey: Survey, choice: Choice, options: PruneOptions): void {
  removal.manifests(choice.manifests)
  removal.packs(choice.packs)
  removal.attempts(choice.attempts)
  if (!options.dryRun) keepOrder(survey, choice)
  removal.runs(choice.runs, choice.told)
  removal.leftovers(survey.runs.filter(({ summary, live, id }) => !summary && !live && !choice.told.has(id)))
  removal.litter(options.olderThan)
}

/** As long as there are results, those of later runs must be newer than those of runs that go. */
function keepOrder({ root, runs, manifests, packs }: Survey, choice: Choice): void {
  const left = manifests.length + packs.length - choice.manifests.size - choice.packs.size
  if (choice.runs.size === 0) return
  const ids = left > 0 ? runs.map(({ id }) => id) : undefined
  keepNewest(join(root, 'runs'), ids)
}

const unreferenced = ({ attempts }: Choice): Map<string, string> =>
  new Map([...attempts].filter(([, why]) => why === 'no result'))

/** What the second look chooses too. */
const within = (choice: Choice, first: Choice): Choice => ({
  ...choice,
  manifests: only(choice.manifests, first.manifests),
  packs: only(choice.packs, first.packs),
  attempts: only(choice.attempts, first.attempts),
})

const only = <T>(found: ReadonlyMap<T, string>, before: ReadonlyMap<T, unknown>): Map<T, string> =>
  new Map([...found].filter(([item]) => before.has(item)))

const isFull = (error: unknown): boolean =>
  isDiagnosticError(error) && error.diagnostics.some(({ message }) => /: (ENOSPC|EDQUOT)\b/.test(message))
