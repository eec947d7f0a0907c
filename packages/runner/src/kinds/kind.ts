import type { Schema, StageCode, Words } from '@millrace/ir'

/** How the stages of one kind are run. A kind is a file here, and one in the compiler that knows what of it counts. */
export interface StageKind {
  readonly kind: StageCode['kind']
  /** The process that runs an attempt by the stage contract. */
  command(code: StageCode, paths: AttemptPaths): Command
}

/** Absolute paths in the attempt's folder (contracts: stage). */
interface AttemptPaths {
  readonly input: string
  readonly output: string
  readonly files: string
  readonly metrics: string
}

export interface Command {
  /** The first is the program. What stands for values is filled in for each attempt. */
  readonly words: Words
  /** Besides what the contract gives every stage. Default none. */
  readonly env?: Readonly<Record<string, string>>
}

/** What a stage runs that is no function of a loaded module. */
export interface CommandStage {
  readonly kind: StageKind
  readonly code: StageCode
  readonly inputSchema: Schema
}
