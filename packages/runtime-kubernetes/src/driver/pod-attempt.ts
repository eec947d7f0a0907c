import { attemptFileNames, type LogLine, type Metric, markerLimits, metricIn } from '@millrace/ir'
import { type ForeignFolder, OddFile } from '@millrace/store'
import type { Exit } from '../api/views.ts'
import { AttemptLog, type HeldLogs } from './attempt-log.ts'
import type { Cause } from './failures.ts'
import { GrowingFile } from './growing-file.ts'
import { type Line, Lines } from './lines.ts'

/** Bytes of `metrics.jsonl` that are looked at, as by its runner; of one look; and of a line, however it is escaped. */
const [mostMetricBytes, metricsAtOnce, metricLine] = [4 * 1024 * 1024, 256 * 1024, 64 * 1024]

/** Where an attempt writes, and who is told. */
export interface Followed {
  /** Gives its folder in the store, if it is there. @throws OddFile */
  inFolder(work: (folder: ForeignFolder) => void): void
  /** Where its log goes in the run. */
  logFile(): string
  metric(metric: Metric): void
  readonly heldLogs: HeldLogs
  log(line: LogLine): void
}

/** One pod's attempt at an item, followed by what it writes. */
export class Attempt {
  readonly number: number
  readonly pod: string
  readonly began = performance.now()
  /** When it was looked at last. */
  looked = 0
  /** It was told that the attempt failed. */
  failed = false
  /** How its container ended, where the pod may still be about to say why. */
  exit: Exit | undefined
  /** What its process said of its failure, where another may be to blame. */
  cause: Cause | undefined
  /** What stands in its folder that no runner leaves there: nothing more is read of it. */
  odd: OddFile | undefined
  readonly #of: Followed
  readonly #metrics = new GrowingFile(attemptFileNames.metrics)
  readonly #metricLines = new Lines(metricLine)
  readonly #log: AttemptLog
  #told = 0

  constructor(number: number, pod: string, followed: Followed) {
    this.number = number
    this.pod = pod
    this.#of = followed
    this.#log = new AttemptLog(followed.logFile, followed.log, followed.heldLogs)
  }

  /** Tells what was written since the last look, or some of it. */
  look(): void {
    this.looked = performance.now()
    this.#tell(false)
  }

  /** The same, when nothing more will be written. */
  end(): void {
    this.#tell(true)
  }

  /** Tells those of its metrics, all of which these are, that were not told yet. */
  measured(all: readonly Metric[]): void {
    for (const metric of all.slice(this.#told)) this.#of.metric(metric)
  }

  /** Where its log lies in the run; missing when it printed nothing. */
  get log(): string | undefined {
    return this.#log.file
  }

  /** The end of its log. */
  get tail(): string {
    return this.#log.tail
  }

  #tell(over: boolean): void {
    if (this.odd) return
    try {
      this.#of.inFolder((folder) => {
        const left = this.#hasAll ? 0 : mostMetricBytes - this.#metrics.offset
        this.#metrics.read(folder, over ? left : Math.min(metricsAtOnce, left), (bytes) => {
          this.#measure(this.#metricLines.take(bytes))
          return !this.#hasAll
        })
        if (over) this.#measure(this.#metricLines.last())
        this.#log.look(folder, over)
      })
    } catch (error) {
      if (!(error instanceof OddFile)) throw error
      this.odd = error
      this.#log.forget()
    }
  }

  get #hasAll(): boolean {
    return this.#told === markerLimits.metrics
  }

  #measure(lines: readonly Line[]): void {
    for (const { text, begins, ends } of lines) {
      if (this.#hasAll) return
      const metric = begins && ends ? metricIn(text) : undefined
      if (!metric) continue
      this.#told++
      this.#of.metric(metric)
    }
  }
}
