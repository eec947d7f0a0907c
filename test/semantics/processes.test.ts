import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const stages = (body: string) => `
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const work = stage('work', {
  isolate: 'process',
  input: z.object({}),
  output: z.object({ text: z.string() }),
  run: async (_, { metric, log }) => {
    ${body}
  },
})
export const p = pipeline('p', { input: z.object({}), build: () => work({}) })
main(import.meta, p)
`
const metricsOf = (events: readonly Record<string, unknown>[]) =>
  events.filter(({ event }) => event === 'metric').map(({ name, value }) => `${name} ${value}`)

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('the metrics of a process are told while it runs, each once, before what it logs after them', async () => {
  const { folder, run, start } = program(
    stages(`
    metric('loss', 2)
    metric('loss', 1)
    while (!existsSync('go')) await sleep(20)
    metric('loss', 0.5)
    log('done')
    metric('loss', 0.25)
    appendFileSync(process.env.MILLRACE_METRICS!, JSON.stringify({ name: 'other', value: 1 }))
    return { text: 'ok' }`),
  )
  const started = start(['--json'])
  await started.said('"value":1')
  writeFileSync(join(folder, 'go'), '')
  expect((await started.ended).code).toBe(0)
  const lines = started.stdout().trimEnd().split('\n')
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(metricsOf(events)).toEqual(['loss 2', 'loss 1', 'loss 0.5', 'loss 0.25', 'other 1'])
  const order = events.map(({ event, value }) => value ?? event)
  expect(order.indexOf(0.5)).toBeLessThan(order.indexOf('log'))
  // and they belong to the result
  expect(metricsOf((await run(['--json'])).events())).toEqual(metricsOf(events))
})

test('no metric of a process that is killed is lost', async () => {
  const { run } = program(
    stages(`
    for (let i = 0; i < 500; i++) metric('n', i)
    process.kill(process.pid, 'SIGKILL')
    return { text: '' }`),
  )
  const ran = await run(['--json'])
  expect([ran.code, metricsOf(ran.events())]).toEqual([1, Array.from({ length: 500 }, (_, i) => `n ${i}`)])
})

test('a process has no stdin to wait for', async () => {
  const { run } = program(
    stages(`
    let text = ''
    for await (const chunk of process.stdin) text += chunk
    return { text: text + 'end' }`),
  )
  // the run's own stays open
  const before = ['sh', '-c', 'mkfifo in; exec 3<>in; exec "$@" <&3', 'sh']
  const { code, stdout } = await run([], { before })
  expect([code, stdout]).toEqual([0, '{"text":"end"}\n'])
})

test.runIf(process.platform === 'linux')('what a stage started ends with it, in a session of its own too', async () => {
  const { folder, run } = program(
    stages(`
    const { MILLRACE_ATTEMPT_ID: __, ...env } = process.env
    const pids = [
      spawn('sleep', ['6000'], { stdio: 'inherit' }),
      spawn('sleep', ['6000'], { stdio: 'inherit', detached: true }),
      spawn('sleep', ['6000'], { stdio: 'ignore', detached: true, env }),
    ].map(({ pid }) => pid)
    writeFileSync('pids', pids.join(' '))
    return { text: 'ok' }`),
  )
  const { code, stderr } = await run()
  expect([stderr, code]).toEqual([expect.stringContaining('1 ran, '), 0])
  const pids = readFileSync(join(folder, 'pids'), 'utf8').split(' ').map(Number)
  while (pids.slice(0, 2).some(alive)) await sleep(20)
  // the last was started without the attempt's id, to go on
  expect(alive(pids[2] as number)).toBe(true)
  process.kill(pids[2] as number)
})

test('what JSON Schema says less exactly than zod passes the check after the process', async () => {
  const { run } = program(`
import { writeFileSync } from 'node:fs'
import { file, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
interface Tree { readonly name: string; readonly children: readonly Tree[] }
const tree: z.ZodType<Tree> = z.lazy(() => z.object({ name: z.string(), children: z.array(tree) }))
const output = z.object({
  flag: z.string().regex(/^abc$/i),
  mail: z.email(),
  step: z.number().multipleOf(0.1),
  both: z.intersection(z.object({ a: z.int() }), z.object({ b: z.int() })),
  one: z.discriminatedUnion('kind', [z.object({ kind: z.literal('x'), a: z.int() }), z.object({ kind: z.literal('y') })]),
  either: z.union([z.object({ a: z.int() }), z.object({ a: z.int(), b: z.int() })]),
  table: z.record(z.string().regex(/^K/i), z.number()),
  template: z.templateLiteral(['v', z.int()]),
  pair: z.tuple([z.string(), z.int()]).rest(z.boolean()),
  tree,
  given: z.int().default(3),
  caught: z.int().catch(9),
  length: z.string().length(2),
  model: file(),
  maybe: file().optional(),
  properties: z.object({ required: z.string(), oneOf: z.null() }),
  loose: z.looseObject({ a: z.int() }),
  size: z.string().transform((text) => text.length).pipe(z.int()),
})
export const odd = stage('odd', {
  isolate: 'process',
  input: z.object({}),
  output,
  run: async (_, { file }) => {
    const model = file('model.txt')
    writeFileSync(model.path, 'weights')
    return {
      flag: 'ABC', mail: 'a@example.org', step: 0.3, both: { a: 1, b: 2 }, one: { kind: 'x', a: 1 }, either: { a: 1, b: 2 },
      table: { k: 1 }, template: 'v12', pair: ['a', 1, true], tree: { name: 'a', children: [{ name: 'b', children: [] }] },
      caught: 'x' as never, length: '😀b', model, properties: { required: 'r', oneOf: null }, loose: { a: 1, z: 2 }, size: 'four',
    }
  },
})
export const p = pipeline('p', { input: z.object({}), build: () => odd({}).size })
main(import.meta, p)
`)
  const ran = await run([])
  expect([ran.code, ran.stdout, ran.stderr.split('\n').slice(0, -2)]).toEqual([0, '4\n', expect.anything()])
})
