import type { CallLocation, Event, Json, PlanStage, SourceLocation, StageLocation } from '@millrace/ir'
import type { LoadedStage, WorkerProgram } from '@millrace/runner'
import type { Store } from '@millrace/store'
import type { Capacity } from './machine/capacity.ts'

/** What the local runtime is given besides the Plan. */
export interface LocalOptions {
  readonly store: Store
  /** The stage's function and schemas, for a call in this process. */
  load(stage: string): LoadedStage
  /** The program that runs one stage in a process of its own. */
  child(stage: string): ChildProgram | undefined
  /** The warm workers that stages may run in. Missing: all that need no process of their own run in this one. */
  readonly workers?: LocalWorkers
  /**
   * Hides the machine's GPUs from this process while the run lasts, as stages that ask for none may run in it: for a
   * process that does nothing else. Needs workers. Default false.
   */
  readonly hideGpus?: boolean
  /**
   * A file of a stage's code that changed since it was planned, among those that its reader may still read; undefined at
   * once where that was seen without reading any.
   *
   * @throws what keeps this process from looking, at once or later
   */
  changed(stage: string, reader: Reader): Promise<string | undefined> | undefined
  /** A call's result stands in the store; `takeBack` is called if its code turns out to have changed before. */
  committed(stage: string, takeBack: () => void): void
  /** At the end of a run: a package that changed and whose results were taken back. */
  lastLook(): string | undefined
  /** The artifact of an asset, by token. */
  asset(token: string): Json
  /** The variables that stages inherit, as they were when the Plan was made: it holds digests of them only. */
  readonly variables: { readonly [name: string]: string | undefined }
  /** Where a node was called, for its diagnostics. */
  place(node: string): SourceLocation
  /** Where a stage was defined, likewise. */
  definedAt(stage: string): StageLocation | undefined
  /** Stages at once. Default: by requests alone. */
  readonly jobs?: number
  /** Starts a new run and takes no hits. Default false. */
  readonly fresh?: boolean
  /** Ends the run at the first failure. Default false. */
  readonly failFast?: boolean
  /** Refuses requests that this machine can't meet, instead of cutting them. Default false. */
  readonly strict?: boolean
  /** Verifies also artifacts above 1 GiB byte by byte. Default false. */
  readonly verify?: boolean
  /** Ids of calls that take no hit. Default none. */
  readonly recompute?: ReadonlySet<string>
  /** Milliseconds that stages get to end after a cancel. Default 10,000. */
  readonly grace?: number
  /** Aborted: running stages are no longer waited for. */
  readonly abandon?: AbortSignal
  /** Default: this machine's. */
  readonly machine?: Capacity
  /** Canonical JSON of the Graph, which a new run keeps. */
  graph?(): string
  /** Said before the first stage starts. */
  readonly notices?: readonly Extract<Event, { event: 'notice' }>[]
}

export interface LocalWorkers {
  /** Command line of one, after the Node executable. */
  readonly args: readonly string[]
  /** The code of a stage as they load it; undefined for one that must run where the author's modules are loaded. */
  code(stage: string): Promise<WorkerProgram | undefined>
  /** Milliseconds of processor time up to which a call makes its stage run in this process. Default 5. */
  readonly lightUpTo?: number
}

/**
 * What reads a stage's code: this process (`here`); a child before or after it has read the modules (`loading`,
 * `loaded`); a worker that had its bundle loaded, or loaded it for this call (`bundle`, `bundleLoading`).
 */
export type Reader = 'here' | 'loading' | 'loaded' | 'bundle' | 'bundleLoading'

/** What a child tells when it has read the modules of its stage. */
export interface Loaded {
  readonly loaded: true
}

export interface ChildProgram {
  /** Command line after the Node executable. */
  readonly args: readonly string[]
  readonly env: { readonly [name: string]: string }
}

/** Where the author calls a stage, and where it is defined. */
export function callLocation(
  options: Pick<LocalOptions, 'place' | 'definedAt'>,
  { id, stage }: PlanStage,
): CallLocation {
  const defined = options.definedAt(stage)
  return { ...options.place(id), ...(defined ? { stage: defined } : {}) }
}
