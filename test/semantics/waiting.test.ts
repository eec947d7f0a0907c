import type { Event } from '@millrace/ir'
import { expect, test } from 'vitest'
import { problemsOf, told } from '../conformance/events.ts'
import { program } from '../support/program.ts'

const text = `
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const hold = stage('hold', {
  input: z.object({ n: z.number() }),
  output: z.object({}),
  run: async (_, { signal }) => { await sleep(600_000, undefined, { signal }); return {} },
})
export const p = pipeline('p', {
  input: z.object({}),
  build: () => { map([1, 2, 3, 4], (n) => hold({ n })); return {} },
})
main(import.meta, p)
`

test('a call that waits for room says why, once, and only the first of those that wait for the same', async () => {
  const { start } = program(text)
  const { child, said, stdout, ended } = start(['--json', '--jobs', '1'])
  await said('stage.waiting')
  // time enough to say it again
  await new Promise((resolve) => setTimeout(resolve, 2500))
  child.kill('SIGINT')
  expect((await ended).code).toBe(130)
  const events = stdout()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event)
  expect(problemsOf(events)).toEqual([])
  expect(events.find((event) => event.event === 'stage.waiting')).toMatchObject({
    node: 'hold',
    index: [1],
    attempt: 1,
    reason: 'no more than 1 may run at once',
  })
  expect(told(events).sort()).toEqual(['hold[0] cancelled', 'hold[0] started', 'hold[1] cancelled'])
  expect(events.filter(({ event }) => event === 'stage.waiting').length).toBe(1)
})

test('small calls that pass a large one do not keep it waiting to the end', async () => {
  const { run } = program(`
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const input = z.object({ n: z.number() })
const output = z.object({ n: z.number() })
const run = async ({ n }: { n: number }) => { await sleep(1 + Math.random() * 4); return { n } }
export const small = stage('small', { resources: { cpu: 0.5 }, input, output, run })
export const large = stage('large', { resources: { cpu: availableParallelism() }, input, output, run: async ({ n }) => ({ n: -n }) })
export const hold = stage('hold', {
  resources: { cpu: 0.5 },
  input: z.object({}),
  output: z.object({}),
  run: async () => { await sleep(500); return {} },
})
export const list = stage('list', {
  resources: { cpu: 0.5 },
  input,
  output: z.object({ list: z.array(z.number()) }),
  run: async () => ({ list: Array.from({ length: 400 }, (_, i) => i) }),
})
export const p = pipeline('p', {
  input: z.object({}),
  build: () => {
    hold({})
    const { n } = small({ n: -1 })
    large({ n })
    map(list({ n }).list, (n) => small({ n }))
    return {}
  },
})
main(import.meta, p)
`)
  const ran = await run(['--json'])
  expect(ran.code).toBe(0)
  const events = ran.events() as Event[]
  const started = events.flatMap((event) => (event.event === 'stage.started' ? [event.node] : []))
  expect(started).toHaveLength(404)
  expect(started.indexOf('large')).toBeLessThan(90)
})
