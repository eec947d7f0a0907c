import { plainLine } from '../support/terminal.ts'

/** `12 s`, `3 min 5 s`. */
export function since(time: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - time) / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `loss 0.25, accuracy 0.9`. */
export const showMetrics = (metrics: ReadonlyMap<string, number>): string =>
  [...metrics]
    .slice(-3)
    .map(([name, value]) => `${plainLine(name)} ${Number(value.toPrecision(6))}`)
    .join(', ')
