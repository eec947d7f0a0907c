import { millisecondsOf } from '@millrace/ir'
import { StageFailure, startTimer } from '@millrace/runner'
import type { AttemptRequest } from './attempt-request.ts'

/** The timeout of one attempt, which counts from when its code starts. */
export class Timeout {
  /** Milliseconds. */
  readonly after: number
  readonly #node: string
  readonly #given: string | undefined
  #late: AbortController | undefined
  #failure: StageFailure | undefined
  #stop: (() => void) | undefined

  constructor({ node, options }: AttemptRequest) {
    const { timeout } = options
    this.#node = node.id
    this.#given = timeout
    this.after = timeout === undefined ? Number.POSITIVE_INFINITY : (millisecondsOf(timeout) ?? 0)
  }

  /** Made for who needs it: an error is dear to make, and hardly any attempt has a timeout. */
  get failure(): StageFailure {
    this.#failure ??= new StageFailure(
      'stage-timeout',
      `"${this.#node}" did not end within its timeout of ${this.#given}`,
      'Give it a longer timeout, or make it end sooner when context.signal is aborted.',
    )
    return this.#failure
  }

  /** Aborted when it is over; its reason is the failure. */
  get signal(): AbortSignal {
    this.#late ??= new AbortController()
    return this.#late.signal
  }

  get limited(): boolean {
    return Number.isFinite(this.after)
  }

  /** Gives when it is over, in milliseconds of `performance.now()`. */
  start(): number {
    // the timer is unreferenced: `beforeExit` still tells that nothing can settle the promise
    if (this.limited) this.#stop ??= startTimer(this.after, () => this.#end())
    return performance.now() + this.after
  }

  #end(): void {
    this.#late ??= new AbortController()
    this.#late.abort(this.failure)
  }

  stop(): void {
    this.#stop?.()
  }
}
