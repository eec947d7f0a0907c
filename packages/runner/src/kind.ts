import type { Diagnostic, LogLine, Resources, StageCode, Words } from '@millrace/ir'
import type { Exit } from './exit-failure.ts'
import type { StageFailure } from './failure.ts'

/** How the stages of one kind are run. A kind is a file here, and one in the compiler that knows what of it counts. */
export interface StageKind {
  readonly kind: StageCode['kind']
  /** What of its stages can't be run, found before anything runs. Default: nothing is looked at. */
  check?(codes: readonly StageCode[]): Promise<readonly Refused[]>
  /**
   * The process that runs an attempt by the stage contract.
   *
   * @throws StageFailure where this machine can't run it
   */
  command(code: StageCode, attempt: CommandAttempt): Command | Promise<Command>
}

/** What a kind is told of an attempt; absolute paths in the attempt's folder (contracts: stage). */
export interface CommandAttempt {
  readonly node: string
  readonly input: string
  readonly output: string
  readonly files: string
  readonly metrics: string
  /** Where the attempt's own files lie, for what a kind and its process tell each other. */
  readonly folder: string
  readonly resources: Resources
  readonly worker: { readonly index: number; readonly count: number }
  /** Names of the stage's variables. */
  readonly env: readonly string[]
  readonly attempt: number
}

export interface Command {
  /** The first is the program. What stands for values is filled in for each attempt. */
  readonly words: Words
  /** Besides what the contract gives every stage. Default none. */
  readonly env?: Readonly<Record<string, string>>
  /** An absolute path. Default: where the program was started. */
  readonly cwd?: string
  /** A file to which the process appends what it logs, a line each. Default none. */
  readonly lines?: { readonly path: string; read(line: string): LogLine | undefined }
  /** Why it failed, as its process told before it ended; undefined where it left no word. */
  failure?(exit: Exit): StageFailure | undefined
  /** What its process told once it had succeeded. */
  finding?(): Finding
}

/** With the words that its process is given. */
export interface FilledCommand extends Command {
  readonly words: readonly string[]
}

/** What is known of a call only once it has run. */
export interface Finding {
  /** What a person should know of it. */
  readonly notices: readonly Pick<Diagnostic, 'code' | 'message' | 'fix'>[]
  /** Whether something ran that its key does not count, so that no other run may take the result. */
  readonly uncounted: boolean
}

export interface Refused {
  readonly code: StageCode
  readonly failure: StageFailure
}
