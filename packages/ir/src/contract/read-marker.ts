import { codes } from '../diagnostic.ts'
import { digestPattern } from '../digest.ts'
import type { Json } from '../json.ts'
import { foreignJson } from './foreign-json.ts'
import { type FailedMarker, markerLimits } from './marker.ts'
import { mostCompletions } from './pod.ts'
import { count, flag, listOf, matching, maybe, object, oneOf, orNull, text } from './shape.ts'
import type { Release } from './work-item.ts'

/** What somebody else wrote, or why it is not taken. */
export type Foreign<T> = { readonly value: T } | { readonly odd: string }

const limits = markerLimits
const digest = matching(digestPattern, 'a digest')
/** Objects, lists and things in them: a runner writes 2,000 at most, nine stacks. */
const mostInFailed = 4000

const frame = object({
  function: maybe(text(limits.path)),
  file: text(limits.path),
  line: count,
  column: count,
})
const stack = listOf(frame, limits.frames)

/** The driver passes on only these fields of a cause (`known`). */
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
    stack: maybe(stack),
    causes: maybe(listOf(object({ name: text(limits.path), message: text(limits.text), stack }), limits.causes)),
  },
  { open: true },
)

const failed = object({ cause, retry: flag, log: text(limits.log) })

const release = object({
  version: oneOf([1], 'version 1'),
  run: text(limits.path),
  items: listOf(object({ key: digest, inputDigest: digest }), mostCompletions),
})

/** The marker of a failure in what a file holds. */
export function readFailed(bytes: Uint8Array): Foreign<FailedMarker> {
  const read = foreignJson(bytes, mostInFailed)
  if ('odd' in read) return read
  const problem = failed(read.json)
  return problem === undefined ? { value: known(read.json as unknown as FailedMarker) } : { odd: problem }
}

/** Whatever else it says is not kept. */
function known({ cause, retry, log }: FailedMarker): FailedMarker {
  const { code, severity, message, at, fix, stack, causes } = cause
  const { pipeline, node, path, file, line, column } = at
  const place = {
    pipeline,
    node,
    ...(path === undefined ? {} : { path }),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  }
  const told = { code, severity, message, at: place, fix }
  return { cause: stack === undefined ? told : { ...told, stack, causes: causes ?? [] }, retry, log }
}

/** What a Job was released with; undefined where a file does not say it. */
export const readRelease = (json: Json): Release | undefined =>
  release(json) === undefined ? (json as unknown as Release) : undefined
