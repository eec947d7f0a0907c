import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Json, Metric } from '@millrace/ir'
import { eventLimit } from '@millrace/store'
import type { Cause } from './calls.ts'
import { type Line, Tail } from './tail.ts'
import type { Exit } from './views.ts'

/** Characters of the end of a log that a failure carries. */
const tailSize = 4096
/** Characters of a line that its event carries, as in a local run. */
const lineLimit = 64 * 1024

interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly data?: Json
}

/** Where an attempt writes, and who is told. */
export interface Followed {
  /** Its folder in the store. */
  readonly folder: string
  /** Where its log goes in the run. */
  logFile(): string
  metric(metric: Metric): void
  log(line: LogLine): void
}

/** A line of `log.jsonl`: what the stage logged by `context.log`, and where its text stands in `log.txt`. */
interface Logged extends LogLine {
  readonly at: number
  readonly size: number
}

/** One pod's attempt at an item, followed by what it writes. */
export class Attempt {
  readonly number: number
  readonly pod: string
  readonly metrics: Metric[] = []
  readonly began = performance.now()
  /** It was told that the attempt failed. */
  failed = false
  /** How its container ended, where the pod may still be about to say why. */
  exit: Exit | undefined
  /** What its process said of its failure, where another may be to blame. */
  cause: Cause | undefined
  /** The end of its log. */
  tail = ''
  readonly #of: Followed
  readonly #metrics: Tail
  readonly #text: Tail
  readonly #logged: Tail
  readonly #pending: Logged[] = []
  #log: string | undefined
  #told = 0

  constructor(number: number, pod: string, followed: Followed) {
    this.number = number
    this.pod = pod
    this.#of = followed
    this.#metrics = new Tail(join(followed.folder, 'metrics.jsonl'))
    this.#text = new Tail(join(followed.folder, 'log.txt'))
    this.#logged = new Tail(join(followed.folder, 'log.jsonl'))
  }

  /** Tells what was written since the last look. */
  look(): void {
    this.#tell(false)
  }

  /** The same, when nothing more will be written. */
  end(): void {
    this.#tell(true)
  }

  /** Where its log lies in the run; missing when it printed nothing. */
  get log(): string | undefined {
    return this.#log
  }

  #tell(over: boolean): void {
    for (const lines of this.#metrics.lines(over)) for (const { text } of lines) this.#metric(text)
    for (const lines of this.#text.lines(over)) {
      this.#know(lines.at(-1)?.offset ?? 0, over)
      this.#keep(lines)
    }
  }

  #metric(text: string): void {
    const written = parsed<Partial<Metric>>(text)
    if (typeof written?.name !== 'string' || typeof written.value !== 'number' || !Number.isFinite(written.value))
      return
    const { name, value, step, time } = written
    const metric: Metric = {
      name,
      value,
      ...(typeof step === 'number' ? { step } : {}),
      // a result whose metrics are not whole would never be found again
      time: typeof time === 'string' ? time : new Date().toISOString(),
    }
    this.metrics.push(metric)
    this.#of.metric(metric)
  }

  /** Reads what tells of the text up to an offset. It is written before the text, so nothing of it is missing. */
  #know(offset: number, over: boolean): void {
    if (this.#told > eventLimit || (this.#pending.at(-1)?.at ?? -1) >= offset) return
    for (const lines of this.#logged.lines(over)) {
      for (const { text } of lines) {
        const line = parsed<Logged>(text)
        if (typeof line?.at === 'number') this.#pending.push(line)
      }
      if ((this.#pending.at(-1)?.at ?? -1) >= offset) return
    }
  }

  #keep(lines: readonly Line[]): void {
    this.#log ??= this.#newLog()
    const text = lines.map((line) => (line.ends ? `${line.text}\n` : line.text)).join('')
    appendFileSync(this.#log, text)
    this.tail = (this.tail + text).slice(-tailSize)
    for (const line of lines) if (line.begins) this.#line(line)
  }

  /** What a driver before this one has kept of the same log is kept again; a replayed one may be another run's file. */
  #newLog(): string {
    const file = this.#of.logFile()
    rmSync(file, { force: true })
    return file
  }

  #line({ text, offset }: Line): void {
    if (this.#told > eventLimit) return
    this.#told += text.length + 1
    if (this.#told > eventLimit)
      return this.#of.log({ level: 'info', message: `[more in ${this.#log}, and in the log of the pod]` })
    while (this.#pending[0] && this.#pending[0].at + this.#pending[0].size <= offset) this.#pending.shift()
    const logged = this.#pending[0]
    if (!logged || offset < logged.at) {
      const message = text.replace(/\r$/, '').slice(0, lineLimit)
      return this.#of.log({ level: 'info', message })
    }
    // a message of several lines is one event
    if (offset > logged.at) return
    const { level, message, data } = logged
    this.#of.log({ level, message, ...(data === undefined ? {} : { data }) })
  }
}

/** A line that a kill has cut, or that is not of the contract, is none. */
function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}
