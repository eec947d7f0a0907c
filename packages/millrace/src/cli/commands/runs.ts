import { hint } from '@millrace/ir'
import { openStore } from '@millrace/store'
import { storeFolder } from '../../program/place.ts'
import { type Invocation, usage } from '../support/invocation.ts'
import { clusterClient, withPackage } from '../support/optional-package.ts'
import type { RunsOptions } from '../support/options.ts'
import type { Report } from '../support/report.ts'

const verbs = ['list', 'show', 'logs', 'compare', 'fetch'] as const

/** `runs list`, `runs show [id] [call]`, `runs logs [id] [stage]`, `runs compare [a] [b]`, `runs fetch [id] [dir]`. */
export async function runsCommand(
  invocation: Invocation,
  options: RunsOptions,
  words: readonly (string | undefined)[],
  report: Report,
): Promise<number> {
  const [verb, id, stage] = words
  const { environment } = options
  const taken = verb === 'list' ? 1 : 3
  const extra = words.slice(taken).find((word) => word !== undefined)
  if (extra !== undefined) throw usage(`runs ${verb} takes no "${extra}"`, `See --help of runs.`)
  if (environment !== undefined && environment !== 'laptop') {
    if (verb !== 'logs') throw usage(`runs ${verb} takes no --environment`, 'Only logs are read from a cluster.')
    const given = { ...options, environment }
    const { clusterLogsCommand } = await withPackage(
      'runs logs --environment',
      ...clusterClient,
      () => import('./cluster-logs.ts'),
    )
    return clusterLogsCommand(invocation, given, [id, stage], report)
  }
  const store = openStore(storeFolder(options.store, invocation.entry))
  switch (verb) {
    case 'list':
      return (await import('./runs-list.ts')).listCommand(store, options.pipeline, report)
    case 'show':
      return (await import('./runs-show.ts')).showCommand(invocation, store, [id, stage], options.all === true, report)
    case 'logs':
      return (await import('./runs-logs.ts')).logsCommand(store, [id, stage], report)
    case 'compare':
      return (await import('./runs-compare.ts')).compareCommand(store, [id, stage], report)
    case 'fetch':
      return (await import('./runs-fetch.ts')).fetchCommand(store, [id, stage], report)
    default:
      throw usage(
        verb === undefined ? '"runs" needs a word after it' : `there is no command "runs ${verb}"${hint(verb, verbs)}`,
        `Use one of: runs ${verbs.join(', runs ')}.`,
      )
  }
}
