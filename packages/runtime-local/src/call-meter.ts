import { type LoadedStage, threadTime } from '@millrace/runner'

/** Milliseconds in which code of stages kept this thread, before it waited for the first time. */
let kept = 0

/** Measures one call among others in this thread. */
export class CallMeter {
  /** The same stage, measured. */
  readonly stage: LoadedStage
  readonly #processor = threadTime()
  readonly #loop = performance.eventLoopUtilization()
  #began = performance.now()
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
          this.#first = { clock, processor: clock < 1 ? clock : threadTime() - this.#processor }
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
    if (performance.eventLoopUtilization(this.#loop).active <= milliseconds) return false
    return threadTime() - this.#processor <= milliseconds ? false : undefined
  }
}
