import type { ArtifactValue, Issue, Json, Level, Metric, Resources, Schema } from '@millrace/ir'
import type { Artifacts } from './artifacts.ts'
import type { Exit } from './exit-failure.ts'
import type { FilledCommand, Finding } from './kind.ts'

/** What the runner needs of a zod schema. */
export interface Parser {
  safeParseAsync(value: unknown, context?: { readonly reportInput: boolean }): Promise<Parsed>
}
type Parsed =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } }
/** A stage as a loader gives it: the author's function with its schemas. */
export interface LoadedStage {
  readonly name: string
  readonly input: Parser
  readonly output: Parser
  readonly outputSchema: Schema
  /** The files that stand as defaults in its input schema; it may hand them on like what it was given. */
  assets?(): readonly ArtifactValue[]
  run(input: unknown, context: unknown): unknown
  /** What runs instead of a function: a process of its own. */
  readonly process?: CommandStage
}

/** One attempt at one stage, as the place that runs it sees it. */
export interface Attempt {
  readonly node: string
  /** As wired; artifacts are `{ path, digest, size }` with absolute paths. */
  readonly input: Json
  /** The folder for output artifacts, made when it is first asked for. */
  files(): string
  metric(metric: Metric): void
  log(level: Level, message: string, data?: Json): void
  /** Text that the stage wrote to stdout or stderr. */
  print(text: string): void
  /** What the stage sees: it should end soon. */
  readonly signal: AbortSignal
  /** When it is no longer waited for; its reason is the failure. */
  readonly abandon: AbortSignal
  /** What it fails with when it settles later than `at`, in milliseconds of `performance.now()`. */
  readonly deadline?: { readonly at: number; readonly failure: Error }
  readonly seed: number
  readonly resources: Resources
  readonly worker: { readonly index: number; readonly count: number }
  readonly env: { readonly [name: string]: string }
  readonly attempt: number
  /** Runs the process of a stage that is no function. Default: as a plain child of this process. */
  process?(command: FilledCommand): Promise<Exit>
}

/** What a stage runs that is no function of a loaded module. */
export interface CommandStage {
  /**
   * Runs the process of an attempt by the stage contract.
   *
   * @throws StageFailure when it can't be given its words, ends with another code than 0, or leaves no output
   */
  run(attempt: Attempt, input: Json, artifacts: Artifacts): Promise<CommandResult>
}

/** What the process of an attempt gave. */
export interface CommandResult {
  /** Its output, with its artifacts as the stage's own. */
  readonly output: unknown
  readonly finding: Finding | undefined
}

export interface Outcome {
  /** Artifacts have absolute paths. */
  readonly output: Json
  /** Its canonical JSON, where it was made anyway. */
  readonly text?: string | undefined
  /** What is known of it only now. */
  readonly finding?: Finding
  /** Artifacts that this attempt wrote. */
  readonly files: readonly { readonly path: string; readonly digest: string; readonly size: number }[]
}
