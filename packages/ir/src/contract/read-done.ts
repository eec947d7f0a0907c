import { digestPattern } from '../digest.ts'
import { type Json, setKey } from '../json.ts'
import { foreignJson, jsonOf, notJson, tooMuch } from './foreign-json.ts'
import { jsonKind, jsonParts } from './json-parts.ts'
import { type DoneMarker, markerLimits, outputLimit } from './marker.ts'
import { isTime, metricNameLimit } from './metric-line.ts'
import type { Foreign } from './read-marker.ts'
import { count, finite, is, listOf, matching, maybe, object, present, type Shape, text, whole, wrong } from './shape.ts'

/** A marker of which only what is short was read. */
export interface UnreadDone extends Omit<DoneMarker, 'output' | 'files' | 'metrics'> {
  /** The whole of it. */
  read(): Foreign<DoneMarker>
}

/** Bytes of a short field: no text of it is longer, however it is escaped. */
const shortBytes = 6 * markerLimits.path + 1024
const digest = matching(digestPattern, 'a digest')

const done = object({
  inputDigest: digest,
  codeDigest: text(markerLimits.path),
  index: count,
  generation: count,
  key: digest,
  outputDigest: digest,
  output: present,
  files: present,
  metrics: present,
  cards: listOf(present, 0),
  log: text(markerLimits.log),
})
const large: readonly string[] = ['output', 'files', 'metrics']

const file = object({ path: text(markerLimits.path), digest, size: count })
const metric = object({
  name: text(metricNameLimit),
  value: finite,
  step: maybe(whole),
  time: is(isTime, 'a time'),
})

/**
 * The marker of a success in what a file holds. Its fields, and the things in its lists, are parsed one by one, each only
 * if a runner's can be as large: all at once could take more than a driver has.
 */
export function readDone(bytes: Uint8Array): Foreign<UnreadDone> {
  const odd = tooMuch(bytes, markerLimits.values)
  if (odd !== undefined) return { odd }
  try {
    return jsonKind(bytes) === 'object' ? unread(bytes) : { odd: jsonKind(bytes) === 'list' ? noObject : scalar(bytes) }
  } catch {
    return { odd: notJson }
  }
}

const noObject = done([]) as string
const scalar = (bytes: Uint8Array): string => done(jsonOf(bytes)) as string

function unread(bytes: Uint8Array): Foreign<UnreadDone> {
  const short = {}
  const longs = new Map<string, Uint8Array>()
  for (const { key, value } of jsonParts(bytes)) {
    const name = jsonOf(key as Uint8Array)
    if (typeof name !== 'string') return { odd: notJson }
    if (Object.hasOwn(short, name)) return { odd: 'it has a field twice' }
    if (large.includes(name)) longs.set(name, value)
    // what is too long for any of them is none
    setKey(short, name, large.includes(name) || value.length > shortBytes ? {} : jsonOf(value))
    if (Object.keys(short).length > 20) break
  }
  const problem = done(short)
  if (problem !== undefined) return { odd: problem }
  const of = (name: string) => longs.get(name) as Uint8Array
  return { value: { ...(short as DoneMarker), read: () => readAll(short as DoneMarker, of) } }
}

function readAll(short: DoneMarker, of: (name: string) => Uint8Array): Foreign<DoneMarker> {
  try {
    const output = outputIn(of('output'))
    if ('odd' in output) return output
    const files = listIn<DoneMarker['files'][number]>('files', of('files'), file, markerLimits.files)
    if ('odd' in files) return files
    const metrics = listIn<DoneMarker['metrics'][number]>('metrics', of('metrics'), metric, markerLimits.metrics)
    if ('odd' in metrics) return metrics
    return { value: { ...short, output: output.value, files: files.value, metrics: metrics.value } }
  } catch {
    return { odd: notJson }
  }
}

/** A runner's has as many bytes as its canonical JSON has. */
function outputIn(bytes: Uint8Array): Foreign<Json> {
  if (bytes.length > outputLimit) return { odd: `its output has more than ${outputLimit} bytes` }
  const read = foreignJson(bytes, markerLimits.values)
  if ('odd' in read) return read
  const problem = notOurs(read.json)
  return problem === undefined ? { value: read.json } : { odd: problem }
}

function listIn<T>(name: string, bytes: Uint8Array, item: Shape, most: number): Foreign<readonly T[]> {
  if (jsonKind(bytes) !== 'list') return { odd: wrong([name], 'is not a list') }
  const found: T[] = []
  for (const some of batches(bytes))
    for (const one of some) {
      const path = [name, found.length]
      if (found.length === most) return { odd: wrong([name], `holds more than ${most}`) }
      const problem = one === tooLong ? wrong(path, `has more than ${shortBytes} bytes`) : item(one, path)
      if (problem !== undefined) return { odd: problem }
      found.push(one as T)
    }
  return { value: found }
}

const tooLong = Symbol('too long')

/** The things in a list, parsed some at once: one by one takes ten times as long. */
function* batches(bytes: Uint8Array): Generator<readonly (Json | typeof tooLong)[]> {
  let from = 0
  let to = 0
  const take = () => jsonOf(Buffer.concat([opens, bytes.subarray(from, to), closes])) as Json[]
  for (const { value } of jsonParts(bytes)) {
    const start = value.byteOffset - bytes.byteOffset
    const end = start + value.length
    if (to > from && end - from > shortBytes) {
      yield take()
      from = to
    }
    if (value.length > shortBytes) return yield [tooLong]
    if (to === from) from = start
    to = end
  }
  if (to > from) yield take()
}

const [opens, closes] = [Buffer.from('['), Buffer.from(']')]

/** A text of JSON can say what no value of ours may be: 1e999, half a character. */
function notOurs(value: Json): string | undefined {
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
