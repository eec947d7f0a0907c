import { expect, onTestFinished, test, vi } from 'vitest'
import { RunClock } from '../src/events/run-clock.ts'

test('after a time to come the time of the same millisecond is that of now, not the one told before', () => {
  vi.useFakeTimers({ now: new Date('2030-01-01T12:00:00Z') })
  onTestFinished(() => void vi.useRealTimers())
  const clock = new RunClock('2030-01-01T11:59:00Z')
  expect(clock.time()).toBe('2030-01-01T12:00:00.000Z')
  vi.advanceTimersByTime(2000)
  expect(clock.time(1000)).toBe('2030-01-01T12:00:03.000Z')
  expect(clock.time()).toBe('2030-01-01T12:00:02.000Z')
})
