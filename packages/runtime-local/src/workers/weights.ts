import { type Digest, isDigest, isObject, parseChecksummed, withChecksum } from '@millrace/ir'
import type { Store } from '@millrace/store'

/** Milliseconds of processor time up to which a call makes its stage light, and above which heavy for good. */
const light = 5
export const heavyAbove = 20

/** As many stages as are remembered: those that were weighed last. */
const remembered = 5000

export type Weight = 'light' | 'heavy'

/** How much the stages of a store compute, by their code, from run to run. */
export class Weights {
  readonly #kept: Store['measured']
  readonly #lightUpTo: number
  #known: Map<string, Weight> | undefined
  #changed = false

  /** @param lightUpTo milliseconds */
  constructor({ measured }: Pick<Store, 'measured'>, lightUpTo = light) {
    this.#kept = measured
    this.#lightUpTo = lightUpTo
  }

  of(code: Digest): Weight | undefined {
    return this.#all.get(code)
  }

  /** A call of a stage took some milliseconds of processor time. */
  took(code: Digest, milliseconds: number): void {
    if (milliseconds > heavyAbove) this.#set(code, 'heavy')
    else if (milliseconds <= this.#lightUpTo && this.of(code) === undefined) this.#set(code, 'light')
  }

  /** A call may have taken longer than a light one's: the next is to be measured by itself. */
  doubt(code: Digest): void {
    if (this.of(code) !== 'light') return
    this.#all.delete(code)
    this.#changed = true
  }

  #set(code: Digest, weight: Weight): void {
    if (this.of(code) === weight) return
    this.#all.delete(code)
    this.#all.set(code, weight)
    this.#changed = true
  }

  /** Keeps them. That it can't is no error: they are measured again. */
  save(): void {
    if (!this.#changed) return
    this.#changed = false
    // another process may have learnt more meanwhile
    for (const [code, weight] of this.#read())
      if (weight === 'heavy' && this.of(code as Digest)) this.#set(code as Digest, weight)
    this.#kept.keep(withChecksum({ weights: [...this.#all].slice(-remembered) }))
  }

  get #all(): Map<string, Weight> {
    this.#known ??= this.#read()
    return this.#known
  }

  #read(): Map<string, Weight> {
    const known = new Map<string, Weight>()
    try {
      const kept = parseChecksummed(this.#kept.read())
      const list = isObject(kept) && Array.isArray(kept.weights) ? kept.weights : []
      for (const entry of list) {
        const [code, weight] = Array.isArray(entry) ? entry : []
        if (isDigest(code) && (weight === 'light' || weight === 'heavy')) known.set(code, weight)
      }
    } catch {
      // there are none yet, or they are damaged
    }
    return known
  }
}
