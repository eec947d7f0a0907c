import { digestPackage, markPackage } from '@millrace/compiler'
import type { CodePackage } from './code-files.ts'

/** How long after the plan is made a package need not be looked at again, in milliseconds. */
const fresh = 100

/** A look at most takes this part of the time. */
const share = 1 / 20

/**
 * A package of a run's stages. To look through one takes longer than a short call does, so calls look now and then;
 * what they committed since the last look is taken back where the next one shows that somebody wrote to the package.
 */
export class WatchedPackage {
  /** Name and version. */
  readonly source: string
  readonly #package: CodePackage
  #seen: string
  #next = performance.now() + fresh
  #planned = true
  /** Whether it was looked at after the last call that asked. */
  #sure = false
  #unsure: (() => void)[] = []

  constructor(used: CodePackage) {
    this.source = used.id
    this.#package = used
    this.#seen = used.mark
  }

  /** Whether it is as it was planned, as far as was seen lately. */
  seemsPlanned(): boolean {
    const began = performance.now()
    if (began < this.#next) {
      this.#sure = false
      return this.#planned
    }
    this.isPlanned()
    const ended = performance.now()
    this.#next = ended + (ended - began) / share
    return this.#planned
  }

  /** Whether it is as it was planned. */
  isPlanned(): boolean {
    const { root, digest } = this.#package
    const mark = markPackage(root).text
    this.#sure = true
    if (mark !== this.#seen) {
      // also where it was put back: a call may have read what was there between
      for (const takeBack of this.#unsure) takeBack()
      this.#planned = digestPackage(root) === digest
      this.#seen = mark
    }
    this.#unsure = []
    return this.#planned
  }

  /** A call that used it has put down its result. */
  committed(takeBack: () => void): void {
    if (!this.#sure) this.#unsure.push(takeBack)
    else if (!this.#planned) takeBack()
  }

  /** Looks once more where results depend on it: whether it is as it was planned. */
  lastLook(): boolean {
    return this.#unsure.length === 0 || this.isPlanned()
  }
}
