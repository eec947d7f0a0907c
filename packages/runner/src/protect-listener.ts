import { storage } from './per-stage.ts'

type Listener = (...given: never[]) => void
const held = new Set<{ readonly event: string; readonly listener: Listener }>()

/**
 * Adds a listener to this process that no stage can take away, nor call by emitting the event itself. Returns the way
 * back.
 */
export function protectListener(event: string, listener: Listener): () => void {
  const guarded = (...given: never[]): void => {
    if (!storage.getStore()) listener(...given)
  }
  return keepListener(event, guarded)
}

/** Like protectListener, for what a stage's code may raise. */
export function keepListener(event: string, listener: Listener): () => void {
  const entry = { event, listener }
  held.add(entry)
  process.on(event as never, listener as never)
  return () => {
    held.delete(entry)
    process.off(event as never, listener as never)
  }
}

/** Adds again what a stage has taken away; as nobody's, or a signal would come to it as the stage's own. */
export function putBack(): void {
  storage.exit(() => {
    for (const { event, listener } of held)
      if (!process.listeners(event as never).includes(listener as never)) process.on(event as never, listener as never)
  })
}
