import type { Json } from '@millrace/ir'

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** A line that a stage logs. */
export interface LogLine {
  readonly level: Level
  readonly message: string
  readonly data?: Json
}
