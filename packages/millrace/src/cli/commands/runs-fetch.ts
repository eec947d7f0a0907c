import { resolve } from 'node:path'
import type { Store } from '@millrace/store'
import { fetchRun } from '../../reports/fetch-run.ts'
import { shortPath } from '../../short-path.ts'
import { exitCodes } from '../support/exit.ts'
import { findRun } from '../support/find-run.ts'
import type { Report } from '../support/report.ts'
import { say } from '../support/say.ts'
import { plainText } from '../support/terminal.ts'

/** `runs fetch [id] [dir]`: what a run left, in a folder of the user's; by default one with the run's id. */
export async function fetchCommand(
  store: Store,
  words: readonly (string | undefined)[],
  report: Report,
): Promise<number> {
  const [id, dir] = words
  const run = findRun(store, id)
  const target = resolve(dir ?? run.id)
  const { files, elsewhere, leftOut } = await fetchRun(store, run, target)
  if (report.json) report.value({ run: run.id, folder: target, files, elsewhere, leftOut })
  else for (const file of files) report.out(shortPath(`${target}/${file}`))
  for (const path of elsewhere) say(`"${plainText(shortPath(path))}" lies outside of the store, and stays there`)
  for (const path of leftOut) say(`left out "${plainText(path)}": version control would obey it`)
  if (run.status !== 'succeeded') say(`run ${run.id} is ${run.status}: its output is null`)
  return exitCodes.ok
}
