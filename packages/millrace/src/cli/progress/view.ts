import type { Event } from '@millrace/ir'

/** Shows a run on stderr while it runs. */
export interface View {
  event(event: Event): void
  /** Nothing of it may appear after this. */
  close(): void
}

export const quietView: View = { event() {}, close() {} }
