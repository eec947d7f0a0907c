import { resolve } from 'node:path'
import type { Store } from '@millrace/store'
import { fetchRun } from '../../program/fetch-run.ts'
import { shortPath } from '../../short-path.ts'
import { exitCodes } from '../exit.ts'
import { findRun } from '../find-run.ts'
import type { Report } from '../report.ts'
import { say } from '../say.ts'

/** `runs fetch [id] [dir]`: what a run left, in a folder of the user's; by default one with the run's id. */
export async function fetchCommand(
  store: Store,
  words: readonly (string | undefined)[],
  report: Report,
): Promise<number> {
  const [id, dir] = words
  const run = findRun(store, id)
  const target = resolve(dir ?? run.id)
  const files = await fetchRun(store, run, target)
  if (report.json) report.value({ run: run.id, folder: target, files })
  else for (const file of files) report.out(shortPath(`${target}/${file}`))
  if (run.status !== 'succeeded') say(`run ${run.id} is ${run.status}: its output is null`)
  return exitCodes.ok
}
