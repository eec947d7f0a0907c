import { constants } from 'node:os'
import { exitFailure, StageFailure } from '@millrace/runner'

/** How the end of a process reads that could not tell itself why it ended. */
export function processFailure(
  node: string,
  code: number | null,
  signal: NodeJS.Signals | null,
  hasOutput: boolean,
): StageFailure {
  if (signal) {
    const number = constants.signals[signal]
    const fixes: { readonly [name: string]: string } = {
      SIGKILL: 'Give the stage more memory, if the machine ended it for using too much.',
      SIGTERM: 'Find out what sent the signal.',
      SIGINT: 'Find out what sent the signal.',
    }
    return new StageFailure(
      'process-failed',
      `the process of "${node}" was ended by ${signal} (${number})`,
      fixes[signal] ?? 'Read the end of its log for the cause.',
    )
  }
  return exitFailure(node, code, hasOutput)
}

/** What another process gives is checked by this one, too. */
export const refusedOutput = (node: string, problem: string): StageFailure =>
  new StageFailure(
    'invalid-output',
    `"${node}" returned what its output schema refuses: ${problem}`,
    'Return what the output schema says, or correct the schema.',
    { retry: false },
  )
