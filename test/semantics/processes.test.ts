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
      spawn('sleep', ['60'], { stdio: 'inherit' }),
      spawn('sleep', ['60'], { stdio: 'inherit', detached: true }),
      spawn('sleep', ['60'], { stdio: 'ignore', detached: true, env }),
    ].map(({ pid }) => pid)
    writeFileSync('pids', pids.join(' '))
    return { text: 'ok' }`),
  )
  const { code, stderr } = await run()
  expect([stderr, code]).toEqual([expect.stringContaining('1 ran, '), 0])
  const pids = readFileSync(join(folder, 'pids'), 'utf8').split(' ').map(Number)
  for (let i = 0; i < 100 && pids.slice(0, 2).some(alive); i++) await sleep(20)
  // the last was started without the attempt's id, to go on
  expect(pids.map(alive)).toEqual([false, false, true])
  process.kill(pids[2] as number)
})
