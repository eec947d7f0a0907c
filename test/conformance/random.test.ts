import type { Event } from '@millrace/ir'
import type { Value } from '@millrace/sdk'
import { is, map, pipeline, when } from 'millrace'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { told } from './events.ts'
import { localPlace } from './local.ts'
import { calc, fold, range, unlucky } from './stages/random.ts'

/** A random program: an expression that gives a number, or a list of numbers. */
type N =
  | { t: 'literal'; n: number }
  | { t: 'variable'; up: number }
  | { t: 'calc'; a: N; b: N; c?: { if: N; then: N } }
  | { t: 'fold'; of: L }
  | { t: 'when'; if: N; least: number; then: N; else: N }
  | { t: 'inner'; a: N; b: N }
type L =
  | { t: 'list'; items: N[] }
  | { t: 'range'; n: N }
  | { t: 'map'; of: L; body: N; allow: boolean; index: boolean; concurrency: number }

/** The same expression for the same seed. */
function generate(seed: number): N {
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const pick = <T>(...makers: (() => T)[]): T => (makers[random(makers.length)] as () => T)()
  const leaf = (): N =>
    pick<N>(
      () => ({ t: 'literal', n: random(15) - 5 }),
      () => ({ t: 'variable', up: random(4) }),
    )
  const n = (depth: number): N => {
    if (depth === 0) return leaf()
    const [less, lessList] = [() => n(depth - 1), () => l(depth - 1)]
    return pick<N>(
      leaf,
      () => ({ t: 'calc', a: less(), b: less() }),
      () => ({ t: 'calc', a: less(), b: less(), c: { if: less(), then: less() } }),
      () => ({ t: 'fold', of: lessList() }),
      () => ({ t: 'fold', of: lessList() }),
      () => ({ t: 'when', if: less(), least: random(10), then: less(), else: less() }),
      () => ({ t: 'inner', a: less(), b: less() }),
    )
  }
  const l = (depth: number): L => {
    const items = (): L => ({ t: 'list', items: Array.from({ length: random(4) }, () => n(Math.max(0, depth - 1))) })
    if (depth === 0) return items()
    const over = (): L => {
      const of = l(depth - 1)
      // a null that a map forgave would be refused where a number is needed, which is not what this is about
      if (of.t === 'map' && of.allow) return of
      const [allow, index] = [random(2) === 0, random(3) === 0]
      return { t: 'map', of, body: n(depth - 1), allow, index, concurrency: 1 + random(3) }
    }
    return pick<L>(items, () => ({ t: 'range', n: n(depth - 1) }), over, over)
  }
  return n(5)
}

type Ref = Value<number>
const calls = (a: Ref | number, b: Ref | number) => calc({ a: calc({ a, b }).n, b: 1 }).n
const inner = pipeline('inner', {
  input: z.object({ a: z.number(), b: z.number() }),
  build: ({ a, b }) => ({ n: calls(a, b) }),
})

/** The expression as an author would wire it. */
function wire(at: N, variables: readonly Ref[]): Ref {
  const n = (of: N) => wire(of, variables)
  const list = (of: L): Value<number[]> => {
    if (of.t === 'list') return map(of.items.map(n) as never as number[], (item) => item)
    if (of.t === 'range') return range({ n: n(of.n) }).list
    const { allow, concurrency } = of
    const body = (item: Ref, index: Ref) => wire(of.body, [of.index ? index : item, ...variables])
    const out = allow
      ? map(list(of.of), body, { concurrency, failures: 'allow' })
      : map(list(of.of), body, { concurrency })
    return out as Value<number[]>
  }
  switch (at.t) {
    case 'literal':
      return at.n as never
    case 'variable':
      return variables[at.up % variables.length] as Ref
    case 'calc': {
      const { a, b, c } = at
      const maybe = c && when(is(calc({ a: n(c.if), b: 0 }).n, '>', 4), () => n(c.then))
      return calc({ a: n(a), b: n(b), c: maybe as never, d: maybe as never }).n
    }
    case 'fold':
      return fold({ of: list(at.of) }).n
    case 'when':
      return when(
        is(calc({ a: n(at.if), b: 0 }).n, '>=', at.least),
        () => n(at.then),
        () => n(at.else),
      )
    case 'inner':
      return inner({ a: n(at.a), b: n(at.b) }).n
  }
}

class Failed extends Error {}

/** What the expression is, without Millrace. */
function value(at: N, variables: readonly number[]): number {
  const n = (of: N) => value(of, variables)
  const calculate = (a: number, b: number, c = 3, d = 0) => {
    const sum = a + b * 2 + c + d
    if (unlucky(sum)) throw new Failed()
    return sum
  }
  const list = (of: L): (number | null)[] => {
    if (of.t === 'list') return of.items.map(n)
    if (of.t === 'range') {
      const from = n(of.n)
      return Array.from({ length: Math.abs(from) % 4 }, (_, i) => from + i)
    }
    return list(of.of).map((item, i) => {
      try {
        return value(of.body, [of.index ? i : (item as number), ...variables])
      } catch (error) {
        if (error instanceof Failed && of.allow) return null
        throw error
      }
    })
  }
  switch (at.t) {
    case 'literal':
      return at.n
    case 'variable':
      return variables[at.up % variables.length] as number
    case 'calc': {
      const [a, b] = [n(at.a), n(at.b)]
      const maybe = at.c && calculate(n(at.c.if), 0) > 4 ? n(at.c.then) : undefined
      return calculate(a, b, maybe, maybe)
    }
    case 'fold':
      return list(at.of).reduce<number>((sum, n, i) => sum + (n ?? -1) * (i + 1), 0)
    case 'when':
      return calculate(n(at.if), 0) >= at.least ? n(at.then) : n(at.else)
    case 'inner':
      return calculate(calculate(n(at.a), n(at.b)), 1)
  }
}

test('random programs give what they say, with one job and with many, and again from the cache', {
  timeout: 600_000,
}, async () => {
  const [one, many] = [localPlace({ jobs: 1 }), localPlace()]
  onTestFinished(() => {
    for (const place of [one, many]) place.close()
  })
  const ends = (run: { readonly events: readonly Event[] }) =>
    told(run.events)
      .filter((line) => !line.endsWith('started'))
      // equal calls: which of them is the first may differ
      .map((line) => line.replace(/succeeded$/, 'cached'))
      .toSorted()
  const statuses = new Set<string>()
  for (let seed = 1; seed <= Number(process.env.SEEDS ?? 40); seed++) {
    const at = generate(seed)
    const random = pipeline('random', { input: z.object({ n: z.number() }), build: ({ n }) => ({ n: wire(at, [n]) }) })
    const n = seed % 7
    let expected: number | undefined
    try {
      expected = value(at, [n])
    } catch (error) {
      if (!(error instanceof Failed)) throw error
    }
    const first = await one.run(random, { n }, { fresh: true })
    const runs = [first, await many.run(random, { n }), await one.run(random, { n })]
    for (const run of runs) {
      const status = expected === undefined ? 'failed' : 'succeeded'
      statuses.add(status)
      expect([seed, run.status, run.output?.n], JSON.stringify(at)).toEqual([seed, status, expected])
      expect([seed, ...ends(run)]).toEqual([seed, ...ends(first)])
    }
  }
  expect(statuses.size).toBe(2)
})
