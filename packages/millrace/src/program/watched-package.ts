import { digestPackage, markPackage } from '@millrace/compiler'
import { nothing } from './code-file.ts'
import type { CodePackage } from './code-files.ts'

/** How long after the run's start a package need not be looked at again, in milliseconds. */
const planned = 100

/** A look at most takes this part of the time. */
const share = 1 / 20

/**
 * A package that stages of a run use. A check of it takes longer than a short call, so calls check it only now and
 * then. If a check shows a change, the results since the last check are taken back. A changed package stays changed:
 * nobody knows what was read of it meanwhile.
 */
export class WatchedPackage {
  /** Name and version. */
  readonly source: string
  readonly #package: CodePackage
  #mark: string
  #next: number
  #changed = false
  /** Whether the last call checked it, and did not rely on an earlier check. */
  #looked = false
  #over = false
  #unsure: (() => void)[] = []
  #tookBack = false

  /** @param at when the run was started, by `performance.now()` */
  constructor(used: CodePackage, at: number) {
    this.source = used.id
    this.#package = used
    this.#mark = used.mark
    this.#next = at + planned
  }

  /** Looks, if the last look is long ago; whether it has changed, as far as is known. */
  lookNowAndThen(): boolean {
    const began = performance.now()
    if (began < this.#next) {
      this.#looked = false
      return this.#changed
    }
    this.look()
    const ended = performance.now()
    this.#next = ended + (ended - began) / share
    return this.#changed
  }

  /** Whether it has changed since it was digested. */
  look(): boolean {
    if (this.#changed) return true
    const mark = markOf(this.#package)
    if (mark !== this.#mark && !isSame(this.#package)) {
      this.#changed = true
      const all = this.#unsure
      this.#unsure = []
      this.#takeBack(all)
      return true
    }
    // who writes to it what it holds has not changed it
    if (mark !== undefined) this.#mark = mark
    this.#looked = true
    this.#unsure = []
    return false
  }

  /** A call that used it has put down its result. */
  committed(takeBack: () => void): void {
    if (this.#changed || (this.#over && !this.#looked)) this.#takeBack([takeBack])
    else if (!this.#looked) this.#unsure.push(takeBack)
  }

  /** Looks at the end of the run, if results depend on it; whether any was taken back. */
  lastLook(): boolean {
    if (this.#unsure.length > 0) this.look()
    this.#over = true
    return this.#tookBack
  }

  /** @throws the first that the store throws, when all have been tried */
  #takeBack(all: readonly (() => void)[]): void {
    let failed: { readonly error: unknown } | undefined
    for (const takeBack of all)
      try {
        this.#tookBack = true
        takeBack()
      } catch (error) {
        failed ??= { error }
      }
    if (failed) throw failed.error
  }
}

function markOf({ root }: CodePackage): string | undefined {
  try {
    return markPackage(root).text
  } catch (error) {
    return nothing(error)
  }
}

function isSame({ root, digest }: CodePackage): boolean {
  try {
    return digestPackage(root) === digest
  } catch (error) {
    return nothing(error) ?? false
  }
}
