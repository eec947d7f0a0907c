import { map, pipeline, when } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { codesOf, told } from './events.ts'
import { on } from './here.ts'
import type { Kind, Place } from './runtime.ts'
import { ends, flaky, fussy, gather, next, slow } from './stages/trouble.ts'

export function failures(newPlace: () => Place, kind: Kind): void {
  const order = test.skipIf(kind.dear)

  const lists = z.object({ list: z.array(z.int()), bad: z.array(z.int()) })
  const rows = z.object({ rows: z.array(z.array(z.int())), bad: z.array(z.int()) })

  test('a map finishes its items, and the fan-in never sees a part of them', async () => {
    const strict = pipeline('strict', {
      input: lists,
      build: ({ list, bad }) => {
        const out = map(list, (n) => on(next)({ n: on(fussy)({ n, bad }).n }).n)
        return { found: on(gather)({ list: out }).found, aside: on(next)({ n: 1 }).n }
      },
    })
    const { status, errors, events } = await newPlace().run(strict, { list: [10, 20, 30], bad: [20] })
    expect([status, codesOf(errors)]).toEqual(['failed', ['stage-threw']])
    const ends = told(events).filter((line) => !line.endsWith(' started'))
    expect(ends.toSorted()).toEqual([
      'fussy[0] succeeded',
      'fussy[1] failed',
      'fussy[2] succeeded',
      'gather not-run',
      'next.2 succeeded',
      'next[0] succeeded',
      'next[1] not-run',
      'next[2] succeeded',
    ])
    for (const at of events) if (at.event === 'stage.not-run') expect(at.because).toBe('fussy')
  })

  test("with failures: 'allow' a failed item is null, and the run succeeds", async () => {
    const forgiving = pipeline('forgiving', {
      input: lists,
      build: ({ list, bad }) => {
        const out = map(list, (n) => ({ n, next: on(next)({ n: on(fussy)({ n, bad }).n }).n }), { failures: 'allow' })
        return { out, found: on(gather)({ list: out.next }).found }
      },
    })
    const { status, output, events } = await newPlace().run(forgiving, { list: [10, 20, 30], bad: [20] })
    expect(status).toBe('succeeded')
    expect(output).toEqual({ out: [{ n: 10, next: 11 }, null, { n: 30, next: 31 }], found: [11, 31] })
    expect(told(events)).toEqual(expect.arrayContaining(['fussy[1] failed', 'next[1] not-run', 'gather succeeded']))
  })

  test("failures: 'allow' nests: the nearest map forgives", async () => {
    const nested = pipeline('nested', {
      input: rows,
      build: ({ rows, bad }) => ({
        outer: map(rows, (row) => map(row, (n) => on(fussy)({ n, bad }).n), { failures: 'allow' }),
        inner: map(rows, (row) => map(row, (n) => on(fussy)({ n, bad }).n, { failures: 'allow' })),
        aside: map(
          rows,
          (row) => {
            const list = map(row, (n) => on(fussy)({ n, bad }).n, { failures: 'allow' })
            return on(gather)({ list }).found
          },
          { failures: 'allow' },
        ),
      }),
    })
    const { status, output } = await newPlace().run(nested, { rows: [[1, 2], [], [3]], bad: [2] })
    expect([status, output]).toEqual([
      'succeeded',
      { outer: [null, [], [3]], inner: [[1, null], [], [3]], aside: [[1], [], [3]] },
    ])
  })

  order('a failure in a map that allows it does not fail the run, wherever it happens in the item', async () => {
    const deep = pipeline('deep', {
      input: lists,
      build: ({ list, bad }) => ({
        out: map(
          list,
          (n) => {
            on(fussy)({ n, bad })
            return when(
              { passed: on(fussy)({ n, bad: [] }).n }.passed as never,
              () => n,
              () => n,
            )
          },
          { failures: 'allow' },
        ),
      }),
    })
    const { status, output } = await newPlace().run(deep, { list: [1, 2], bad: [2] })
    // the result of the item is there, so it is kept, though a call beside it failed
    expect([status, output]).toEqual(['succeeded', { out: [1, 2] }])
  })

  order('independent branches go on', async () => {
    const branches = pipeline('branches', {
      input: lists,
      build: ({ bad }) => {
        const bad1 = on(fussy)({ n: 1, bad })
        const after = on(next, { after: [bad1] })({ n: 5 })
        const [good, chained] = [on(fussy)({ n: 2, bad }), on(next)({ n: bad1.n })]
        const both = on(gather)({ list: [good.n, on(next)({ n: chained.n }).n] })
        return { good: on(next)({ n: good.n }).n, after: after.n, both: both.found }
      },
    })
    const { status, errors, events } = await newPlace().run(branches, { list: [], bad: [1] })
    expect([status, errors.map(({ at }) => at.node)]).toEqual(['failed', ['fussy']])
    const ends = told(events).filter((line) => !line.endsWith(' started'))
    expect(ends.toSorted()).toEqual([
      'fussy failed',
      'fussy.2 succeeded',
      'gather not-run',
      'next not-run',
      'next.2 not-run',
      'next.3 not-run',
      'next.4 succeeded',
    ])
    for (const at of events) if (at.event === 'stage.not-run') expect(at.because).toBe('fussy')
  })

  test('attempts are counted, and stop when retries are used up', async () => {
    const tries = pipeline('tries', {
      input: z.object({}),
      build: () => {
        const small = { resources: { cpu: 0.1 } } as const
        return {
          none: on(flaky, small)({ at: 1 }).attempt,
          one: on(flaky, { ...small, retries: 2 })({ at: 2 }).attempt,
          never: on(flaky, { ...small, retries: 1 })({ at: 9 }).attempt,
        }
      },
    })
    const { status, errors, events } = await newPlace().run(tries, {})
    expect([status, errors.map(({ at }) => at.node)]).toEqual(['failed', ['flaky.3']])
    const attempts = (node: string) =>
      events.flatMap((at) => ('node' in at && at.node === node && 'attempt' in at ? [`${at.event} ${at.attempt}`] : []))
    expect(attempts('flaky')).toEqual(['stage.started 1', 'stage.succeeded 1'])
    expect(attempts('flaky.2')).toEqual(['stage.started 1', 'stage.retried 1', 'stage.started 2', 'stage.succeeded 2'])
    expect(attempts('flaky.3')).toEqual(['stage.started 1', 'stage.retried 1', 'stage.started 2', 'stage.failed 2'])
    const retried = events.find(({ event }) => event === 'stage.retried')
    expect(retried).toMatchObject({ cause: { code: 'stage-threw' } })
    if (retried?.event === 'stage.retried')
      expect(Date.parse(retried.next)).toBeGreaterThan(Date.parse(retried.time) + 900)
  })

  test('an attempt that takes too long fails, and is tried again like any other', async () => {
    const timed = pipeline('timed', {
      input: z.object({}),
      build: () => {
        const timeout = kind.dear ? '1s' : '50ms'
        on(slow, { timeout, resources: { cpu: 0.1 } })({ heeds: true })
        on(slow, { timeout, resources: { cpu: 0.1 }, retries: 1 })({ heeds: false })
        return { quick: on(next, { timeout: '1m' })({ n: 1 }).n }
      },
    })
    const { status, errors, events } = await newPlace().run(timed, {})
    expect([status, codesOf(errors)]).toEqual(['failed', ['stage-timeout', 'stage-timeout']])
    const starts = events.flatMap((at) => (at.event === 'stage.started' ? [`${at.node} ${at.attempt}`] : []))
    expect(starts.toSorted()).toEqual(['next 1', 'slow 1', 'slow.2 1', 'slow.2 2'])
  })

  test('a stage that ends in another way than by returning fails, with the cause', async () => {
    const ways = pipeline('ways', {
      input: z.object({ hows: z.array(z.string()) }),
      build: ({ hows }) => ({ out: map(hows, (how) => on(ends)({ how })) }),
    })
    const { status, errors } = await newPlace().run(ways, { hows: ['exit', 'null', 'text', 'cause', 'promise'] })
    expect(status).toBe('failed')
    expect(errors.map(({ message }) => message).toSorted()).toEqual([
      '"ends" called process.exit(0)',
      '"ends" threw "only a text"',
      '"ends" threw Error: outer, caused by TypeError: inner',
      '"ends" threw RangeError: out of range',
      '"ends" threw null',
    ])
  })
}
