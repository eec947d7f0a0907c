import type { Diagnostic, Event, RunStatus } from '@millrace/ir'
import type { OutputOf, run } from 'millrace'

export type AnyPipeline = Parameters<typeof run>[0]

export type Given<P extends AnyPipeline> = NonNullable<Parameters<typeof run<P>>[1]>

/** How a run ended, whichever way. */
export interface Ended<O> {
  readonly run: string | null
  readonly status: RunStatus
  /** Of a succeeded run. */
  readonly output: O
  readonly errors: readonly Diagnostic[]
  readonly events: readonly Event[]
}

export interface RunSettings {
  readonly signal?: AbortSignal
  readonly onEvent?: (event: Event) => void
  readonly fresh?: boolean
}

/** A runtime with a store of its own, empty at first. */
export interface Place {
  run<P extends AnyPipeline>(pipeline: P, input: Given<P>, settings?: RunSettings): Promise<Ended<OutputOf<P>>>
  /** A folder that stages can reach, for what the world outside a pipeline is in a test. */
  readonly world: string
  close(): void
}

/** What the suite is given of a runtime. */
export interface Kind {
  readonly name: string
  /** Options that each call gets. */
  readonly overrides: { readonly isolate?: 'process' }
  /** Stages that it runs at once at the most. */
  readonly atOnce: number
  /** Starting a stage takes long: what is about the order of calls alone is left to kinds with the same flow. */
  readonly dear: boolean
  newRuntime(): Place
}
