import { type Diagnostic, type Event, showNode } from '@millrace/ir'

/** A call that failed. */
interface Failed {
  readonly node: string
  readonly index: readonly number[] | undefined
  readonly log: string
}

/** What is told once: a diagnostic, the calls that it is true of, and the end of the first one's log. */
export interface FailureGroup {
  readonly diagnostic: Diagnostic
  /** Names of calls in maps; none where the diagnostic names the call. */
  readonly calls: readonly string[]
  /** Whether the others' messages differ in their numbers. */
  readonly alike: boolean
  readonly log: string
  /** More calls of the stage that failed otherwise, of whose causes nothing is told. */
  readonly more: readonly string[]
}

/** With more causes of a stage, those that differ in numbers alone become one; no more than `most` are told. */
const apart = 5
const most = 10

/** Which calls of a run failed, so that a cause that many calls share is told once: a fold over its events. */
export class Failures {
  readonly #calls = new Map<string, Failed[]>()

  follow(event: Event): void {
    if (event.event !== 'stage.failed') return
    const key = JSON.stringify(event.cause)
    const calls = this.#calls.get(key)
    const failed = { node: event.node, index: event.index, log: calls ? '' : event.log }
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
      const cause = causeOf(diagnostic, call?.index)
      const groups = byNode.get(node) ?? new Map<string, Group>()
      byNode.set(node, groups)
      const group = groups.get(cause)
      if (group) group.calls.push(call)
      else groups.set(cause, { diagnostic, calls: [call], alike: false })
    }
    return [...byNode.values()].flatMap((groups) => toldOf([...groups.values()]))
  }
}

interface Group {
  readonly diagnostic: Diagnostic
  readonly calls: (Failed | undefined)[]
  alike: boolean
}

/** What makes two failures of one stage the same: all but the call's own index. */
function causeOf({ code, message, at }: Diagnostic, index: readonly number[] | undefined): string {
  const own = new Set(index?.map(String))
  const text = own.size === 0 ? message : message.replace(/\d+/g, (digits) => (own.has(digits) ? '#' : digits))
  return JSON.stringify([code, at.file, at.line, at.column, at.path, text])
}

function toldOf(groups: readonly Group[]): FailureGroup[] {
  const chosen = groups.length > apart ? alike(groups) : groups
  const shown = chosen.slice(0, most)
  const more = chosen.slice(most).flatMap(({ calls }) => calls.map(nameOf))
  return shown.map(({ diagnostic, calls, alike }, i) => ({
    diagnostic,
    calls: calls.some((call) => call?.index) ? calls.map(nameOf) : [],
    alike,
    log: calls[0]?.log ?? '',
    more: i === shown.length - 1 ? more : [],
  }))
}

/** Those that differ in numbers alone become one. */
function alike(groups: readonly Group[]): Group[] {
  const out = new Map<string, Group>()
  for (const { diagnostic, calls } of groups) {
    const { message, at } = diagnostic
    const key = JSON.stringify([diagnostic.code, at.file, at.line, at.column, message.replace(/\d+/g, '#')])
    const group = out.get(key)
    if (group) {
      group.calls.push(...calls)
      group.alike = true
    } else out.set(key, { diagnostic, calls: [...calls], alike: false })
  }
  return [...out.values()]
}

const nameOf = (call: Failed | undefined): string => (call ? showNode(call.node, call.index) : '')
