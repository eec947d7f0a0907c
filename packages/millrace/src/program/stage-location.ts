import type { StageLocation } from '@millrace/ir'
import type { StageDefinition } from '@millrace/sdk'

/** Where a stage is defined, where that is known. */
export function stageLocation(stage: StageDefinition | undefined): StageLocation | undefined {
  const { file, line, column } = stage?.at() ?? {}
  return file === undefined || line === undefined
    ? undefined
    : { file, line, ...(column === undefined ? {} : { column }) }
}
