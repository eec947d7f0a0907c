import { createHash } from 'node:crypto'
import type { Kind } from './kind.ts'
import type { Knobs } from './knobs.ts'
import { type Call, type Simulated, simulate, type Value, type Wire, wireText } from './simulate.ts'

/** The program as some edits have made it. */
export interface State extends Simulated {
  readonly kinds: ReadonlySet<Kind>
  readonly knobs: Knobs
}

/** What a run must do, and what the plan before it must say. */
export interface Expected {
  /** `succeeded tally`, `cached scale[0]`, `skipped extra`. */
  readonly events: readonly string[]
  readonly ran: readonly string[]
  /** Rows as `plan` prints them, sorted. */
  readonly rows: readonly string[]
  readonly summary: string
}

/** Results by key, with the number of the run that made each. */
export type Results = Map<string, number>

export const newState = (kinds: readonly Kind[], knobs: Knobs): State => ({
  kinds: new Set(kinds),
  knobs,
  ...simulate(knobs),
})

const show = ({ node, index }: Call): string => (index === undefined ? node : `${node}[${index}]`)

/** The edits that a stage's code has seen. */
const versionOf = ({ kinds }: State, stage: string): string =>
  [...kinds]
    .filter(({ code }) => code?.[stage])
    .map(({ name }) => name)
    .sort()
    .join(', ')

const envOf = ({ knobs }: State, stage: string): Readonly<Record<string, string>> =>
  stage === 'label' ? { LEVEL: knobs.level, MODE: knobs.mode, ...knobs.env } : {}

const keyOf = (state: State, { stage, input }: Call): string =>
  JSON.stringify([stage, versionOf(state, stage), envOf(state, stage), input])

/** Tells what a run must do from what is in the store, and adds to it what the run makes. */
export function expectRun(state: State, results: Results, run: number): Pick<Expected, 'events' | 'ran'> {
  const events: string[] = []
  const ran: string[] = []
  for (const call of state.calls) {
    const key = keyOf(state, call)
    const kept = !state.knobs.uncached.includes(call.stage)
    const name = show(call)
    if (call.skipped) events.push(`skipped ${name}`)
    else if (call.merged || (kept && results.has(key))) events.push(`cached ${name}`)
    else {
      events.push(`succeeded ${name}`)
      ran.push(name)
      if (kept) results.set(key, run)
    }
  }
  return { events: events.sort(), ran: ran.sort() }
}

interface Look {
  readonly call: Call
  readonly is: 'hit' | 'miss' | 'unknown' | 'skipped'
  /** The call that an unknown one waits for. */
  readonly because?: string
}

/** What `plan` must print. @param history earlier states, newest first */
export function expectPlan(
  state: State,
  history: readonly State[],
  results: Results,
): Pick<Expected, 'rows' | 'summary'> {
  const looks = lookAt(state, results)
  const earlier = history.filter(({ knobs }) => knobs.pipeline === state.knobs.pipeline)
  const rows: (readonly [node: string, action: string, cause: string])[] = []
  for (const node of new Set(state.calls.map((call) => call.node))) {
    const own = state.calls.filter((call) => call.node === node)
    const first = own[0]?.merged
    const [action, cause] = rowOf(first ? state.calls.filter((call) => call === first) : own, state, {
      looks,
      earlier,
      results,
    })
    rows.push([node, action, first ? `equal to ${first.node}` : cause])
  }
  const width = Math.max(4, ...rows.map(([node]) => node.length))
  const count = (wanted: string): number => rows.filter(([, action]) => action === wanted).length
  return {
    rows: rows.map(([node, action, cause]) => `${node.padEnd(width)}  ${action.padEnd(7)}  ${cause}`).sort(),
    summary: `${count('run')} to run, ${count('cached')} cached, ${count('waits')} to see, ${count('skipped')} skipped\n`,
  }
}

function lookAt(state: State, results: Results): ReadonlyMap<Call, Look> {
  const looks = new Map<Call, Look>()
  const missed = new Map<string, string>()
  for (const call of state.calls) {
    const blocked = [...Object.values(call.wires).flatMap(readBy), ...call.waits]
      .map((read) => looks.get(read) as Look)
      .find(({ is }) => is === 'miss' || is === 'unknown')
    const key = keyOf(state, call)
    const kept = !state.knobs.uncached.includes(call.stage)
    if (blocked)
      looks.set(call, {
        call,
        is: 'unknown',
        because: blocked.is === 'miss' ? blocked.call.node : (blocked.because ?? ''),
      })
    else if (call.skipped) looks.set(call, { call, is: 'skipped' })
    else if (call.merged) looks.set(call, looks.get(call.merged) as Look)
    else if (kept && results.has(key)) looks.set(call, { call, is: 'hit' })
    else if (kept && missed.has(key)) looks.set(call, { call, is: 'unknown', because: missed.get(key) as string })
    else {
      looks.set(call, { call, is: 'miss' })
      if (kept) missed.set(key, call.node)
    }
  }
  return looks
}

