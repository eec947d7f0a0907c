import { fstatSync, readSync } from 'node:fs'
import type { Metric } from '@millrace/ir'
import { closeFile, openRegular, storeFailed } from '@millrace/store'

const lookEvery = 250
const chunk = 64 * 1024
/** What may be otherwise at the next look: no metric is lost for it. */
const passing = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO'])

/**
 * Tells the metrics of a file while other processes append to it, each line once and in order. The file is looked at
 * now and then, so that it doesn't matter who writes.
 */
export class MetricTail {
  readonly #path: string
  readonly #tell: (metric: Metric) => void
  readonly #timer: NodeJS.Timeout
  #offset = 0
  #failure: { readonly error: unknown } | undefined
  #rest: Buffer = Buffer.alloc(0)

  constructor(path: string, tell: (metric: Metric) => void) {
    this.#path = path
    this.#tell = tell
    this.#timer = setInterval(() => this.#look(), lookEvery).unref()
  }

  /** Tells what has come since; `last`: nothing is looked at later. */
  read(last = false): void {
    const fd = this.#open(last)
    if (fd === undefined) return
    try {
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(chunk, fstatSync(fd).size - this.#offset)))
      for (;;) {
        const count = bytes.length === 0 ? 0 : readSync(fd, bytes, 0, bytes.length, this.#offset)
        if (count === 0) return
        this.#offset += count
        this.#take(bytes.subarray(0, count))
      }
    } finally {
      closeFile(fd)
    }
  }

  /** None is there until the first metric; the stage may put what it likes in its place. */
  #open(last: boolean): number | undefined {
    try {
      return openRegular(this.#path)
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (last && passing.has(code)) throw storeFailed('read', this.#path, error)
      return undefined
    }
  }

  /** Tells the rest, and looks no more. Throws what telling threw. */
  close(): void {
    clearInterval(this.#timer)
    if (this.#failure) throw this.#failure.error
    this.read(true)
    this.#line(this.#rest)
  }

  /** In a timer nobody catches an error. */
  #look(): void {
    try {
      this.read()
    } catch (error) {
      clearInterval(this.#timer)
      this.#failure = { error }
    }
  }

  #take(bytes: Buffer): void {
    const held = Buffer.concat([this.#rest, bytes])
    let from = 0
    for (let to = held.indexOf(10); to !== -1; from = to + 1, to = held.indexOf(10, from))
      this.#line(held.subarray(from, to))
    this.#rest = held.subarray(from)
  }

  #line(bytes: Buffer): void {
    let metric: Metric | null
    try {
      metric = JSON.parse(bytes.toString()) as Metric | null
    } catch {
      // not a line of the contract, or cut by a kill
      return
    }
    if (typeof metric?.name === 'string' && Number.isFinite(metric.value)) this.#tell(metric)
  }
}
