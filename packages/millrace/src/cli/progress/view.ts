import type { Event } from '@millrace/ir'

/** Shows a run on stderr while it runs. */
export interface View {
  event(event: Event): void
  /** How many stages there are, as far as is known. */
  known(stages: number): void
  /** Nothing of it may appear after this. */
  close(): void
}

export const quietView: View = { event() {}, known() {}, close() {} }
