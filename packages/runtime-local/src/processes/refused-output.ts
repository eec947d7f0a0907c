import { StageFailure } from '@millrace/runner'

/** What another process gives is checked by this one, too. */
export const refusedOutput = (node: string, problem: string): StageFailure =>
  new StageFailure(
    'invalid-output',
    `"${node}" returned what its output schema refuses: ${problem}`,
    'Return what the output schema says, or correct the schema.',
    { retry: false },
  )
