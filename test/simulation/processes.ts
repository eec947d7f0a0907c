import { AsyncLocalStorage } from 'node:async_hooks'
import { vi } from 'vitest'

/** A process that can be killed: its timers and answers come no more. */
export class Process {
  dead = false
  readonly #ends: (() => void)[] = []

  /** Does something as this process, if it lives. */
  act<T>(work: () => T): T | undefined {
    return this.dead ? undefined : current.run(this, work)
  }

  onDeath(work: () => void): void {
    this.#ends.push(work)
  }

  kill(): void {
    if (this.dead) return
    this.dead = true
    for (const end of this.#ends) end()
  }
}

const current = new AsyncLocalStorage<Process | undefined>()

/** Does something that no process's death ends. */
export const unowned = <T>(work: () => T): T => current.run(undefined, work)

const nextTurn = setImmediate

/** A virtual clock, under which timers belong to the process that set them. */
export async function onVirtualTime<T>(work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] })
  const { setTimeout: once, setInterval: often } = globalThis
  const owned =
    (set: typeof once) =>
    (callback: () => void, milliseconds?: number): unknown => {
      const process = current.getStore()
      return set(() => (process ? process.act(callback) : unowned(callback)), milliseconds)
    }
  Object.assign(globalThis, { setTimeout: owned(once), setInterval: owned(often as never) })
  try {
    return await work()
  } finally {
    vi.useRealTimers()
  }
}

/** Lets the clock run, from timer to timer, until something has come to be; false when it took too long. */
export async function until(done: () => boolean, hours = 1): Promise<boolean> {
  const latest = Date.now() + hours * 3_600_000
  for (;;) {
    await new Promise((resolve) => nextTurn(resolve))
    if (done()) return true
    if (Date.now() > latest || vi.getTimerCount() === 0) return false
    vi.advanceTimersToNextTimer()
  }
}
