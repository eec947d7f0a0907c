import { exitCodes } from './exit.ts'

const codes = { SIGINT: exitCodes.interrupt, SIGTERM: exitCodes.terminate, SIGHUP: exitCodes.hangup } as const

/** What ends a run from outside: the first signal cancels it, a second one ends it at once. */
export class Signals {
  readonly #cancel = new AbortController()
  readonly #kill = new AbortController()
  readonly #undo: (() => void)[] = []
  /** The exit code of what cancelled the run. */
  exit: number | undefined

  constructor() {
    for (const [name, code] of Object.entries(codes)) {
      const handler = () => this.#came(code)
      process.on(name, handler)
      this.#undo.push(() => process.off(name, handler))
    }
    const closed = () => this.cancel(exitCodes.closedOutput)
    process.on('millrace:closed' as never, closed as never)
    this.#undo.push(() => process.off('millrace:closed' as never, closed as never))
  }

  get signal(): AbortSignal {
    return this.#cancel.signal
  }

  get kill(): AbortSignal {
    return this.#kill.signal
  }

  #came(code: number): void {
    if (this.#cancel.signal.aborted) this.#kill.abort()
    else this.cancel(code)
  }

  cancel(code: number, reason?: unknown): void {
    this.exit ??= code
    this.#cancel.abort(reason)
  }

  release(): void {
    for (const undo of this.#undo) undo()
  }
}
