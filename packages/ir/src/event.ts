import type { Diagnostic } from './diagnostic.ts'
import type { Digest } from './digest.ts'
import type { Json, JsonObject } from './json.ts'
import type { Resources } from './resources.ts'

/** What every event has. */
interface Common {
  /** Id of the run. */
  readonly run: string
  /** RFC 3339, milliseconds, UTC. */
  readonly time: string
}

/** What every event of a stage has. */
interface OfStage extends Common {
  /** The call, as `prepare/clean.2`. */
  readonly node: string
  /** One number per enclosing map, outermost first; missing outside a map. */
  readonly index?: readonly number[]
  /** From 1. */
  readonly attempt?: number
}

/** What the events have that begin and end a call. */
interface OfCall extends OfStage {
  /** The cache key; missing in the journals of earlier versions. */
  readonly key?: Digest
}

/** How the calls of a run ended. Those that were not run or were cancelled count nowhere. */
export interface Counts {
  /** Executed, and succeeded. */
  readonly ran: number
  /** Taken from the cache. */
  readonly cached: number
  /** Whose `when` did not hold. */
  readonly skipped: number
  /** Executed, and failed. */
  readonly failed: number
}

/** How a run ended. */
export type RunStatus = 'succeeded' | 'failed' | 'cancelled'

/** How much a line of a log matters. */
export type Level = 'debug' | 'info' | 'warn' | 'error'

/** A line that a stage logs. */
export interface LogLine {
  readonly level: Level
  readonly message: string
  readonly data?: Json | undefined
}

/** The journal, `--json`, a driver's log: one JSON object a line (contracts: events). */
export type Event =
  | (Common & {
      readonly event: 'run.started'
      readonly pipeline: string
      readonly parameters: JsonObject
      readonly plan: string
      readonly nodes: number
    })
  // there are so many calls as far as is known: of a map only once its list is there; at first `nodes` are known
  | (Common & { readonly event: 'run.progress'; readonly known: number })
  | (OfCall & { readonly event: 'stage.started'; readonly resources: Resources })
  | (OfCall & { readonly event: 'stage.succeeded'; readonly seconds: number; readonly output: Json })
  | (OfCall & { readonly event: 'stage.cached'; readonly from: string; readonly output: Json })
  | (OfStage & { readonly event: 'stage.skipped'; readonly because: string })
  | (OfStage & { readonly event: 'stage.not-run'; readonly because: string })
  | (OfStage & { readonly event: 'stage.waiting'; readonly reason: string })
  | (OfStage & { readonly event: 'stage.retried'; readonly cause: Diagnostic; readonly next: string })
  | (OfCall & { readonly event: 'stage.failed'; readonly cause: Diagnostic; readonly log: string })
  | (OfStage & { readonly event: 'stage.cancelled'; readonly reason: string })
  | (OfStage & { readonly event: 'metric'; readonly name: string; readonly value: number; readonly step?: number })
  | (OfStage & {
      readonly event: 'log'
      readonly level: Level
      readonly message: string
      readonly data?: Json
    })
  | (Common & { readonly event: 'notice' } & Diagnostic)
  | {
      readonly event: 'run.finished'
      /** `null` when diagnostics ended it before a run began. */
      readonly run: string | null
      readonly time: string
      readonly status: RunStatus
      readonly output: Json
      readonly errors: readonly Diagnostic[]
      readonly counts: Counts
      readonly seconds: number
    }

export type EventName = Event['event']
export type StageEvent = Extract<Event, { readonly node: string }>

/** Outputs up to this many bytes of JSON stand in their event whole; larger ones as their digest. */
export const maxEventOutput = 4096

/** `map[2]` for a call and its index, as messages name it. */
export const showNode = (node: string, index?: readonly number[]): string =>
  index && index.length > 0 ? `${node}[${index.join('][')}]` : node
