import type { Diagnostic, Event, RunStatus } from '@millrace/ir'
import type { CallOverrides, OutputOf, run } from 'millrace'
import { test } from 'vitest'

export type AnyPipeline = Parameters<typeof run>[0]

export type Given<P extends AnyPipeline> = NonNullable<Parameters<typeof run<P>>[1]>

/** How a run ended, whichever way. */
export interface Ended<O> {
  readonly run: string | null
  readonly status: RunStatus
  /** Of a succeeded run; what the paths in it name can be read here. */
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
  /** Runs a pipeline, as its user does who wants it run now: also one that ran before. */
  run<P extends AnyPipeline>(pipeline: P, input: Given<P>, settings?: RunSettings): Promise<Ended<OutputOf<P>>>
  /** A folder of this machine, for files that an input names. */
  readonly folder: string
  /** A folder that stages can read, by its path there, for what the world outside a pipeline is in a test. */
  readonly world: string
  /** Puts a file into the world, and gives its path there. */
  put(name: string, text: string): Promise<string>
  close(): void
}

/** What the suite is given of a runtime. */
export interface Kind {
  readonly name: string
  /** Options that each call gets. */
  readonly overrides: Pick<CallOverrides, 'isolate' | 'resources'>
  /** Where stages run: in this very process, in others of this machine, or in pods. */
  readonly stages: 'in process' | 'beside' | 'in pods'
  /** Stages that it runs at once at the most. */
  readonly atOnce: number
  /** Starting a stage takes long: what is about the order of calls alone is left to kinds with the same flow. */
  readonly dear: boolean
  /** In milliseconds: stages of this length that are let go together are at work together. */
  readonly beat: number
  /** Settings of a run that it has not, each with the reason: the tests of it are left out under that. */
  readonly without?: { readonly [setting in 'signal' | 'fresh']?: string }
  /** How the tests are run. */
  readonly tests?: { readonly concurrent?: boolean; readonly timeout?: number }
  newRuntime(): Place
}

/** A test of what some runtimes are without; the reason stands in its name there. */
export const unless =
  (why: string | undefined, otherwise: (name: string, body: () => Promise<void>) => void = test) =>
  (name: string, body: () => Promise<void>): void =>
    why === undefined ? otherwise(name, body) : test.skip(`${name} (left out: ${why})`, body)
