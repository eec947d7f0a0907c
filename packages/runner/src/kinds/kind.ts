import type { StageCode } from '@millrace/ir'
import type { attemptFiles } from '../folder.ts'

/** How the stages of one kind are run. A kind is a file here, and one in the compiler that knows what of it counts. */
export interface StageKind {
  readonly kind: StageCode['kind']
  /** The process that runs an attempt by the stage contract. */
  command(code: StageCode, paths: AttemptPaths): Command
}

type AttemptPaths = ReturnType<typeof attemptFiles>

/** The first word is the program. */
export interface Command {
  readonly words: readonly [string, ...string[]]
  /** Besides what the contract gives every stage. Default none. */
  readonly env?: Readonly<Record<string, string>>
}
