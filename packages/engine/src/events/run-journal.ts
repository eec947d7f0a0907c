import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Event, RunOutcome } from '@millrace/ir'
import { appendStored, type RunFolder } from '@millrace/store'
import { RunClock } from './run-clock.ts'

type Bare<E> = E extends Event ? Omit<E, 'run' | 'time'> : never

/** Where every event goes: into the run's journal, and to whoever listens. */
export class RunJournal {
  readonly #folder: RunFolder
  readonly #listen: ((event: Event) => void) | undefined
  readonly #clock: RunClock
  #metrics = ''
  #failure: { readonly error: unknown } | undefined

  constructor(folder: RunFolder, listen: ((event: Event) => void) | undefined) {
    this.#folder = folder
    this.#listen = listen
    this.#clock = new RunClock(folder.started)
    // what counts of them is told again
    if (folder.resumed) this.#forgetMetrics()
  }

  emit(bare: Bare<Exclude<Event, { event: 'run.finished' }>>): void {
    const { event, ...rest } = bare
    this.#write({ event, run: this.#folder.id, time: this.#clock.time(), ...rest } as Event)
  }

  /** The time of an event that is due in so many milliseconds. */
  later(milliseconds: number): string {
    return this.#clock.time(milliseconds)
  }

  /** The last event, and the end of the run's folder. */
  finish(end: Omit<RunOutcome, 'run'>): RunOutcome {
    const run = this.#folder.id
    const time = this.#clock.time()
    const { status, output, errors, counts, seconds } = end
    this.#write({ event: 'run.finished', run, time, status, output, errors, counts, seconds })
    this.#folder.finish({ status, counts, seconds, finished: time })
    return { run, ...end }
  }

  #write(event: Event): void {
    this.#append(event)
    if (event.event === 'metric') this.#metric(event)
    else if (event.event === 'run.finished') this.#flushMetrics()
    this.#listen?.(event)
  }

  /** A write that fails for a log or metric is thrown by our next event: here the stage's code could catch it. */
  #append(event: Event): void {
    if (event.event !== 'log' && event.event !== 'metric') {
      if (this.#failure) throw this.#failure.error
      return this.#folder.append(event)
    }
    try {
      this.#folder.append(event)
    } catch (error) {
      this.#failure ??= { error }
    }
  }

  /** Metrics also stand in a file of their own, so that a plot need not read the whole journal. */
  #metric({ event: _, run: __, ...metric }: Extract<Event, { event: 'metric' }>): void {
    this.#metrics += `${JSON.stringify(metric)}\n`
    if (this.#metrics.length > 64 * 1024) this.#flushMetrics()
  }

  #forgetMetrics(): void {
    try {
      rmSync(this.#metricsFile, { force: true })
    } catch {
      // as in flushing them
    }
  }

  get #metricsFile(): string {
    return join(this.#folder.path, 'metrics.jsonl')
  }

  #flushMetrics(): void {
    if (this.#metrics === '') return
    try {
      appendStored(this.#metricsFile, this.#metrics)
    } catch {
      // the journal has them too, and says what is wrong with the disk
    }
    this.#metrics = ''
  }
}
