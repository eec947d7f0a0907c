import { test } from 'vitest'
import { endOf, onCluster, short, space, type Told } from '../support/cluster.ts'

const small = `resources: { cpu: 0.05, memory: '128Mi' }`

const maps = `import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage, when } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.int() })
export const list = stage('list', {
  input: n, output: z.object({ list: z.array(z.int()), none: z.array(z.int()), large: z.boolean() }), ${small},
  run: ({ n }) => ({ list: Array.from({ length: n }, (_, i) => i), none: [], large: n > 100 }),
})
export const seven = stage('seven', { input: n, output: n, ${small}, run: async ({ n }) => {
  // the first two see one another, for longer than the second in which the cluster tells times
  while (readdirSync('/millrace/own/attempts').length < 2) await sleep(100)
  if (n < 2) await sleep(2500)
  return { n: n * n }
} })
export const inner = stage('inner', {
  input: z.object({ row: z.int(), column: z.int() }), output: n, ${small},
  run: ({ row, column }) => ({ n: row * 10 + column }),
})
export const never = stage('never', { input: n, output: n, ${small}, run: ({ n }) => ({ n }) })
export const large = stage('large', { input: n, output: n, ${small}, run: ({ n }) => ({ n }) })

main(import.meta, pipeline('maps', {
  input: z.object({ n: z.int().default(7) }),
  build: ({ n }) => {
    const numbers = list({ n })
    const squares = map(numbers.list, (n) => seven({ n }), { concurrency: 2 })
    const table = map([1, 2], (row) => map([1, 2, 3], (column) => inner({ row, column })))
    const none = map(numbers.none, (n) => never({ n }))
    const huge = when(numbers.large, () => large({ n }).n)
    return { squares: squares.n, table: table.n, none: none.n, huge }
  },
}))
`

const chain = (text: string) => `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.int() })
export const a = stage('a', { input: n, output: n, ${small}, run: ({ n }) => ({ n: n + 1 }) })
export const b = stage('b', { input: n, output: n, ${small}, run: ({ n }) => { ${text}; return { n: n * 2 } } })
export const c = stage('c', { input: n, output: n, ${small}, run: ({ n }) => ({ n: n - 3 }) })
export const d = stage('d', { input: n, output: n, ${small}, run: ({ n }) => ({ n: -n }) })

main(import.meta, pipeline('chain', {
  input: z.object({ n: z.int().default(7) }),
  build: ({ n }) => ({ c: c({ n: b({ n: a({ n }).n }).n }).n, d: d({ n }).n }),
}))
`

onCluster('flow', () => {
  const here = space('flow')

  test.concurrent('maps: widths, parallelism, states', { timeout: 600_000 }, async ({ expect, onTestFinished }) => {
    const compiled = await here.compile(maps)
    const { driver, jobs } = compiled
    const released = new Map<string, object>()
    const watching = here.watchReleases((job, completions, parallelism) => {
      if (!released.has(job)) released.set(job, { completions, parallelism })
    })
    onTestFinished(() => watching.stop())
    await here.apply(compiled)
    await here.until('the release of "seven"', async () => released.has(jobs.seven as string))
    expect(released.get(jobs.seven as string)).toEqual({ completions: 7, parallelism: 2 })
    expect(endOf(await here.ended(driver))).toBe('Complete')

    const events = await here.events(driver)
    expect(events.at(-1)).toMatchObject({
      event: 'run.finished',
      status: 'succeeded',
      output: {
        squares: [0, 1, 4, 9, 16, 25, 36],
        table: [
          [11, 12, 13],
          [21, 22, 23],
        ],
        none: [],
      },
    })
    expect((events.at(-1) as Told).output).not.toHaveProperty('huge')
    const states = await Promise.all(
      Object.entries(jobs).map(async ([node, name]) => {
        const { metadata, spec, status } = await here.get('job', name)
        const { suspend, completions, parallelism } = spec
        const state = metadata.annotations?.['millrace.dev/state']
        const pods = (await here.podsOf(name)).length
        return [node, { state, suspend, completions, parallelism, succeeded: status.succeeded ?? 0, pods }]
      }),
    )
    const reviewed = { suspend: true, completions: 1, parallelism: 1 }
    expect(Object.fromEntries(states)).toEqual({
      list: { state: 'succeeded', ...reviewed, succeeded: 1, pods: 1 },
      seven: { state: 'succeeded', ...reviewed, succeeded: 7, pods: 7 },
      inner: { state: 'succeeded', ...reviewed, succeeded: 6, pods: 6 },
      never: { state: 'skipped', ...reviewed, succeeded: 0, pods: 0 },
      large: { state: 'skipped', ...reviewed, succeeded: 0, pods: 0 },
    })
    for (const name of Object.values(jobs)) expect(endOf(await here.get('job', name)), name).toBe('Complete')

    const times = (await here.podsOf(jobs.seven as string)).map(
      ({ status }) => status.containerStatuses[0].state.terminated as { startedAt: string; finishedAt: string },
    )
    const atOnce = times.map(
      ({ startedAt }) => times.filter((other) => other.startedAt <= startedAt && startedAt < other.finishedAt).length,
    )
    expect(Math.max(...atOnce)).toBe(2)
  })

  test.concurrent('after an edit only what changed is new, and only that runs', { timeout: 600_000 }, async ({
    expect,
  }) => {
    const names = async () =>
      (await here.list('jobs', 'millrace.dev/pipeline=chain')).map(({ metadata }) => metadata.name)
    const before = await here.compile(chain(''))
    await here.apply(before)
    expect(endOf(await here.ended(before.driver))).toBe('Complete')
    const old = await names()
    expect(old.sort()).toEqual([before.driver, ...Object.values(before.jobs)].sort())
    const kept = await here.get('job', before.jobs.a as string)

    const after = await here.compile(chain('console.log("edited")'), { in: before.program })
    await here.apply(after)
    expect(endOf(await here.ended(after.driver))).toBe('Complete')
    const added = (await names()).filter((name) => !old.includes(name))
    expect(added.sort()).toEqual([after.driver, after.jobs.b, after.jobs.c].sort())
    const { metadata, spec, status } = await here.get('job', after.jobs.a as string)
    expect({ name: metadata.name, generation: metadata.generation, spec, status }).toEqual({
      name: kept.metadata.name,
      generation: kept.metadata.generation,
      spec: kept.spec,
      status: kept.status,
    })

    const events = await here.events(after.driver)
    expect(short(events).sort()).toEqual(
      [
        'run.started',
        'stage.cached a',
        'stage.cached d',
        'stage.started b',
        'log b',
        'stage.succeeded b',
        'stage.cached c',
        'run.finished',
      ].sort(),
    )
    // what "b" gives is what it gave before, so "c" has nothing to do
    const last = await here.get('job', after.jobs.c as string)
    expect(last.metadata.annotations?.['millrace.dev/state']).toBe('cached')
    expect([endOf(last), await here.podsOf(after.jobs.c as string)]).toEqual(['Complete', []])
    const [first] = await here.events(before.driver)
    expect(events.filter(({ event }) => event === 'stage.cached').map(({ from }) => from)).toEqual(
      Array(3).fill(first?.run),
    )
  })
})