const readBy = (wire: Wire): readonly Call[] => ('call' in wire ? [wire.call] : 'items' in wire ? wire.items : [])

interface Around {
  readonly looks: ReadonlyMap<Call, Look>
  readonly earlier: readonly State[]
  readonly results: Results
}

function rowOf(calls: readonly Call[], state: State, around: Around): readonly [action: string, cause: string] {
  const looks = calls.map((call) => around.looks.get(call) as Look)
  const missed = looks.filter(({ is }) => is === 'miss')
  if (missed[0]) {
    const { call } = missed[0]
    if (state.knobs.uncached.includes(call.stage)) return ['run', 'cache: false, so it runs in every run']
    const of = calls.length > 1 ? `${missed.length} of ${calls.length}: ` : ''
    return ['run', of + causesOf(call, state, around).join('; ')]
  }
  const waits = looks.filter(({ is }) => is === 'unknown').map(({ because }) => because)
  if (waits.length > 0) return ['waits', `for ${[...new Set(waits)].join(', ')}`]
  const hits = looks.filter(({ is }) => is === 'hit').map(({ call }) => around.results.get(keyOf(state, call)))
  if (hits.length > 0) return ['cached', `from ${[...new Set(hits)].map(() => '<run>').join(', ')}`]
  return ['skipped', calls[0]?.skipped ?? '']
}

function causesOf(call: Call, state: State, around: Around): readonly string[] {
  for (const [back, before] of around.earlier.entries()) {
    const old = before.calls.find(({ node }) => node === call.node)
    const causes = old ? changes(call, state, { old, before, around }) : []
    if (causes.length > 0) return causes
    const same = before.calls.find(({ node, index }) => node === call.node && index === call.index)
    if (same?.skipped) return [`it was skipped: ${same.skipped}`]
    if (same) return ['its result is not in the store']
    if (back === 0 && !old) return ['it is new']
  }
  return ['it never ran']
}

interface Earlier {
  readonly old: Call
  readonly before: State
  readonly around: Around
}

function changes(call: Call, state: State, { old, before, around }: Earlier): string[] {
  const causes: string[] = []
  const { stage } = call
  if (versionOf(state, stage) !== versionOf(before, stage)) {
    const toggled = [...state.kinds, ...before.kinds].filter(
      (kind) => !state.kinds.has(kind) || !before.kinds.has(kind),
    )
    const files = [...new Set(toggled.flatMap(({ code }) => code?.[stage] ?? []))].sort()
    causes.push(`code changed: ${files.slice(0, 4).join(', ')}${files.length > 4 ? ', …' : ''}`)
  }
  const [now, then] = [envOf(state, stage), envOf(before, stage)]
  for (const name of new Set([...Object.keys(now), ...Object.keys(then)].sort()))
    if (now[name] !== then[name]) causes.push(`env ${name} changed`)
  for (const field of new Set([...Object.keys(call.wires), ...Object.keys(old.wires)].sort()))
    causes.push(...fieldChanges(field, call, { old, before, around }, state))
  return causes
}

function fieldChanges(field: string, call: Call, { old, before, around }: Earlier, state: State): string[] {
  const [now, then] = [call.wires[field], old.wires[field]]
  if (!now) return [`input "${field}" is no longer given`]
  if (!then) return [`input "${field}" is new`]
  if (wireText(now) !== wireText(then))
    return 'value' in now && 'value' in then
      ? [`input "${field}" changed: ${JSON.stringify(then.value)} → ${JSON.stringify(now.value)}`]
      : [`input "${field}" is wired otherwise`]
  const causes: string[] = []
  const parameter = 'parameter' in now ? now.parameter : 'item' in now || 'items' in now ? 'list' : undefined
  if (parameter && JSON.stringify(state.knobs[parameter]) !== JSON.stringify(before.knobs[parameter]))
    causes.push(`parameter "${parameter}" changed: ${text(parameter, before)} → ${text(parameter, state)}`)
  const node = readBy(now)[0]?.node
  if (node !== undefined && gaveAnother(node, state, before, around))
    causes.push(`input "${field}": "${node}" gave another result`)
  return causes
}

const gaveAnother = (node: string, state: State, before: State, { looks }: Around): boolean =>
  state.calls
    .filter((call) => call.node === node)
    .some((call) => {
      const then = before.calls.find((old) => old.node === node && old.index === call.index)
      const is = looks.get(call)?.is
      return is !== 'hit' || !then || then.skipped !== undefined || then.output !== call.output
    })

function text(parameter: 'list' | 'more' | 'data', { knobs }: State): string {
  const value: Value = knobs[parameter]
  if (parameter !== 'data') return JSON.stringify(value)
  return `sha256:${createHash('sha256')
    .update(value as string)
    .digest('hex')
    .slice(0, 8)}…`
}
