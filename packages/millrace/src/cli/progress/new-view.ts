import type { AttemptsOf } from '@millrace/engine'
import { optionsOf, type Plan } from '@millrace/ir'
import type { RunOptions } from '../support/options.ts'
import type { Report } from '../support/report.ts'
import { progressMode } from '../support/terminal.ts'
import { plainView } from './plain.ts'
import { ttyView } from './tty.ts'
import { quietView, type View } from './view.ts'

/** The view of a run that the options and the terminal ask for. */
export function newView(options: RunOptions, report: Report, attempts: AttemptsOf): View {
  const mode = report.json && options.progress === 'auto' ? 'quiet' : progressMode(options.progress, options.color)
  if (mode === 'quiet') return quietView
  // a block can't stand on a terminal that also shows the events
  if (mode === 'tty' && !(report.json && process.stdout.isTTY)) return ttyView(process.stderr, attempts)
  return plainView((text) => process.stderr.write(text), attempts)
}

export function attemptsOf(plan: Plan): AttemptsOf {
  const attempts = new Map<string, number>()
  for (const node of plan.nodes)
    if (node.kind === 'stage')
      for (const id of [node.id, ...(node.merged ?? [])]) attempts.set(id, 1 + optionsOf(plan, node).retries)
  return (node) => attempts.get(node) ?? 1
}
