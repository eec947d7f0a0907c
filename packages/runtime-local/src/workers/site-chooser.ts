import type { Plan, PlanStage, PlanStageSpec, StageOptions } from '@millrace/ir'
import type { ExecutionSite, Here } from '../attempts/attempt-request.ts'
import type { CallMeter } from '../attempts/call-meter.ts'
import type { LocalOptions } from '../local-options.ts'
import type { Capacity, Share } from '../machine/capacity.ts'
import { heavyAbove, Weights } from './weights.ts'

/**
 * Where each call runs. A stage that nobody has measured, and one that computes long, runs in a warm worker; one that
 * hardly computes is not worth the way there.
 */
export class SiteChooser {
  readonly #options: LocalOptions
  readonly #most: number
  readonly #wide: boolean
  readonly #weights: Weights
  readonly #unloadable = new Set<string>()

  constructor({ nodes }: Plan, options: LocalOptions, { cpu }: Capacity) {
    this.#wide = nodes.some(({ kind }) => kind === 'map')
    this.#options = options
    this.#most = Math.max(1, Math.min(Math.ceil(cpu), options.jobs ?? Number.POSITIVE_INFINITY))
    this.#weights = new Weights(options.store, options.workers?.lightUpTo)
  }

  /** Where a call runs, unless in a worker. */
  known(
    { stage }: PlanStage,
    { code }: PlanStageSpec,
    share: Share,
    { isolate, timeout }: Pick<StageOptions, 'isolate' | 'timeout'>,
  ): ExecutionSite | undefined {
    // a process that is started from here anyway
    if (this.#options.load(stage).process) return here
    if (isolate === 'process') return 'process'
    const { workers } = this.#options
    // code that nobody knows can't be found again elsewhere
    if (!workers || code === undefined || this.#unloadable.has(stage)) return here
    const weights = this.#weights
    // a loop in this process could not be ended when its time is over
    if (share.gpu === 0 && timeout === undefined && weights.of(code) === 'light')
      return {
        took(meter: CallMeter) {
          const exceeds = meter.exceeds(heavyAbove)
          if (exceeds) weights.took(code, Number.POSITIVE_INFINITY)
          else if (exceeds === undefined) weights.doubt(code)
        },
      }
    return undefined
  }

  /** A worker, if it can load the stage; else this process. */
  async inWorker({ stage }: PlanStage, { code }: PlanStageSpec): Promise<ExecutionSite> {
    const { workers } = this.#options
    const weights = this.#weights
    const program = await workers?.code(stage)
    if (!workers || !program || code === undefined) return here
    return {
      program,
      stage,
      args: workers.args,
      most: this.#most,
      heavy: weights.of(code) === 'heavy',
      wide: this.#wide,
      took: (milliseconds: number) => weights.took(code, milliseconds),
    }
  }

  /** A stage whose modules could not be loaded in a worker runs in this process from now on. */
  unloadable({ stage }: PlanStage): Here {
    this.#unloadable.add(stage)
    return here
  }

  /** Keeps what was learnt for the next run. */
  close(): void {
    if (this.#options.workers) this.#weights.save()
  }
}

const here: Here = {}
