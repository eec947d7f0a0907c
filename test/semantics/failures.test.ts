import type { Event } from '@millrace/ir'
import { is, map, pipeline, when } from 'millrace'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Ended } from '../conformance/runtime.ts'
import { flaky } from '../conformance/stages/trouble.ts'
import { newPlace } from './place.ts'
import { add, bad, picky, total } from './stages.ts'

/** How each call ended, sorted: `add[1] not-run: bad`. */
const ends = ({ events }: { readonly events: readonly Event[] }): string[] =>
  events
    .flatMap((at) => {
      if (!('node' in at) || !at.event.startsWith('stage.') || at.event === 'stage.started') return []
      const because = 'because' in at ? `: ${at.because}` : ''
      return [`${at.node}${(at.index ?? []).map((i) => `[${i}]`).join('')} ${at.event.slice(6)}${because}`]
    })
    .toSorted()
const failedNodes = ({ errors }: Ended<unknown>) => errors.map(({ at }) => at.node)

describe('dependants of a failure are not-run, and say because of whom', () => {
  test('directly, through others, through a pipeline and in its output', async () => {
    const inner = pipeline('inner', {
      input: z.object({ n: z.number(), other: z.number() }),
      build: ({ n, other }) => ({ bad: add({ n }).n, good: add({ n: other }).n }),
    })
    const outer = pipeline('outer', {
      input: z.object({}),
      build: () => {
        const one = add({ n: bad({}).n })
        const { bad: two, good } = inner({ n: one.n, other: 1 })
        return { two, good: add({ n: good }).n }
      },
    })
    const run = await newPlace().run(outer, {})
    expect(ends(run)).toEqual([
      'add not-run: bad',
      'add.2 succeeded',
      'bad failed',
      'inner/add not-run: bad',
      'inner/add.2 succeeded',
    ])
    expect([run.status, run.output, failedNodes(run)]).toEqual(['failed', undefined, ['bad']])
  })

  test('the first failure in wiring order is named where there are several', async () => {
    const several = pipeline('several', {
      input: z.object({}),
      build: () => {
        const [a, b] = [bad({ text: 'a' }), bad({ text: 'b' })]
        return { out: total({ of: [a.n, b.n] }).n }
      },
    })
    const run = await newPlace({ jobs: 1 }).run(several, {})
    expect(ends(run)).toEqual(['bad failed', 'bad.2 failed', 'total not-run: bad'])
    expect(failedNodes(run)).toEqual(['bad', 'bad.2'])
  })

  test('calls in the body of a map or a when that can not begin', async () => {
    const bodies = pipeline('bodies', {
      input: z.object({}),
      build: () => {
        const { n } = bad({})
        const each = map([n, 2], (item) => map([item], (item) => add({ n: item }).n))
        const maybe = when(
          is(n, '>', 0),
          () => add({ n: 1 }).n,
          () => when(is(n, '<', 0), () => add({ n: 2 }).n),
        )
        return { each, maybe, read: total({ of: map([1], () => add({ n }).n) }).n }
      },
    })
    expect(ends(await newPlace().run(bodies, {}))).toEqual([
      'add not-run: bad',
      'add.2 not-run: bad',
      'add.3 not-run: bad',
      'add.4[0] not-run: bad',
      'bad failed',
      'total not-run: bad',
    ])
  })
})

test('equal calls that fail are tried once, and each is told', async () => {
  const equal = pipeline('equal', {
    input: z.object({ list: z.array(z.number()) }),
    build: ({ list }) => ({
      one: bad({ text: 'same' }).n,
      two: bad({ text: 'same' }).n,
      list: map(list, () => bad({ text: 'same' }).n),
      read: add({ n: bad({ text: 'same' }).n }).n,
    }),
  })
  const run = await newPlace().run(equal, { list: [1, 2] })
  expect(ends(run)).toEqual([
    'add not-run: bad',
    'bad failed',
    'bad.2 failed',
    'bad.3[0] failed',
    'bad.3[1] failed',
    'bad.4 failed',
  ])
  expect(run.events.filter(({ event }) => event === 'stage.started').length).toBe(1)
})

