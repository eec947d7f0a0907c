import { map, pipeline } from 'millrace'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { told } from './events.ts'
import { here, on } from './here.ts'
import { localPlace } from './local.ts'
import { introspect } from './stages/contexts.ts'
import { write } from './stages/files.ts'
import { double, sum } from './stages/plain.ts'

const mixed = pipeline('mixed', {
  input: z.object({ list: z.array(z.number()) }),
  build: ({ list }) => {
    const doubled = map(list, (n) => map([n, 1], (m) => on(double)({ n: m }).n))
    const totals = map(doubled, (of, i) => ({ total: on(sum)({ of }).total, i }))
    return {
      doubled,
      totals,
      tree: on(write)({ text: 'x' }).tree,
      seen: on(introspect)({ of: 'seed' }).seen,
    }
  },
})

/** Output without places, plan, and what became of each call. */
async function bytes(jobs: number, isolate?: 'process') {
  here.overrides = isolate ? { isolate } : {}
  const place = localPlace({ jobs })
  onTestFinished(() => place.close())
  process.env.CONFORMANCE_SET = 'set'
  const { output, events } = await place.run(mixed, { list: [1, 2, 3] })
  const plan = events.find(({ event }) => event === 'run.started')
  return {
    output: JSON.stringify(output, (key, value) => (key === 'path' ? '' : value)),
    digest: isolate === undefined && plan?.event === 'run.started' ? plan.plan : undefined,
    calls: told(events)
      .filter((line) => line.endsWith('succeeded') || line.endsWith('cached'))
      .map((line) => line.split(' ')[0])
      .toSorted(),
  }
}

test('the same bytes with one job, with eight, and in processes', async () => {
  const one = await bytes(1)
  expect(await bytes(8)).toEqual(one)
  expect(await bytes(8, 'process')).toEqual({ ...one, digest: undefined })
})
