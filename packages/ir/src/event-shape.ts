import { isDigest } from './digest.ts'
import type { Counts, Event, EventName } from './event.ts'
import { isObject } from './json.ts'

type Is = (value: unknown) => boolean

const text: Is = (value) => typeof value === 'string'
const number: Is = (value) => typeof value === 'number' && Number.isFinite(value)
const count: Is = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const present: Is = (value) => value !== undefined
const oneOf =
  (...values: readonly unknown[]): Is =>
  (value) =>
    values.includes(value)
const orNull =
  (is: Is): Is =>
  (value) =>
    value === null || is(value)
const optional =
  (is: Is): Is =>
  (value) =>
    value === undefined || is(value)
const listOf =
  (is: Is): Is =>
  (value) =>
    Array.isArray(value) && value.every(is)

type Shape = { readonly [field: string]: Is }

function like(shape: Shape): Is {
  // taken now: a stage may give all objects more keys
  const fields = Object.entries(shape)
  return (value) => isObject(value) && fields.every(([field, is]) => is(value[field]))
}

const time: Is = (value) => typeof value === 'string' && /^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)
const line = { file: optional(text), line: optional(count), column: optional(count) }
const frame = like({ function: optional(text), file: text, line: count, column: count })
const diagnosticShape: Shape = {
  code: text,
  severity: oneOf('error', 'warning', 'notice'),
  message: text,
  at: like({ pipeline: orNull(text), node: orNull(text), path: optional(text), ...line, stage: optional(like(line)) }),
  fix: text,
  stack: optional(listOf(frame)),
  causes: optional(listOf(like({ name: text, message: text, stack: optional(listOf(frame)) }))),
}
const diagnostic = like(diagnosticShape)

/** Whether a value has the counts of a run. */
export const isCounts = like({ ran: count, cached: count, skipped: count, failed: count }) as (
  value: unknown,
) => value is Counts

const status = oneOf('succeeded', 'failed', 'cancelled')
const output = present
const key = optional(isDigest)

/** What an event has besides `event`, `run` and `time`, and of a stage besides `node`, `index` and `attempt`. */
const shapes: { readonly [event in EventName]: Shape } = {
  'run.started': { pipeline: text, parameters: isObject, plan: text, nodes: count },
  'run.progress': { known: count },
  'stage.started': { key, resources: isObject },
  'stage.succeeded': { key, seconds: number, output },
  'stage.cached': { key, from: text, output },
  'stage.skipped': { because: text },
  'stage.not-run': { because: text },
  'stage.waiting': { reason: text },
  'stage.retried': { cause: diagnostic, next: time },
  'stage.failed': { key, cause: diagnostic, log: text },
  'stage.cancelled': { reason: text },
  // JSON has null for NaN and infinities
  metric: { name: text, value: orNull(number), step: optional(number) },
  log: { level: oneOf('debug', 'info', 'warn', 'error'), message: text },
  notice: diagnosticShape,
  'run.finished': { status, output, errors: listOf(diagnostic), counts: isCounts, seconds: number },
}

const common = like({ event: text, run: orNull(text), time })
const stage = like({ node: text, index: optional(listOf(count)), attempt: optional(count) })
const known = new Map<unknown, Is>(Object.entries(shapes).map(([event, shape]) => [event, like(shape)]))
const ofStage = (event: unknown): boolean => event === 'metric' || event === 'log' || /^stage\./.test(String(event))

/** Whether a value is an event, or may be one of a later version. What stands in a journal may be anybody's. */
export function isEvent(value: unknown): value is Event {
  if (!common(value)) return false
  const event = value as { readonly event: string; readonly node?: unknown }
  if ((ofStage(event.event) || 'node' in event) && !stage(event)) return false
  return known.get(event.event)?.(event) ?? true
}
