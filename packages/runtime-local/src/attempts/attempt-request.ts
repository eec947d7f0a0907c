import type { Digest, Json, Level, Metric, PlanStage, PlanStageSpec, StageOptions } from '@millrace/ir'
import type { LoadedStage, Outcome, WorkerProgram } from '@millrace/runner'
import type { ChildProgram, Reader } from '../local-options.ts'
import type { Share } from '../machine/capacity.ts'
import type { Gpu } from '../machine/gpus.ts'

import type { CallMeter } from './call-meter.ts'
import type { StageLog } from './stage-log.ts'

/** Where an attempt runs: in a process of its own, in a warm worker, or in this process, which may be measured. */
export type ExecutionSite = 'process' | WorkerSite | Here

export interface Here {
  took?(meter: CallMeter): void
}

/** One attempt at one call. */
export interface AttemptRequest {
  readonly pipeline: string
  readonly node: PlanStage
  readonly spec: PlanStageSpec
  readonly options: StageOptions
  readonly key: Digest
  readonly input: Json
  readonly attempt: number
  readonly share: Share
  readonly place: ExecutionSite
  readonly gpus: readonly Gpu[]
  readonly log: StageLog
  /** What the run's stages inherit. */
  readonly variables: { readonly [name: string]: string | undefined }
  /** The attempt's folder, made when it is first asked for. */
  folder(): string
  readonly token: string
  /** Forgets its folder and its metrics: it begins again. */
  again(): void
  metric(metric: Metric): void
  event(level: Level, message: string, data?: Json): void
  load(): LoadedStage
  child(): ChildProgram | undefined
  /**
   * Undefined where it was seen at once that all is well.
   *
   * @throws StageFailure when a file of the code that is still to be read is no longer as it was planned
   */
  checkCode(reader: Reader): Promise<void> | undefined
  /** Aborted when it is to end, and when nobody waits for it any longer. */
  readonly stop: AbortSignal
  readonly abandon: AbortSignal
}

/** The values of a stage's variables; what they inherit stands in no Plan. */
export const envOf = ({ spec, variables }: Pick<AttemptRequest, 'spec' | 'variables'>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(spec.env ?? {}).flatMap(([name, value]) => {
      const text = 'value' in value ? value.value : 'inherited' in value ? variables[name] : undefined
      return text === undefined ? [] : [[name, text]]
    }),
  )

/** How a stage is run in a warm worker. */
export interface WorkerSite {
  readonly program: WorkerProgram
  readonly stage: string
  /** Command line of a worker, after the Node executable. */
  readonly args: readonly string[]
  /** Workers at once, of those that see no GPU and that others share. */
  readonly most: number
  /** Whether it is known to compute long, so that nobody is to share its worker. */
  readonly heavy: boolean
  /** Whether many calls may run at once later. */
  readonly wide: boolean
  /** Hears how long a call computed, in milliseconds. */
  took(milliseconds: number): void
}

/** What an attempt gave, and how long it took by itself. */
export interface Performed extends Outcome {
  /** From when its code began. */
  readonly seconds: number
  /** Whether a worker loaded its modules for it. Default false. */
  readonly loading?: boolean
}
