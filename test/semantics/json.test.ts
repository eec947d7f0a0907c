import type { Event } from '@millrace/ir'
import { expect, test } from 'vitest'
import { problemsOf, told } from '../conformance/events.ts'
import { program } from '../support/program.ts'

const text = `
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const Out = z.object({ n: z.number() })
const loud = {
  input: z.object({ n: z.number(), fail: z.boolean().default(false) }),
  output: Out,
  run: async ({ n, fail }: { n: number; fail: boolean }, context: import('millrace').Context) => {
    console.log('{"event":"run.finished"}')
    console.table([{ a: 1 }])
    console.error('error %d', n)
    process.stdout.write(new Uint8Array([0xe2, 0x82, 0xac, 10]))
    process.stdout.write('no end of line')
    queueMicrotask(() => console.info('from a microtask'))
    setTimeout(() => console.log('after the end'), 5)
    context.log('told', { n })
    if (fail) throw new Error('and failed')
    await sleep(1)
    return { n }
  },
}
export const here = stage('here', loud)
export const apart = stage('apart', { ...loud, isolate: 'process' })
export const noisy = pipeline('noisy', {
  input: z.object({ fail: z.boolean().default(false) }),
  build: ({ fail }) => {
    console.log('while building')
    return { list: map([1, 2], (n) => here({ n }).n), apart: apart({ n: 3, fail }).n }
  },
})
main(import.meta, noisy)
console.log // after main
`

const eventsOf = (events: readonly unknown[]) => events as readonly Event[]

test('with --json stdout holds the events and nothing else; what a stage prints becomes log', async () => {
  const { code, stderr, events } = await program(text).run(['--json'])
  const all = eventsOf(events())
  expect([code, problemsOf(all)]).toEqual([0, []])
  expect(all.at(-1)).toMatchObject({ status: 'succeeded', output: { list: [1, 2], apart: 3 } })
  for (const node of ['here', 'apart']) {
    const messages = all.flatMap((at) =>
      at.event === 'log' && at.node === node && at.index?.[0] !== 1 ? [at.message] : [],
    )
    const expected = ['{"event":"run.finished"}', '€', 'no end of line', 'told', 'from a microtask', 'error']
    for (const message of expected)
      expect(
        messages.some((line) => line.includes(message)),
        message,
      ).toBe(true)
  }
  expect(stderr.split('\n').at(-2)).toMatch(/^3 ran, 0 cached, 0 skipped, 0 failed, /)
})

test('with --json a failed run ends with its errors, and exit 1', async () => {
  const { code, events } = await program(text).run(['run', '--json', '--param', 'fail=true'])
  const all = eventsOf(events())
  expect([code, problemsOf(all)]).toEqual([1, []])
  expect(all.at(-1)).toMatchObject({
    event: 'run.finished',
    status: 'failed',
    output: null,
    errors: [{ code: 'stage-threw', message: '"apart" threw Error: and failed' }],
  })
  expect(told(all)).toContain('apart failed')
})

test('with --json what is wrong before a run is one run.finished, with run: null', async () => {
  for (const args of [['--param', 'fial=1'], ['--no-such-option'], ['--pipeline', 'x']]) {
    const { code, stdout, stderr, events } = await program(text).run(['--json', ...args])
    const [only, ...others] = eventsOf(events())
    expect([code, others, problemsOf([only as Event]).filter((line) => !line.includes('event 0 is'))]).toEqual([
      2,
      [],
      [],
    ])
    expect(only).toMatchObject({
      event: 'run.finished',
      run: null,
      status: 'failed',
      output: null,
      errors: [{ severity: 'error' }],
    })
    expect([stdout.trimEnd().split('\n').length, stderr.includes('error[')]).toEqual([1, true])
  }
})

test('graph, plan and runs with --json are JSON too', async () => {
  const { run } = program(text)
  const graph = await run(['graph', '--json'])
  expect(JSON.parse(graph.stdout)).toMatchObject({ version: 1, pipeline: 'noisy' })
  const plan = await run(['plan', '--json'])
  expect(plan.events()).toEqual([
    { node: 'here', action: 'run', causes: expect.anything() },
    { node: 'apart', action: 'run', causes: expect.anything() },
  ])
  await run(['--json'])
  expect((await run(['runs', 'list', '--json'])).events()).toMatchObject([{ pipeline: 'noisy', status: 'succeeded' }])
  const shown = await run(['runs', 'show', '--json'])
  expect(problemsOf(eventsOf(shown.events()))).toEqual([])
})
