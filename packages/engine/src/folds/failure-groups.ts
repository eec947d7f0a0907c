import { type Diagnostic, type Event, type EventName, type Json, showNode } from '@millrace/ir'
import { compareIndexes } from './compare-indexes.ts'
import { inputOfFailed } from './failed-input.ts'

/** A call that failed. */
interface Failed {
  readonly node: string
  readonly index: readonly number[] | undefined
  readonly log: string
  readonly input: Json | undefined
}

/** A call in a map that failed. */
export interface FailedCall {
  /** `fold[3]` */
  readonly name: string
  /** What it was given, where that is known. */
  readonly input: Json | undefined
}

/** What is told once: a diagnostic, the calls that it is true of, and the end of the first one's log. */
export interface FailureGroup {
  readonly diagnostic: Diagnostic
  /** Calls in maps, by their indexes; none where the diagnostic names the call. */
  readonly calls: readonly FailedCall[]
  /** How many calls of the stage have ended, these among them. */
  readonly of: number
  /** The call that failed first: the diagnostic and the log are its own. */
  readonly first: string
  /** Whether their messages differ in numbers. */
  readonly alike: boolean
  readonly log: string
  /** More calls of the stage that failed otherwise, of whose causes nothing is told. */
  readonly more: readonly string[]
}

/** With more causes of a stage, those that differ in numbers alone become one; no more than `most` are told. */
const apart = 5
const most = 10

const ends: ReadonlySet<string> = new Set<EventName>([
  'stage.succeeded',
  'stage.cached',
  'stage.skipped',
  'stage.failed',
  'stage.cancelled',
])

/** Which calls of a run failed, so that a cause that many calls share is told once: a fold over its events. */
export class Failures {
  readonly #calls = new Map<string, Failed[]>()
  /** By node. */
  readonly #ended = new Map<string, number>()

  follow(event: Event): void {
    if (ends.has(event.event) && 'node' in event) this.#ended.set(event.node, (this.#ended.get(event.node) ?? 0) + 1)
    if (event.event !== 'stage.failed') return
    const key = JSON.stringify(event.cause)
    const calls = this.#calls.get(key)
    const { node, index, cause, log } = event
    const failed = { node, index, log: calls ? '' : log, input: inputOfFailed(cause) }
    if (calls) calls.push(failed)
    else this.#calls.set(key, [failed])
  }

  /** The errors of the run's end, each with its calls; equal causes of one stage are one. */
  group(errors: readonly Diagnostic[]): FailureGroup[] {
    const byNode = new Map<string, Map<string, Group>>()
    const taken = new Map<string, number>()
    for (const [i, diagnostic] of errors.entries()) {
      const key = JSON.stringify(diagnostic)
      const at = taken.get(key) ?? 0
      taken.set(key, at + 1)
      const call = this.#calls.get(key)?.[at]
      const node = call?.node ?? `:${i}`
      const causes = [causeOf(diagnostic), causeOf(diagnostic, call?.index)]
      const groups = byNode.get(node) ?? new Map<string, Group>()
      byNode.set(node, groups)
      const known = causes.map((cause) => groups.get(cause)).find((group) => group !== undefined)
      const group = known ?? { diagnostic, calls: [], alike: false }
      group.calls.push(call)
      for (const cause of causes) groups.set(cause, group)
    }
    return [...byNode].flatMap(([node, groups]) => toldOf([...new Set(groups.values())], this.#ended.get(node) ?? 0))
  }
}

interface Group {
  readonly diagnostic: Diagnostic
  readonly calls: (Failed | undefined)[]
  alike: boolean
}

/** What makes two failures of one stage the same; with an index all but the call's own numbers. */
function causeOf({ code, message, at, stack }: Diagnostic, index?: readonly number[]): string {
  const own = new Set(index?.map(String))
  const text = own.size === 0 ? message : message.replace(/\d+/g, (digits) => (own.has(digits) ? '#' : digits))
  return JSON.stringify([code, at.file, at.line, at.column, at.path, stack?.[0], text])
}

function toldOf(groups: readonly Group[], of: number): FailureGroup[] {
  const chosen = groups.length > apart ? alike(groups) : groups
  const shown = chosen.slice(0, most)
  const more = chosen.slice(most).flatMap(({ calls }) => calls.map(nameOf))
  return shown.map(({ diagnostic, calls, alike }, i) => ({
    diagnostic,
    calls: calls.some((call) => call?.index)
      ? calls.toSorted((a, b) => compareIndexes(a?.index, b?.index)).map(failedCall)
      : [],
    of,
    first: nameOf(calls[0]),
    alike,
    log: calls[0]?.log ?? '',
    more: i === shown.length - 1 ? more : [],
  }))
}

/** Those that differ in numbers alone become one. */
function alike(groups: readonly Group[]): Group[] {
  const out = new Map<string, Group>()
  for (const { diagnostic, calls } of groups) {
    const { code, message, at, stack } = diagnostic
    const key = JSON.stringify([code, at.file, at.line, at.column, stack?.[0], message.replace(/\d+/g, '#')])
    const group = out.get(key)
    if (group) {
      group.calls.push(...calls)
      group.alike = true
    } else out.set(key, { diagnostic, calls: [...calls], alike: false })
  }
  return [...out.values()]
}

const nameOf = (call: Failed | undefined): string => (call ? showNode(call.node, call.index) : '')

const failedCall = (call: Failed | undefined): FailedCall => ({ name: nameOf(call), input: call?.input })
