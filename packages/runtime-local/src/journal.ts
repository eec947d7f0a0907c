import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '@millrace/ir'
import type { RunFolder } from '@millrace/store'

type Bare<E> = E extends Event ? Omit<E, 'run' | 'time'> : never

/** Where every event goes: into the run's journal, and to whoever listens. */
export class Journal {
  readonly #folder: RunFolder
  readonly #listen: ((event: Event) => void) | undefined
  #metrics = ''

  constructor(folder: RunFolder, listen: ((event: Event) => void) | undefined) {
    this.#folder = folder
    this.#listen = listen
  }

  emit(bare: Bare<Exclude<Event, { event: 'run.finished' }>>): void {
    const { event, ...rest } = bare
    this.write({ event, run: this.#folder.id, time: new Date().toISOString(), ...rest } as Event)
  }

  write(event: Event): void {
    this.#folder.append(event)
    if (event.event === 'metric') this.#metric(event)
    else if (event.event === 'run.finished') this.#flushMetrics()
    this.#listen?.(event)
  }

  /** Metrics also stand in a file of their own, so that a plot need not read the whole journal. */
  #metric({ event: _, run: __, ...metric }: Extract<Event, { event: 'metric' }>): void {
    this.#metrics += `${JSON.stringify(metric)}\n`
    if (this.#metrics.length > 64 * 1024) this.#flushMetrics()
  }

  #flushMetrics(): void {
    if (this.#metrics === '') return
    try {
      appendFileSync(join(this.#folder.path, 'metrics.jsonl'), this.#metrics)
    } catch {
      // the journal has them too, and says what is wrong with the disk
    }
    this.#metrics = ''
  }
}