describe('a map', () => {
  const items = z.object({ list: z.array(z.number()), not: z.number() })

  test('finishes its items, also with a concurrency of one', async () => {
    const narrow = pipeline('narrow', {
      input: items,
      build: ({ list, not }) => ({
        out: total({ of: map(list, (n) => picky({ n, not }).n, { concurrency: 1 }) }).n,
      }),
    })
    expect(ends(await newPlace().run(narrow, { list: [1, 2, 3], not: 1 }))).toEqual([
      'picky[0] failed',
      'picky[1] succeeded',
      'picky[2] succeeded',
      'total not-run: picky',
    ])
  })

  test('whose result does not hold the failure gives its list, and the run still fails', async () => {
    const beside = pipeline('beside', {
      input: items,
      build: ({ list, not }) => {
        const out = map(list, (n) => {
          picky({ n, not })
          return add({ n }).n
        })
        return { out: total({ of: out }).n }
      },
    })
    const run = await newPlace().run(beside, { list: [1, 2], not: 2 })
    expect(ends(run)).toContain('total succeeded')
    expect([run.status, failedNodes(run)]).toEqual(['failed', ['picky']])
  })

  test("with failures: 'allow' forgives the calls of its items, and none after it", async () => {
    const after = pipeline('after', {
      input: items,
      build: ({ list, not }) => {
        const out = map(list, (n) => picky({ n, not }).n, { failures: 'allow' })
        const sum = total({ of: out }).n
        return { sum, out: map(out, (n) => ({ n })), last: picky({ n: sum, not: 4 }).n }
      },
    })
    const place = newPlace()
    const good = await place.run(after, { list: [1, 2, 3], not: 3 })
    expect(good.output).toEqual({ sum: 3, out: [{ n: 1 }, { n: 2 }, { n: null }], last: 3 })
    expect(good.events.at(-1)).toMatchObject({ counts: { failed: 1, ran: 4 }, errors: [] })
    const worse = await place.run(after, { list: [1, 2, 3], not: 2 })
    expect([worse.status, failedNodes(worse)]).toEqual(['failed', ['picky.2']])
  })

  test('a failure in a sub-pipeline in an item is forgiven too', async () => {
    const inner = pipeline('inner', {
      input: z.object({ n: z.number().max(2) }),
      build: ({ n }) => ({ n: add({ n }).n }),
    })
    const outer = pipeline('outer', {
      input: items,
      build: ({ list }) => ({ out: map(list, (n) => inner({ n: add({ n }).n }).n, { failures: 'allow' }) }),
    })
    const run = await newPlace().run(outer, { list: [1, 2], not: 0 })
    expect([run.status, run.output]).toEqual(['succeeded', { out: [3, null] }])
    // what the schema of the sub-pipeline refuses is the failure of its call
    expect(ends(run)).toContain('inner/add[1] not-run: inner')
  })
})

describe('a when', () => {
  test('skips one branch; what reads only the other goes on', async () => {
    const branches = pipeline('branches', {
      input: z.object({ n: z.number() }),
      build: ({ n }) => {
        const out = when(
          is(n, '>', 0),
          () => map([1, 2], (m) => add({ n: m }).n),
          () => [bad({}).n],
        )
        return { sum: total({ of: out }).n }
      },
    })
    const place = newPlace()
    expect(ends(await place.run(branches, { n: 1 }))).toEqual([
      'add[0] succeeded',
      'add[1] succeeded',
      'bad skipped: input.n > 0 is true',
      'total succeeded',
    ])
    expect(ends(await place.run(branches, { n: 0 }))).toEqual([
      'add skipped: input.n > 0 is false',
      'bad failed',
      'total not-run: bad',
    ])
  })
})

describe('after', () => {
  const order = z.object({ n: z.number() })

  test('a skip lets it go on; a failure, also inside a map, a when or a pipeline, does not', async () => {
    const inner = pipeline('inner', { input: order, build: ({ n }) => ({ n: picky({ n, not: 1 }).n }) })
    const waiting = pipeline('waiting', {
      input: order,
      build: ({ n }) => {
        const skipped = when(is(n, '>', 100), () => add({ n }).n)
        const list = map([1, 2], (m) => picky({ n: m, not: n }).n)
        const forgiving = map([1, 2], (m) => picky({ n: m, not: n }).n, { failures: 'allow' })
        const branch = when(is(n, '<', 100), () => picky({ n: 5, not: 5 }).n)
        const [a, b] = [add.with({ after: [skipped] }), add.with({ after: [list] })]
        const [c, d] = [add.with({ after: [branch] }), add.with({ after: [inner({ n })] })]
        return {
          a: a({ n: 10 }),
          b: b({ n: 20 }),
          c: c({ n: 30 }),
          d: d({ n: 40 }),
          e: add.with({ after: [forgiving] })({ n: 50 }),
        }
      },
    })
    const run = await newPlace().run(waiting, { n: 1 })
    expect(ends(run).filter((line) => line.startsWith('add'))).toEqual([
      'add skipped: input.n > 100 is false',
      'add.2 succeeded',
      'add.3 not-run: picky',
      'add.4 not-run: picky.3',
      'add.5 not-run: inner/picky',
      'add.6 succeeded',
    ])
  })

  test('waits for all that it names, and for all items of a map', async () => {
    const waiting = pipeline('waiting', {
      input: order,
      build: ({ n }) => {
        const list = map([10, 20, 30], (m) => add({ n: add({ n: m }).n }).n)
        const last = add.with({ after: [list, add({ n: 90 })] })({ n: 100 })
        return { n, last: last.n }
      },
    })
    const { events } = await newPlace().run(waiting, { n: 1 })
    const names = events.flatMap((at) => ('node' in at ? [`${at.node} ${at.event.slice(6)}`] : []))
    expect(names.slice(-2)).toEqual(['add.4 started', 'add.4 succeeded'])
    expect(names.length).toBe(2 * (3 + 3 + 2))
  })
})

test('an equal call that asks for more attempts gets them when the first call has failed', async () => {
  const twice = pipeline('twice', {
    input: z.object({}),
    build: () => {
      flaky({ at: 2 })
      flaky({ at: 2 })
      return { attempt: flaky.with({ retries: 1 })({ at: 2 }).attempt }
    },
  })
  const { events, errors } = await newPlace().run(twice, {})
  const told = events.flatMap((at) =>
    'node' in at ? [`${at.node} ${at.event.slice(6)}${'attempt' in at ? ` ${at.attempt}` : ''}`] : [],
  )
  expect(told).toEqual([
    'flaky started 1',
    'flaky failed 1',
    'flaky.2 failed 1',
    'flaky.3 started 1',
    'flaky.3 retried 1',
    'flaky.3 started 2',
    'flaky.3 succeeded 2',
  ])
  expect(errors.map(({ at }) => at.node)).toEqual(['flaky'])
})
