import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '@millrace/ir'
import { expect, onTestFinished, test, vi } from 'vitest'
import { plainView } from '../../packages/millrace/src/cli/progress/plain.ts'
import { showSeconds } from '../../packages/millrace/src/cli/support/terminal.ts'
import { start } from '../support/processes.ts'
import { program } from '../support/program.ts'

const text = `
import './clock.mjs'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const io = { input: z.object({ n: z.int() }), output: z.object({ n: z.int() }), cache: false }
export const back = stage('back', { ...io, retries: 1, run: ({ n }, { attempt, metric }) => {
  metric('n', n)
  ;(globalThis as any).setBack(3_600_000)
  if (attempt === 1 && n === 0) throw new Error('again')
  return { n }
} })
export const list = pipeline('list', { input: z.object({}), build: () => ({ all: map([0, 1, 2, 3], (n) => back({ n }).n) }) })
main(import.meta, list)
`
/** It begins at noon, far from where the time of day begins anew. */
const clock = `const { now } = Date
let back = (now() % 86_400_000) - 43_200_000
globalThis.setBack = (milliseconds) => { back += milliseconds }
Date.now = () => now() - back`

const sorted = (times: readonly string[]): void => expect(times).toEqual([...times].sort())

test('the times of a run never go back, though the clock of the machine does', async () => {
  const one = program({ 'program.ts': text, 'clock.mjs': clock })
  const ran = await one.run(['--json', '--jobs', '1'])
  expect(ran.code).toBe(0)
  const events = ran.events()
  sorted(events.map(({ time }) => String(time)))
  const retried = events.find(({ event }) => event === 'stage.retried') as { time: string; next: string }
  expect(Date.parse(retried.next) - Date.parse(retried.time)).toBeGreaterThanOrEqual(0)
  for (const { seconds = 0 } of events as { seconds?: number }[]) expect(seconds).toBeGreaterThanOrEqual(0)
  const plain = start(one.folder, ['--progress', 'plain', '--jobs', '1'], { env: { TZ: 'UTC' } })
  await plain.ended
  sorted(plain.stderr().match(/^\d\d:\d\d:\d\d\.\d{3}/gm) ?? [])
  const id = /run (\S+)/.exec(plain.stderr())?.[1] as string
  const journal = readFileSync(join(one.folder, 'store/runs', id, 'journal.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  sorted(journal.map((line) => JSON.parse(line).time))
})

test('a line that is told late has no time before that of the line above it; what lasts lasts longer and longer', () => {
  vi.useFakeTimers({ now: new Date('2030-01-01T12:00:00Z') })
  onTestFinished(() => void vi.useRealTimers())
  let told = ''
  const view = plainView(
    (more) => {
      told += more
    },
    () => 1,
  )
  const tell = (event: object) => view.event({ run: 'r', time: new Date().toISOString(), ...event } as Event)
  for (let i = 0; i < 30; i++) {
    tell({ event: 'stage.started', node: 'a', index: [i], attempt: 1, resources: {} })
    vi.advanceTimersByTime(3)
  }
  for (let i = 0; i < 400; i++) {
    tell({ event: 'metric', node: 'a', index: [i % 30], name: 'loss', value: i })
    vi.advanceTimersByTime(7)
    if (i === 200) vi.setSystemTime(new Date('2030-01-01T11:00:00Z'))
  }
  vi.advanceTimersByTime(95_000)
  const after = [...told.matchAll(/still running after (?:(\d+) min )?(\d+) s: a\[0\] \((?:(\d+) min )?(\d+) s/g)]
  const seconds = after.map(([, minutes = 0, seconds]) => Number(minutes) * 60 + Number(seconds))
  expect(seconds).toHaveLength(3)
  expect(seconds).toEqual([...seconds].sort((a, b) => a - b))
  tell({ event: 'stage.succeeded', node: 'a', index: [29], attempt: 1, seconds: 1, output: null })
  view.close()
  sorted(told.match(/^\d\d:\d\d:\d\d\.\d{3}/gm) ?? [])
  expect(told).toContain('a[29] succeeded in 1.00 s')
})

test('how long something took, whatever was written down', () => {
  const given = [
    0,
    0.004,
    59.994,
    59.999,
    60,
    61.9,
    3599.99,
    3600,
    86_399,
    -5,
    Number.NaN,
    undefined as unknown as number,
  ]
  expect(given.map(showSeconds)).toEqual([
    ...[
      '0.00 s',
      '0.00 s',
      '59.99 s',
      '1 min 0 s',
      '1 min 0 s',
      '1 min 1 s',
      '59 min 59 s',
      '1 h 0 min',
      '23 h 59 min',
    ],
    ...['0.00 s', '0.00 s', '0.00 s'],
  ])
})
