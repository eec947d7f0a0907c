import type { Diagnostic } from './diagnostic.ts'
import { digestJson } from './digest.ts'
import type { Counts, Event, RunStatus } from './event.ts'
import type { Json, JsonObject } from './json.ts'
import type { Plan } from './plan.ts'

/** Runs Plans somewhere. Each one passes test/conformance. */
export interface Runtime {
  readonly name: string
  run(plan: Plan, input: JsonObject, options?: RunOptions): Promise<RunOutcome>
}

export interface RunOptions {
  /** Aborting it cancels the run; stages get time to end. */
  readonly signal?: AbortSignal
  readonly onEvent?: (event: Event) => void
}

export interface RunOutcome {
  readonly run: string
  readonly status: RunStatus
  readonly output: Json
  readonly errors: readonly Diagnostic[]
  readonly counts: Counts
  readonly seconds: number
}

/** What a run goes on under: the Graph and the code of its stages. */
export const planDigest = (plan: Plan): string =>
  digestJson({
    graph: plan.graph,
    stages: Object.fromEntries(Object.entries(plan.stages).map(([key, spec]) => [key, spec.identity])),
  })
