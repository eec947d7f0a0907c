import { stage } from 'millrace'
import { z } from 'zod'

export const echo = stage('echo', {
  input: z.object({ value: z.unknown() }),
  output: z.object({ value: z.unknown() }),
  run: ({ value }) => ({ value }),
})

export const double = stage('double', {
  input: z.object({ n: z.number() }),
  output: z.object({ n: z.number() }),
  run: ({ n }) => ({ n: 2 * n }),
})

export const sum = stage('sum', {
  input: z.object({ of: z.array(z.number()) }),
  output: z.object({ total: z.number() }),
  run: ({ of }) => ({ total: of.reduce((a, b) => a + b, 0) }),
})

/** The numbers below `n`. */
export const upTo = stage('up-to', {
  input: z.object({ n: z.int() }),
  output: z.object({ list: z.array(z.int()) }),
  run: ({ n }) => ({ list: Array.from({ length: n }, (_, i) => i) }),
})

/** Changes what it was given, down to the ground. */
export const spoil = stage('spoil', {
  input: z.object({ value: z.unknown(), list: z.array(z.unknown()), record: z.record(z.string(), z.unknown()) }),
  output: z.object({ before: z.string() }),
  run: (input) => {
    const before = JSON.stringify([input.value, input.list, input.record])
    const open: unknown[] = [input.value, input.list, input.record]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (typeof at !== 'object' || at === null) continue
      open.push(...Object.values(at))
      if (Array.isArray(at)) at.length = 0
      else for (const key of Object.keys(at)) delete (at as Record<string, unknown>)[key]
    }
    return { before }
  },
})

export const make = stage('make', {
  input: z.object({}),
  output: z.object({
    value: z.unknown(),
    list: z.array(z.unknown()),
    record: z.record(z.string(), z.unknown()),
  }),
  run: () => ({ value: { a: [1, { b: 2 }] }, list: [[1], { c: 3 }], record: { d: { e: [4] } } }),
})

/** Gives what JSON can't carry. */
export const odd = stage('odd', {
  input: z.object({ what: z.string() }),
  output: z.object({ value: z.unknown() }),
  run: ({ what }) => ({ value: oddities[what]?.() }),
})

const oddities: { readonly [what: string]: () => unknown } = {
  nan: () => Number.NaN,
  infinity: () => Number.POSITIVE_INFINITY,
  date: () => new Date(0),
  map: () => new Map(),
  function: () => () => 1,
  bigint: () => 1n,
  hole: () => [1, undefined],
  surrogate: () => 'a\ud800',
  integer: () => 2 ** 53,
  circle: () => {
    const circle: Record<string, unknown> = {}
    circle.itself = circle
    return circle
  },
  deep: () => {
    let deep: unknown = 1
    for (let i = 0; i < 600; i++) deep = [deep]
    return deep
  },
  large: () => 'x'.repeat(1024 * 1024),
}
