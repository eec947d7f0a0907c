import type { Diagnostic } from './diagnostic.ts'
import type { Digest } from './digest.ts'
import type { Json, JsonObject } from './json.ts'
import type { Resources } from './resources.ts'

interface Common {
  readonly run: string
  /** RFC 3339, milliseconds, UTC. */
  readonly time: string
}

interface OfStage extends Common {
  readonly node: string
  /** One number per enclosing map, outermost first; missing outside a map. */
  readonly index?: readonly number[]
  /** From 1. */
  readonly attempt?: number
}

interface OfCall extends OfStage {
  /** The cache key; missing in the journals of earlier versions. */
  readonly key?: Digest
}

export interface Counts {
  readonly ran: number
  readonly cached: number
  readonly skipped: number
  readonly failed: number
}

export type RunStatus = 'succeeded' | 'failed' | 'cancelled'

/** The journal, `--json`, a driver's log: one JSON object a line (contracts: events). */
export type Event =
  | (Common & {
      readonly event: 'run.started'
      readonly pipeline: string
      readonly parameters: JsonObject
      readonly plan: string
      readonly nodes: number
    })
  /** There are so many calls as far as is known: of a map only once its list is there. At first `nodes` are known. */
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
      readonly level: 'debug' | 'info' | 'warn' | 'error'
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
