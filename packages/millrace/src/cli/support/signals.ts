import { readFileSync } from 'node:fs'
import { exitWith, protectListener } from '@millrace/runner'
import { exitCodes, patience } from './exit.ts'

const codes = { SIGINT: exitCodes.interrupt, SIGTERM: exitCodes.terminate, SIGHUP: exitCodes.hangup } as const

/** A wrapper may pass on what a terminal sends to its whole group anyway, as tsx does: signals so near are one. */
const together = 250

/** What ends a run from outside: the first signal cancels it, a second one ends it at once. */
export class Signals {
  readonly #cancel = new AbortController()
  readonly #kill = new AbortController()
  readonly #undo: () => void
  #first = Number.NEGATIVE_INFINITY
  #over = false
  /** The exit code of what cancelled the run. */
  exit: number | undefined

  constructor() {
    const deaf = hangupIgnored()
    for (const [name, code] of Object.entries(codes))
      protectListener(name, () => {
        if (name !== 'SIGHUP' || !deaf) this.#came(code)
      })
    const closed = () => this.cancel(exitCodes.closedOutput)
    process.on('millrace:closed' as never, closed as never)
    const watch = deaf ? undefined : onOrphaned(() => this.cancel(exitCodes.hangup))
    this.#undo = () => {
      clearInterval(watch)
      process.off('millrace:closed' as never, closed as never)
    }
  }

  get signal(): AbortSignal {
    return this.#cancel.signal
  }

  get kill(): AbortSignal {
    return this.#kill.signal
  }

  #came(code: number): void {
    const now = performance.now()
    if (this.#over) setTimeout(() => exitWith(code), patience).unref()
    else if (!this.#cancel.signal.aborted) {
      this.#first = now
      this.cancel(code)
    } else if (now - this.#first > together) this.#kill.abort()
  }

  cancel(code: number, reason?: unknown): void {
    this.exit ??= code
    this.#cancel.abort(reason)
  }

  /** The run is over: what it came to is no signal's any more. */
  release(): void {
    this.#over = true
    this.#undo()
  }
}

/** Calls when the `tsx` that stands for this process is gone, killed for good: nobody could end this one any more. */
function onOrphaned(orphaned: () => void): NodeJS.Timeout | undefined {
  if (!process.execArgv.some((word) => /tsx.dist.preflight/.test(word))) return undefined
  const parent = process.ppid
  if (!isTsx(parent)) {
    // it was gone before this process had come so far
    orphaned()
    return undefined
  }
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    orphaned()
  }, 500).unref()
  return timer
}

/** Whether a process is tsx, or one that has ended; without /proc, whether it is not process 1. */
function isTsx(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('tsx')
  } catch {
    return pid !== 1
  }
}

/**
 * Whether `nohup` started this process. Node sets all signals back to their defaults when it starts, so that what tells
 * is what nohup does besides: it puts a stdin that can only be written in the place of a terminal.
 */
function hangupIgnored(): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))?.[1]
    return flags !== undefined && (Number.parseInt(flags, 8) & 3) === 1
  } catch {
    return false
  }
}
