import { type LoadedStage, threadTime } from '@millrace/runner'

/** Milliseconds in which stages blocked this thread in the synchronous first part of their calls. */
let kept = 0

/** What this thread had done at some time. */
interface Mark {
  readonly at: number
  readonly loop: ReturnType<typeof performance.eventLoopUtilization>
  /** Milliseconds. */
  readonly processor: number
}

let last: Mark | undefined

/** As it was up to 2 ms ago: asking for each of many short calls would cost more than they do. */
function mark(now: number): Mark {
  if (!last || now - last.at > 2) last = { at: now, loop: performance.eventLoopUtilization(), processor: threadTime() }
  return last
}

/** Measures one call among others in this thread. */
export class CallMeter {
  /** The same stage, measured. */
  readonly stage: LoadedStage
  readonly #made = performance.now()
  readonly #mark = mark(this.#made)
  #began = this.#made
  #keptBefore = 0
  /** Milliseconds before it waited for the first time: by the clock, and of the processor. */
  #first = { clock: 0, processor: 0 }

  constructor(stage: LoadedStage) {
    this.stage = {
      ...stage,
      run: (input, context) => {
        const began = performance.now()
        this.#began = began
        this.#keptBefore = kept
        try {
          return stage.run(input, context)
        } finally {
          const clock = performance.now() - began
          kept += clock
          this.#first = { clock, processor: clock < 1 ? clock : Math.min(clock, threadTime() - this.#mark.processor) }
        }
      },
    }
  }

  /** Seconds from when its code began, without those in which others kept the thread. */
  get seconds(): number {
    const others = kept - this.#keptBefore - this.#first.clock
    return (performance.now() - this.#began - others) / 1000
  }

  /**
   * Whether it computed longer than some milliseconds; undefined where that can't be told from what ran beside it. The
   * costly question is asked only where the cheap one leaves a doubt.
   */
  exceeds(milliseconds: number): boolean | undefined {
    if (this.#first.processor > milliseconds) return true
    if (performance.now() - this.#made <= milliseconds) return false
    const { loop, processor } = this.#mark
    if (performance.eventLoopUtilization(loop).active <= milliseconds) return false
    return threadTime() - processor <= milliseconds ? false : undefined
  }
}
