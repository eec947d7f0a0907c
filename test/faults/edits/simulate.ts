import type { Knobs } from './knobs.ts'

export type Value = number | string | readonly number[]

/** What a call's input is wired to. */
export type Wire =
  | { readonly value: Value }
  | { readonly parameter: 'list' | 'more' | 'data' }
  | { readonly call: Call }
  | { readonly items: readonly Call[] }
  | { readonly item: Value }

/** One call of the program, with what it gives. */
export interface Call {
  readonly node: string
  /** Of the item of the map. */
  readonly index?: number
  /** Its name before all edits. */
  readonly stage: string
  readonly wires: Readonly<Record<string, Wire>>
  readonly input: Readonly<Record<string, Value>>
  readonly output: Value
  /** The condition that skips it. */
  readonly skipped?: string
  /** Calls that it waits for without reading them. */
  readonly waits: readonly Call[]
  /** The equal call that is made in its place. */
  readonly merged?: Call
}

const functions: Readonly<Record<string, (input: Readonly<Record<string, Value>>, k: Knobs) => Value>> = {
  scale: ({ n }, k) => (n as number) * k.by + k.plus,
  tally: ({ ns, more }, k) =>
    (ns as readonly number[]).reduce((sum, n) => sum + n + k.each, k.start) + (more as number) + k.limit,
  parity: ({ n }, k) => ((n as number) + k.odd) % 2,
  label: ({ n }, k) => `${k.words} ${n} ${k.level} ${k.mode}`,
  tables: ({ n, step }, k) => (n as number) + ((step as number | undefined) ?? k.step) + k.tables,
  packed: ({ n }, k) => (n as number) + k.rounded + k.shifted,
  late: ({ n }, k) => (n as number) + k.later,
  made: ({ n }, k) => (n as number) * k.times + k.offset,
  read: ({ of }) => (of as string).trim().length,
  write: ({ n }) => 'x'.repeat(n as number),
  count: ({ of }) => (of as string).length,
  extra: ({ n }) => (n as number) + 1,
}

export interface Simulated {
  readonly calls: readonly Call[]
  readonly output: Readonly<Record<string, Value>>
}

/** What the program does, told without it: its calls, each after those that it reads, and its output. */
export function simulate(k: Knobs): Simulated {
  const calls: Call[] = []
  const numbers = new Map<string, number>()
  const newId = (name: string): string => {
    const number = (numbers.get(name) ?? 0) + 1
    numbers.set(name, number)
    return number === 1 ? name : `${name}.${number}`
  }
  const given = (wire: Wire): Value => {
    if ('value' in wire) return wire.value
    if ('item' in wire) return wire.item
    if ('parameter' in wire) return k[wire.parameter]
    return 'call' in wire ? wire.call.output : wire.items.map(({ output }) => output as number)
  }
  const call = (stage: string, wires: Call['wires'], more: Partial<Call> & { readonly name?: string } = {}): Call => {
    const { name = stage, node = newId(name), ...rest } = more
    const input = Object.fromEntries(Object.entries(wires).map(([field, wire]) => [field, given(wire)]))
    const output = (functions[stage] as (typeof functions)[string])(input, k)
    const merged = rest.index === undefined && !k.uncached.includes(stage) ? twinOf(calls, stage, wires) : undefined
    const made = { node, stage, wires, input, output, waits: [], ...rest, ...(merged ? { merged } : {}) }
    calls.push(made)
    return made
  }

  const scaleId = newId('scale')
  const scaled = k.list.map((n, index) => call('scale', { n: { item: n } }, { node: scaleId, index }))
  const sum = call('tally', { ns: { items: scaled }, more: { parameter: 'more' } })
  const odd = call('parity', { n: { call: sum } })
  const text = call('label', { n: { call: k.chained ? call('extra', { n: { call: odd } }) : odd } })
  const listed = call('tables', {
    n: k.tablesFrom === 'parity' ? { call: odd } : { value: 1 },
    ...(k.tablesFrom === 'step' ? { step: { value: 0 } } : {}),
  })
  const kept = k.kept
    ? call('packed', { n: { value: 3 } }, { name: k.wrapped ? `inner/${k.packed}` : k.packed })
    : undefined
  const later = call('late', { n: { value: 4 } }, k.after ? { waits: [odd] } : {})
  if (k.inserted) call('made', { n: { value: 9 } })
  const tripled = call('made', { n: { value: k.made } })
  if (k.twin) call('made', { n: { value: 5 } })
  const size = call('read', { of: { parameter: 'data' } })
  const written = call('write', { n: { call: size } })
  const counted = call('count', { of: { call: written } })
  const isBig = (sum.output as number) > k.threshold
  const skipped = isBig ? {} : { skipped: `tally.n > ${k.threshold} is false` }
  const big = call('extra', { n: { value: 7 } }, { waits: [sum], ...skipped })
  const output = {
    [k.total]: sum.output,
    text: text.output,
    listed: listed.output,
    ...(kept ? { kept: kept.output } : {}),
    later: later.output,
    tripled: tripled.output,
    counted: counted.output,
    big: isBig ? big.output : 0,
  }
  return { calls, output }
}

/** How a wire is written in the program. */
export const wireText = (wire: Wire): string => {
  if ('call' in wire) return `call ${wire.call.node}`
  if ('items' in wire) return 'map'
  if ('item' in wire) return 'item'
  return JSON.stringify(wire)
}

const wiringOf = (wires: Call['wires']): string =>
  JSON.stringify(Object.entries(wires).map(([field, wire]) => [field, wireText(wire)]))

const twinOf = (calls: readonly Call[], stage: string, wires: Call['wires']): Call | undefined =>
  calls.find(
    (other) =>
      other.stage === stage &&
      other.index === undefined &&
      other.skipped === undefined &&
      wiringOf(other.wires) === wiringOf(wires),
  )
