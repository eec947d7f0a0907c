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
