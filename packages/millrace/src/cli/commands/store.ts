import { hint, millisecondsOf } from '@millrace/ir'
import { isStore, openStore, type Pruned, type PruneOptions } from '@millrace/store'
import { storeFolder } from '../../program/place.ts'
import { shortPath } from '../../short-path.ts'
import { exitCodes } from '../support/exit.ts'
import { type Invocation, usage } from '../support/invocation.ts'
import type { StoreOptions } from '../support/options.ts'
import type { Report } from '../support/report.ts'
import { say } from '../support/say.ts'
import { showBytes } from '../support/terminal.ts'

/** `store prune`: a line on stdout for each thing that goes, the sum on stderr. */
export async function storeCommand(
  invocation: Invocation,
  options: StoreOptions,
  [verb]: readonly (string | undefined)[],
  report: Report,
): Promise<number> {
  if (verb !== 'prune')
    throw usage(
      verb === undefined
        ? '"store" needs a word after it'
        : `there is no command "store ${verb}"${hint(verb, ['prune'])}`,
      'Use one of: store prune.',
    )
  const folder = storeFolder(options.store, invocation.entry)
  if (!isStore(folder)) {
    say(`no store in ${shortPath(folder) || '.'}`)
    return exitCodes.ok
  }
  const { olderThan, keep, pipeline, dryRun = false } = options
  const chosen: PruneOptions = {
    ...(olderThan === undefined ? {} : { olderThan: millisecondsOf(olderThan) as number }),
    ...(keep === undefined ? {} : { keep }),
    ...(pipeline === undefined ? {} : { pipeline }),
    dryRun,
  }
  const sum = { run: 0, result: 0, attempt: 0, litter: 0, bytes: 0 }
  const failures = openStore(folder).prune(chosen, (pruned) => {
    sum[pruned.kind] += pruned.count
    sum.bytes += pruned.bytes
    report.out(report.json ? JSON.stringify(pruned) : row(pruned))
  })
  report.errors(failures)
  const counts = [
    number(sum.run, 'run'),
    number(sum.result, 'result'),
    number(sum.attempt, 'attempt'),
    ...(sum.litter > 0 ? [`${sum.litter} left over`] : []),
  ]
  say(`${dryRun ? 'would remove' : 'removed'} ${counts.join(', ')}: ${showBytes(sum.bytes)}`)
  return failures.length > 0 ? exitCodes.store : exitCodes.ok
}

const row = ({ kind, name, why, count, bytes }: Pruned): string =>
  [kind, name, ...(count === 1 ? [] : [`${count} results`]), why, showBytes(bytes)].join('  ')

const number = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
