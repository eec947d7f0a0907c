import type { Event } from '@millrace/ir'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { plainView } from '../../packages/millrace/src/cli/progress/plain.ts'
import type { View } from '../../packages/millrace/src/cli/progress/view.ts'

beforeEach(() => vi.useFakeTimers({ now: new Date('2030-01-01T00:00:00Z') }))
afterEach(() => vi.useRealTimers())

type Bare<E> = E extends Event ? Omit<E, 'run' | 'time'> : never

/** What the view of a run without a terminal writes, without the time before each line. */
function watching(): { view: View; tell(...events: Bare<Event>[]): void; lines(): string[] } {
  let text = ''
  const view = plainView(
    (more) => {
      text += more
    },
    () => 3,
  )
  return {
    view,
    tell(...events) {
      for (const event of events) view.event({ run: 'r', time: new Date().toISOString(), ...event } as Event)
    },
    lines() {
      const all = text.split('\n').filter(Boolean)
      text = ''
      return all.map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} /, ''))
    },
  }
}

const started = (node: string, index?: number[]): Bare<Event> => ({
  event: 'stage.started',
  node,
  ...(index ? { index } : {}),
  attempt: 1,
  resources: {},
})
const succeeded = (node: string, index?: number[]): Bare<Event> => ({
  event: 'stage.succeeded',
  node,
  ...(index ? { index } : {}),
  attempt: 1,
  seconds: 1,
  output: null,
})
const metric = (node: string, value: number): Bare<Event> => ({
  event: 'metric',
  node,
  attempt: 1,
  name: 'loss',
  value,
})

test('when nothing was printed for 30 s, a line says what runs, how long, and how much there is to do', () => {
  const { view, tell, lines } = watching()
  tell({ event: 'run.progress', known: 40 })
  tell(started('read'), succeeded('read'), started('train', [0]), started('train', [1]), started('train', [2]))
  tell(started('train', [3]), metric('read', 1))
  vi.advanceTimersByTime(29_000)
  expect(lines()).toHaveLength(6)
  vi.advanceTimersByTime(2000)
  expect(lines()).toEqual([
    'still running after 30 s: train[0] (30 s), train[1] (30 s), train[2] (30 s) and 1 more; 1 of 40 ended, 4 running, 35 waiting',
  ])
  vi.advanceTimersByTime(28_000)
  expect(lines()).toEqual([])
  vi.advanceTimersByTime(1000)
  expect(lines()).toHaveLength(1)
  tell(succeeded('train', [0]), succeeded('train', [1]), succeeded('train', [2]))
  tell({ event: 'stage.waiting', node: 'big', reason: 'needs gpu 1 (0 of 1 free)' })
  vi.advanceTimersByTime(29_900)
  tell({ ...metric('train', 0.123456789), index: [3] } as Bare<Event>)
  vi.advanceTimersByTime(31_000)
  expect(lines().slice(-2)).toEqual([
    'train[3] loss = 0.123456789',
    'still running after 2 min 0 s: train[3] (2 min 0 s, loss 0.123457), big (waiting 1 min 0 s); 4 of 40 ended, 1 running, 35 waiting',
  ])
  view.close()
  vi.advanceTimersByTime(100_000)
  expect(lines()).toEqual([])
})

test('each call has a line for its end; its start has one if it is noticed', () => {
  const { tell, lines, view } = watching()
  for (let i = 0; i < 1000; i++) tell(started('step', [i]), succeeded('step', [i]))
  view.event({ run: 'r', time: new Date().toISOString(), ...started('step', [1000]) } as Event)
  vi.advanceTimersByTime(500)
  const all = lines()
  expect(all.filter((line) => line.endsWith('started'))).toHaveLength(10)
  expect(all.filter((line) => line.includes('succeeded'))).toHaveLength(1000)
  vi.advanceTimersByTime(2000)
  expect(lines()).toEqual(['step[1000] started'])
  view.close()
})

test('what stood in the cache is one line for a map', () => {
  const { tell, lines, view } = watching()
  for (let i = 0; i < 10_000; i++) {
    tell({ event: 'stage.cached', node: 'step', index: [i], from: 'r0', output: null })
    tell({ event: 'stage.skipped', node: 'check', index: [i], because: 'input.go is false' })
  }
  tell({ event: 'stage.cached', node: 'single', index: [0], from: 'r0', output: null })
  tell({ event: 'stage.cached', node: 'report', from: 'r0', output: null })
  view.close()
  expect(lines()).toEqual([
    'step: 10000 calls cached from r0',
    'check: 10000 calls skipped: input.go is false',
    'single[0] cached from r0',
    'report cached from r0',
  ])
})

test('a metric that changes all the time has a line a second, and one for its last value', () => {
  const { tell, lines, view } = watching()
  tell(started('train'))
  for (let i = 0; i < 1000; i++) {
    tell(metric('train', i))
    vi.advanceTimersByTime(3)
  }
  tell(succeeded('train'))
  view.close()
  expect(lines()).toEqual([
    'train started',
    'train loss = 0',
    'train loss = 334',
    'train loss = 668',
    'train loss = 999',
    'train succeeded in 1.00 s',
  ])
})

test('a line stays one line, whatever a message holds', () => {
  const { tell, lines, view } = watching()
  const cause = {
    code: 'stage-threw',
    severity: 'error',
    message: 'one\ntwo',
    at: { pipeline: 'p', node: 'a' },
    fix: 'x.',
  }
  tell(started('a'))
  tell({ event: 'log', node: 'a', attempt: 1, level: 'info', message: 'first\nsecond\u001b[2J\u001b]0;title\u0007' })
  tell({ event: 'log', node: 'a', attempt: 1, level: 'info', message: '10%\r50%\r\u001b[32m100%\u001b[0m\r' })
  tell({ event: 'stage.failed', node: 'a', attempt: 1, cause, log: '' } as Bare<Event>)
  view.close()
  expect(lines()).toEqual(['a started', 'a | first', 'a | second', 'a | 100%', 'a failed: one …'])
})
