import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '@millrace/ir'
import { map, pipeline } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { told } from './events.ts'
import { on } from './here.ts'
import { type Kind, type Place, unless } from './runtime.ts'
import { write } from './stages/files.ts'
import { double, sum } from './stages/plain.ts'
import { effect, needs } from './stages/trouble.ts'

const starts = (events: readonly Event[]) => told(events).filter((line) => line.endsWith('started')).length
const withoutPaths = (value: unknown) => JSON.parse(JSON.stringify(value, (key, item) => (key === 'path' ? '' : item)))

export function cache(newPlace: () => Place, kind: Kind): void {
  const order = test.skipIf(kind.dear)
  const fresh = unless(kind.without?.fresh, order)

  const work = pipeline('work', {
    input: z.object({ list: z.array(z.number()), text: z.string().default('text') }),
    build: ({ list, text }) => {
      const doubled = map(list, (n) => on(double)({ n }).n)
      return { doubled, total: on(sum)({ of: doubled }).total, files: on(write)({ text }) }
    },
  })

  test('a second run takes everything from the first', async () => {
    const place = newPlace()
    const first = await place.run(work, { list: [1, 2] })
    const second = await place.run(work, { list: [1, 2] })
    expect(second.output).toEqual(first.output)
    expect(second.run).not.toBe(first.run)
    expect(starts(second.events)).toBe(0)
    for (const at of second.events) if (at.event === 'stage.cached') expect(at.from).toBe(first.run)
    expect(existsSync(second.output.files.plain.path)).toBe(true)
  })

  order('only what changed is done again', async () => {
    const place = newPlace()
    await place.run(work, { list: [1, 2] })
    const { events } = await place.run(work, { list: [2, 3, 1] })
    expect(told(events).filter((line) => line.endsWith('started'))).toEqual(['double[1] started', 'sum started'])
    // back to where it was
    expect(starts((await place.run(work, { list: [1, 2] })).events)).toBe(0)
  })

  fresh('fresh takes no hits, and what it makes stands from then on', async () => {
    const place = newPlace()
    const first = await place.run(work, { list: [1] })
    const fresh = await place.run(work, { list: [1] }, { fresh: true })
    expect(starts(fresh.events)).toBe(starts(first.events))
    const third = await place.run(work, { list: [1] })
    for (const at of third.events) if (at.event === 'stage.cached') expect(at.from).toBe(fresh.run)
  })

  order('the same bytes in another place', async () => {
    const [a, b] = [await newPlace().run(work, { list: [3, 1] }), await newPlace().run(work, { list: [3, 1] })]
    expect(withoutPaths(a.output)).toEqual(withoutPaths(b.output))
    const planOf = (events: readonly Event[]) => events.flatMap((at) => (at.event === 'run.started' ? [at.plan] : []))
    // a driver's plan says which claim its store is
    if (kind.stages !== 'in pods') expect(planOf(a.events)).toEqual(planOf(b.events))
  })

  test('equal calls are done once, and each has its events', async () => {
    const equal = pipeline('equal', {
      input: z.object({ n: z.number(), list: z.array(z.number()) }),
      build: ({ n, list }) => ({
        same: [on(double)({ n }).n, on(double)({ n }).n],
        options: on(double, { retries: 3 })({ n }).n,
        items: map(list, (n) => on(double)({ n }).n),
        more: map(list, (m) => ({ n: on(double)({ n: m }).n })),
      }),
    })
    const { output, events, run } = await newPlace().run(equal, { n: 1, list: [1, 1] })
    expect(output).toEqual({ same: [2, 2], options: 2, items: [2, 2], more: [{ n: 2 }, { n: 2 }] })
    const lines = told(events)
    expect(lines.filter((line) => line.endsWith('started')).length).toBe(1)
    const ends = lines.filter((line) => !line.endsWith('started')).map((line) => line.replace(/ .*/, ''))
    const ids = ['double', 'double.2', 'double.3', 'double.4[0]', 'double.4[1]', 'double.5[0]', 'double.5[1]']
    expect(ends.toSorted()).toEqual(ids)
    for (const at of events) if (at.event === 'stage.cached') expect(at).toMatchObject({ from: run, output: { n: 2 } })
  })

  order('cache: false runs in every run, and each of equal calls', async () => {
    const effects = pipeline('effects', {
      input: z.object({ of: z.string() }),
      build: ({ of }) => {
        const first = on(effect)({ of })
        return { first, second: on(effect)({ of }), cached: on(effect, { cache: true })({ of }) }
      },
    })
    const place = newPlace()
    const [one, two] = [await place.run(effects, { of: 'a' }), await place.run(effects, { of: 'a' })]
    expect([starts(one.events), starts(two.events)]).toEqual([3, 2])
    expect(two.output.cached).toEqual(one.output.cached)
    const seeds = [one, two].flatMap(({ output }) => [output.first.seed, output.second.seed])
    expect(new Set(seeds).size).toBe(4)
  })

  const mended = pipeline('mended', {
    input: z.object({ path: z.string(), n: z.number() }),
    build: ({ path, n }) => {
      const { at } = on(effect)({ of: 'mended' })
      const done = on(double)({ n })
      on(needs)({ path, after: [at, done.n] })
      return { at, n: done.n }
    },
  })

  test('a failed run goes on under its id, and keeps what it committed', async () => {
    const place = newPlace()
    const input = { path: join(place.world, 'mended'), n: 4 }
    const first = await place.run(mended, input)
    expect([first.status, starts(first.events)]).toEqual(['failed', 3])
    const again = await place.run(mended, input)
    expect([again.status, again.run]).toEqual(['failed', first.run])
    expect(told(again.events).toSorted()).toEqual(['double cached', 'effect cached', 'needs failed', 'needs started'])
    await place.put('mended', '')
    const third = await place.run(mended, input)
    expect([third.status, third.run, starts(third.events)]).toEqual(['succeeded', first.run, 1])
    const made = first.events.find((at) => at.event === 'stage.succeeded' && at.node === 'effect')
    expect(made).toMatchObject({ output: { at: third.output.at } })
    // that one is over: the next run is another one, and what reads the effect's new output runs again
    const fourth = await place.run(mended, input)
    expect(fourth.run).not.toBe(first.run)
    expect(told(fourth.events).filter((line) => line.endsWith('started'))).toEqual(['effect started', 'needs started'])
  })

  fresh('another input or --fresh does not go on with a failed run', async () => {
    const place = newPlace()
    const path = join(place.world, 'never')
    const runs = [
      await place.run(mended, { path, n: 1 }),
      await place.run(mended, { path, n: 2 }),
      await place.run(mended, { path, n: 1 }, { fresh: true }),
    ]
    expect(new Set(runs.map(({ run }) => run)).size).toBe(3)
  })
}
