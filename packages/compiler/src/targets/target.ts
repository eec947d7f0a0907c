import type { ArtifactValue, Diagnostic, JsonObject, Plan } from '@millrace/ir'
import type { ClusterEnvironment } from '../cluster/environment.ts'
import type { EmittedStage } from '../code/ship/emit-stage.ts'

/** What is emitted: a Plan for one environment, with the code that runs in its pods. */
export interface ClusterProgram {
  readonly plan: Plan
  /** Artifacts in it have absolute paths. */
  readonly input: JsonObject
  readonly assets: ReadonlyMap<string, ArtifactValue>
  /** The code of each stage, by the keys of `plan.stages`. */
  readonly stages: ReadonlyMap<string, EmittedStage>
  readonly environment: ClusterEnvironment
  readonly environmentName: string
  /** Our own programs, as one module each. */
  readonly runner: Uint8Array
  readonly driver: Uint8Array
  /** Whether the policy that fences the driver is written too, for an administrator to apply. Default false. */
  readonly policy?: boolean
  /** Where a call stands in the author's program. */
  at(node: string): Diagnostic['at']
}

export interface Emitted {
  /** Texts by path relative to the folder. */
  readonly files: ReadonlyMap<string, string>
  readonly diagnostics: readonly Diagnostic[]
}
