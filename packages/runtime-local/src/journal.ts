import type { Event } from '@millrace/ir'
import type { RunFolder } from '@millrace/store'

type Bare<E> = E extends Event ? Omit<E, 'run' | 'time'> : never

/** Where every event goes: into the run's journal, and to whoever listens. */
export class Journal {
  readonly #folder: RunFolder
  readonly #listen: ((event: Event) => void) | undefined

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
    this.#listen?.(event)
  }
}
