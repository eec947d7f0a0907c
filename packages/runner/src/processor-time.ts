import { createHook } from 'node:async_hooks'
import { type StageScope, storage } from './per-stage.ts'

/** Milliseconds that this thread has computed; where Node can't tell (before 23.9), that it has lived. */
export const threadTime = (): number => {
  if (!process.threadCpuUsage) return performance.now()
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

let current: StageScope | undefined
let since = 0
const outer: (StageScope | undefined)[] = []

function turnTo(next: StageScope | undefined): void {
  if (next === current) return
  const now = threadTime()
  if (current) current.processor = (current.processor ?? 0) + now - since
  current = next
  since = now
}

/**
 * From now on each attempt of this process is told of the processor time of its own code, also where several take
 * turns. Every promise costs a little more for it.
 */
export function countProcessorTime(): void {
  createHook({
    before() {
      outer.push(current)
      turnTo(storage.getStore())
    },
    after() {
      turnTo(outer.pop())
    },
  }).enable()
}

/** Runs what begins an attempt: no hook tells of it. */
export function counted<T>(scope: StageScope, body: () => T): T {
  const before = current
  turnTo(scope)
  try {
    return body()
  } finally {
    turnTo(before)
  }
}
