import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { canonical, type Event, isArtifactValue, isObject, type Json } from '@millrace/ir'
import { problemsOf } from '../../conformance/events.ts'
import { holds, same } from '../campaign.ts'
import type { Meaning } from './interpret.ts'
import { FileOf, FolderOf, type Value } from './perform.ts'
import { callsUnder, isUncached, type Program } from './program.ts'

/** What a run told. */
export interface Told {
  readonly way: string
  readonly events: readonly Event[]
}

type StageEvent = Extract<Event, { node: string }>

const callOf = ({ node, index = [] }: StageEvent): string => node + index.map((i) => `[${i}]`).join('')
const endNames: { readonly [event: string]: string } = {
  'stage.succeeded': 'ok',
  'stage.cached': 'ok',
  'stage.failed': 'failed',
  'stage.skipped': 'skipped',
  'stage.not-run': 'not-run',
}

/** Reads what runs of one program told, against what the program means. */
export class Check {
  readonly #meaning: Meaning
  /** Calls that must run in each run, by id. */
  readonly #uncached: ReadonlySet<string>

  constructor(program: Program, meaning: Meaning) {
    this.#meaning = meaning
    const calls = callsUnder(program, program.body)
    this.#uncached = new Set(calls.flatMap(({ id, call }) => (isUncached(call) ? [id] : [])))
  }

  /** A run that came to its end: status, output, bytes of artifacts, and each call with its end. */
  whole({ way, events }: Told): void {
    same(`${way}: the events`, problemsOf(events), [])
    const { output, ends } = this.#meaning
    const last = finished(events)
    const status = output === undefined ? 'failed' : 'succeeded'
    same(`${way}: the status, with ${JSON.stringify(last.errors)}`, last.status, status)
    if (output !== undefined) same(`${way}: the output`, canonical(found(last.output)), canonical(expected(output)))
    same(`${way}: the calls that ended`, this.ends(events), ends)
    this.#once({ way, events })
  }

  /** A run that was stopped: what it told of calls that ended is what must be told of them. */
  part({ way, events }: Told): void {
    same(`${way}: the events`, problemsOf(events), [])
    const known = new Set(this.#meaning.ends)
    const wrong = this.ends(events).filter((end) => !known.has(end))
    same(`${way}: the calls that ended`, wrong, [])
    this.#once({ way, events })
  }

  /** Whether a call must run in each run. */
  runsAlways(call: string): boolean {
    return this.#uncached.has(call.replace(/\[.*$/, ''))
  }

  ends(events: readonly Event[]): string[] {
    return stageEvents(events)
      .flatMap((at) => (endNames[at.event] ? [`${callOf(at)} ${endNames[at.event]}`] : []))
      .sort()
  }

  /** Keys that were committed, of calls that may be cached. */
  committed(events: readonly Event[]): string[] {
    const keys = keysOf(events)
    return stageEvents(events).flatMap((at) =>
      at.event === 'stage.succeeded' && !this.#uncached.has(at.node) ? [keys.get(callOf(at)) as string] : [],
    )
  }

  /** Calls that ran though they may not be cached, by what they gave: calls that are equal but for this may swap. */
  effects(events: readonly Event[], ...names: readonly string[]): string[] {
    return stageEvents(events)
      .flatMap((at) => {
        if (!names.includes(at.event) || !this.#uncached.has(at.node) || !('output' in at)) return []
        const stage = (at.node.split('/').at(-1) as string).replace(/\.\d+$/, '')
        return [`${stage} ${canonical(found(at.output, false))}`]
      })
      .sort()
  }

  /** From the cache: what runs may not be cached, or failed. */
  again({ way, events }: Told, before: 'succeeded' | 'failed'): void {
    const ends = new Set(this.#meaning.ends)
    const wrong = stageEvents(events).flatMap((at) => {
      if (at.event !== 'stage.started' || ends.has(`${callOf(at)} failed`)) return []
      return before === 'succeeded' && this.#uncached.has(at.node) ? [] : [callOf(at)]
    })
    same(`${way}: calls that ran again`, wrong, [])
    if (before === 'succeeded') same(`${way}: calls that may not be cached`, this.effects(events, 'stage.cached'), [])
  }

  /** Within one run a key is committed once, and all of its calls tell the same. */
  #once(told: Told): void {
    const committed = this.committed(told.events)
    const twice = committed.filter((key, i) => committed.indexOf(key) !== i)
    same(`${told.way}: keys that were committed twice`, twice, [])
    holds(`${told.way}: a call that succeeded told no key`, !committed.includes(undefined as never))
  }
}

const stageEvents = (events: readonly Event[]): StageEvent[] => events.filter((at): at is StageEvent => 'node' in at)

/** The number that each stage tells, which its key alone decides, by call. */
export const keysOf = (events: readonly Event[]): Map<string, string> =>
  new Map(
    stageEvents(events).flatMap((at) =>
      at.event === 'metric' && at.name === 'seed' ? [[callOf(at), `${at.value}`] as const] : [],
    ),
  )

export const finished = (events: readonly Event[]) => events.at(-1) as Extract<Event, { event: 'run.finished' }>
export const started = (events: readonly Event[]) => events[0] as Extract<Event, { event: 'run.started' }>

/** A value as JSON, artifacts by what they hold. */
function expected(value: Value): Json {
  if (value instanceof FileOf || value instanceof FolderOf) return { digest: value.digest, size: value.size }
  if (Array.isArray(value)) return value.map(expected)
  if (!isObject(value)) return value as Json
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expected(item as Value)]))
}

/** An output, artifacts by what lies at their paths. */
function found(value: Json, read = true): Json {
  if (isArtifactValue(value)) return read ? artifactAt(value) : { digest: value.digest, size: value.size }
  if (Array.isArray(value)) return value.map((item: Json) => found(item, read))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, found(item as Json, read)]))
}

function artifactAt({ path, digest, size }: { path: string; digest: string; size: number }): Json {
  const at = statSync(path).isDirectory() ? folderAt(path) : new FileOf(readFileSync(path, 'utf8'))
  same(`the bytes at ${path}`, [at.digest, at.size], [digest, size])
  return { digest, size }
}

function folderAt(root: string): FolderOf {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new FolderOf(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const executable = (statSync(path).mode & 0o100) > 0
      return { path: relative(root, path), text: readFileSync(path, 'utf8'), executable }
    }),
  )
}
