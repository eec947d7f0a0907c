import { expect, onTestFinished, test, vi } from 'vitest'
import { startTimer } from '../../packages/runner/src/index.ts'
import { program } from '../support/program.ts'

test('a timeout of more than 24 days, of a stage and of a run, does not pass at once', async () => {
  const { run } = program(`
import { setTimeout as sleep } from 'node:timers/promises'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const io = { input: z.object({}), output: z.object({ n: z.number() }), timeout: '30d' as const }
export const here = stage('here', { ...io, run: async () => { await sleep(300); return { n: 1 } } })
export const apart = stage('apart', { ...io, isolate: 'process', run: async () => { await sleep(300); return { n: 2 } } })
export const p = pipeline('p', { input: z.object({}), build: () => ({ a: here({}).n, b: apart({}).n }) })
main(import.meta, p)
`)
  const { code, stdout, stderr } = await run(['--timeout', '60d'])
  expect([code, stdout]).toEqual([0, '{"a":1,"b":2}\n'])
  expect(stderr).not.toContain('TimeoutOverflowWarning')
})

test('a timer of 60 days is set again until they have passed', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const day = 86_400_000
  let [done, stopped] = [0, 0]
  startTimer(60 * day, () => done++)
  startTimer(60 * day, () => stopped++)()
  vi.advanceTimersByTime(60 * day - 1)
  expect(done).toBe(0)
  vi.advanceTimersByTime(1)
  expect([done, stopped, vi.getTimerCount()]).toEqual([1, 0, 0])
})
