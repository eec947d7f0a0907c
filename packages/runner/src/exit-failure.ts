import { constants } from 'node:os'
import { dataError } from '@millrace/ir'
import { StageFailure } from './failure.ts'

/** How the exit of a process reads that left no word of why it ended. */
export function exitFailure(node: string, code: number | null, hasOutput: boolean): StageFailure {
  if (code === 0)
    return new StageFailure(
      'no-output',
      `the process of "${node}" ended with 0 and ${hasOutput ? 'an incomplete' : 'without an'} output`,
      'Return the output; do not end the process inside the stage.',
    )
  return new StageFailure(
    'process-failed',
    `the process of "${node}" ended with exit code ${code}`,
    'Read the end of its log for the cause.',
    { retry: code !== dataError },
  )
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const fixes: { readonly [name: string]: string } = {
  SIGKILL: 'Give the stage more memory, if the machine ended it for using too much.',
  SIGTERM: 'Find out what sent the signal.',
  SIGINT: 'Find out what sent the signal.',
}

/** How the end of a process reads that could not tell itself why it ended. */
export function processFailure(node: string, { code, signal }: Exit, hasOutput: boolean): StageFailure {
  if (!signal) return exitFailure(node, code, hasOutput)
  return new StageFailure(
    'process-failed',
    `the process of "${node}" was ended by ${signal} (${constants.signals[signal]})`,
    fixes[signal] ?? 'Read the end of its log for the cause.',
  )
}
