import type { FolderAnswer, WorkerCall, WorkerProgram, WorkerTells } from '@millrace/runner'

/** How a worker is started; calls that want the same may share one. */
export interface WorkerStart {
  /** Command line after the Node executable. */
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** Ids of the GPUs that it sees. */
  readonly gpus: readonly string[]
}

/** How a worker ended. */
export interface WorkerEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Whether it was ended because its pipe held what no worker tells. */
  readonly odd: boolean
}

/** A call as its worker is told of it, and who hears what becomes of it. */
export interface WorkerJob {
  readonly program: WorkerProgram
  readonly call: Omit<WorkerCall, 'call' | 'program'>
  /** Cores that it asked for; of a worker's one. */
  readonly cpu: number
  /** Whether nothing may run beside it. */
  readonly alone: boolean
  heard(tells: Exclude<WorkerTells, { readonly folder: true } | { readonly heard: true }>): void
  /** What its process wrote past it, as a program does that it started. */
  print(text: string): void
  folder(): FolderAnswer
  /** Its worker has ended. `own`: nobody else can have ended it. */
  lost(end: WorkerEnd, own: boolean): void
  /** No worker can be started for it. */
  refused(): void
}
