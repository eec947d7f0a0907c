import { accessSync, constants, lstatSync, type Stats } from 'node:fs'
import { basename, join } from 'node:path'
import { journalOf } from './run-summary.ts'

/** What a process that goes on with a run writes to. */
const folders = ['', 'logs']
const files = [basename(journalOf('')), 'uses', 'metrics.jsonl', 'logs/index.jsonl']

/**
 * Whether this process may go on with a run of whoever began it: its folder is ours to write to, and what is in it is
 * itself. What is written to a link, or to a second name, would be written elsewhere.
 */
export function canGoOn(run: string): boolean {
  const fits = (name: string, is: (found: Stats) => boolean): boolean => {
    const found = lstatSync(join(run, name), { throwIfNoEntry: false })
    return !found || is(found)
  }
  try {
    accessSync(run, constants.W_OK | constants.X_OK)
    return (
      folders.every((name) => fits(name, (found) => found.isDirectory())) &&
      files.every((name) => fits(name, (found) => found.isFile() && found.nlink <= 1))
    )
  } catch {
    return false
  }
}
