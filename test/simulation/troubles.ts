import { Random } from '../faults/random.ts'
import type { SimPod } from './api-server.ts'
import type { Fate } from './pod-life.ts'

/** What ends a stage for good, whatever a driver does. */
export type Fatal = 'Job deleted' | 'Job suspended again and again' | 'rights taken' | 'no marker' | 'no start'

/** When a driver is killed: at a time, at its nth event, or between a commit and the journal. */
export type Kill =
  | { readonly at: 'time'; readonly milliseconds: number }
  | { readonly at: 'event'; readonly count: number }
  | { readonly at: 'commit'; readonly count: number }

/** All that goes wrong in one seed, decided before it begins or by its own numbers. */
export class Troubles {
  readonly random: Random
  readonly calm: boolean
  /** Of a request: chances of being refused, and of no answer. */
  readonly refused: number
  readonly cut: number
  readonly ownersRefused: boolean
  /** Longest time that an event of a watch may take. */
  readonly lag: number
  readonly watchBreaks: number
  readonly toldTwice: number
  readonly kills: readonly Kill[]
  /** Another driver beside it: another pod of the same Job, or the one of another plan with the same Jobs. */
  readonly twin: 'pod' | 'plan' | undefined
  /** How often another manager applies the reviewed manifests over a Job that runs. */
  readonly suspensions: number
  readonly fatal: Fatal | undefined
  /** A share of pods has another end than its own. */
  readonly #illFated: number
  readonly #counts = new Map<string, number>()

  /** @param only what alone goes wrong, of a calm world */
  constructor(seed: string, only?: Fatal | 'none') {
    this.random = new Random(`troubles ${seed}`)
    const { random } = this
    this.calm = random.below(5) === 0 || only !== undefined
    const maybe = (chance: number, most: number) => (!this.calm && random.next() < chance ? random.next() * most : 0)
    this.refused = maybe(0.6, 0.3)
    this.cut = maybe(0.4, 0.2)
    this.ownersRefused = !this.calm && random.below(4) === 0
    this.lag = this.calm ? 20 : random.pick([20, 300, 3000])
    this.watchBreaks = maybe(0.4, 0.15)
    this.toldTwice = maybe(0.5, 0.4)
    this.#illFated = maybe(0.6, 0.6)
    const kills = this.calm ? 0 : random.pick([0, 0, 1, 1, 2, 3])
    this.kills = Array.from({ length: kills }, () => this.#kill())
    this.twin = !this.calm && random.below(5) === 0 ? random.pick(['pod', 'plan'] as const) : undefined
    this.suspensions = !this.calm && random.below(5) === 0 ? 1 + random.below(2) : 0
    this.fatal =
      !this.calm && random.below(10) === 0
        ? random.pick<Fatal>(['Job deleted', 'Job suspended again and again', 'rights taken'])
        : undefined
    if (only !== undefined && only !== 'none') this.fatal = only
  }

  #kill(): Kill {
    const at = this.random.pick(['time', 'event', 'event', 'commit'] as const)
    if (at === 'time') return { at, milliseconds: this.random.below(15_000) }
    return { at, count: 1 + this.random.below(at === 'commit' ? 4 : 25) }
  }

  chance(of: number): boolean {
    return of > 0 && this.random.next() < of
  }

  /** No item is ill-fated more often than its Job forgives. */
  fateOf({ job, index }: SimPod, retries: number): Fate {
    if (this.fatal === 'no marker') return 'silent'
    if (this.fatal === 'no start') return 'not started'
    if (!this.chance(this.#illFated)) return 'none'
    const fate = this.random.pick(['deleted', 'evicted', 'evicted', 'not started', 'out of memory'] as const)
    const counted = fate === 'not started' ? 'deleted' : fate
    const key = `${job.name} ${job.mapped ? index : ''} ${counted}`
    const count = this.#counts.get(key) ?? 0
    if (count >= { deleted: 2, evicted: 4, 'out of memory': Math.max(0, retries - 2) }[counted]) return 'none'
    this.#counts.set(key, count + 1)
    return fate
  }
}
