import type { ArtifactValue, Diagnostic, Graph, JsonObject, Plan } from '@millrace/ir'
import type { ClusterEnvironment } from '../cluster/environment.ts'
import type { EmittedStage } from '../code/ship/emit-stage.ts'
import type { Capabilities } from '../context.ts'

/**
 * A place that a Plan can be written for. Adding one takes a folder with this, and a line in `targets.ts`.
 */
export interface Target {
  /** What it can do. */
  readonly capabilities: Capabilities
  /** Whether it needs the environment of a cluster. */
  readonly needsCluster: boolean
  /**
   * Writes a Plan for its environment: the same files on every machine (but for what gzip makes of the same content).
   * What the place would refuse is a diagnostic.
   */
  lower(program: TargetProgram): Promise<Lowered> | Lowered
}

/** What is written: a Plan, the code of its stages, and where it is to run. */
export interface TargetProgram {
  /** The program, ready to run. */
  readonly plan: Plan
  /** What the Plan was made of, as the author wrote it. */
  readonly graph: Graph
  /** The parameters; artifacts in it have absolute paths. */
  readonly input: JsonObject
  /** The program's assets, by token, with absolute paths. */
  readonly assets: ReadonlyMap<string, ArtifactValue>
  /** The code of each stage, by the keys of `plan.stages`. */
  readonly stages: ReadonlyMap<string, EmittedStage>
  /** Missing where the target needs none. */
  readonly environment: ClusterEnvironment | undefined
  /** Its name in `millrace.config.ts`. */
  readonly environmentName: string
  /** Our own program that runs a stage in a pod, as one module. */
  readonly runner: Uint8Array
  /** Our own program that drives a run in a cluster, as one module. */
  readonly driver: Uint8Array
  /** Whether the policy that fences a driver is written too, for an administrator to apply. */
  readonly policy: boolean
  /** Where a call stands in the author's program; `''` is the pipeline. */
  at(node: string): Diagnostic['at']
}

/** What a target made of a Plan. */
export interface Lowered {
  /** What is to be written. */
  readonly files: readonly TargetFile[]
  /** What the place would refuse. */
  readonly diagnostics: readonly Diagnostic[]
}

/** A file of what a target writes. */
export interface TargetFile {
  /** Relative to the folder, with `/`. */
  readonly path: string
  /** An object, which is printed as YAML, or the text itself. */
  readonly content: object | string
  /** Prints the object where many are alike. */
  print?(): string
}
