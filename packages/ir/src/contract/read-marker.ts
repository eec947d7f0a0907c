import { mostCompletions } from '../cluster-plan.ts'
import { codes } from '../diagnostic.ts'
import { digestPattern } from '../digest.ts'
import type { Json } from '../json.ts'
import { foreignJson } from './foreign-json.ts'
import { type DoneMarker, type FailedMarker, markerLimits } from './marker.ts'
import { isTime, metricNameLimit } from './metric-line.ts'
import {
  count,
  finite,
  flag,
  is,
  listOf,
  matching,
  maybe,
  object,
  oneOf,
  orNull,
  present,
  type Shape,
  text,
  whole,
} from './shape.ts'
import type { Release } from './work-item.ts'

/** What somebody else wrote, or why it is not taken. */
export type Foreign<T> = { readonly value: T } | { readonly odd: string }

const limits = markerLimits
const digest = matching(digestPattern, 'a digest')

const metric = object({
  name: text(metricNameLimit),
  value: finite,
  step: maybe(whole),
  time: is(isTime, 'a time'),
})

const done = object({
  inputDigest: digest,
  codeDigest: text(limits.path),
  index: count,
  generation: count,
  key: digest,
  outputDigest: digest,
  output: present,
  files: listOf(object({ path: text(limits.path), digest, size: count }), limits.files),
  metrics: listOf(metric, limits.metrics),
  cards: listOf(present, 0),
  log: text(limits.log),
})

/** Of a cause a driver tells further what it knows. */
const cause = object(
  {
    code: oneOf(codes, 'a code of an error'),
    severity: oneOf(['error'], 'the severity of an error'),
    message: text(limits.text),
    at: object(
      {
        pipeline: orNull(text(limits.path)),
        node: orNull(text(limits.path)),
        path: maybe(text(limits.path)),
        file: maybe(text(limits.path)),
        line: maybe(count),
        column: maybe(count),
      },
      { open: true },
    ),
    fix: text(limits.text),
  },
  { open: true },
)

const failed = object({ cause, retry: flag, log: text(limits.log) })

const release = object({
  version: oneOf([1], 'version 1'),
  run: text(limits.path),
  items: listOf(object({ key: digest, inputDigest: digest }), mostCompletions),
})

/** The marker of a success in what a file holds. */
export function readDone(bytes: Uint8Array): Foreign<DoneMarker> {
  const read = parsed<DoneMarker>(bytes, done)
  const problem = 'odd' in read ? undefined : notJson(read.value.output)
  return problem === undefined ? read : { odd: problem }
}

/** A text of JSON can say what no value of ours may be: 1e999, half a character. */
function notJson(value: Json): string | undefined {
  const open: Json[] = [value]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (typeof at === 'number' && !Number.isFinite(at)) return `something in its output is ${at}`
    if (typeof at === 'string' && !at.isWellFormed()) return 'something in its output is not well-formed Unicode'
    if (typeof at !== 'object' || at === null) continue
    for (const key of Object.keys(at)) {
      if (!key.isWellFormed()) return 'something in its output has a key that is not well-formed Unicode'
      open.push((at as { readonly [key: string]: Json })[key] as Json)
    }
  }
  return undefined
}

/** The marker of a failure in what a file holds. */
export const readFailed = (bytes: Uint8Array): Foreign<FailedMarker> => parsed(bytes, failed)

/** What a Job was released with; undefined where a file does not say it. */
export const readRelease = (json: Json): Release | undefined =>
  release(json) === undefined ? (json as unknown as Release) : undefined

function parsed<T>(bytes: Uint8Array, shape: Shape): Foreign<T> {
  const read = foreignJson(bytes, limits.values)
  if ('odd' in read) return read
  const problem = shape(read.json)
  return problem === undefined ? { value: read.json as T } : { odd: problem }
}
