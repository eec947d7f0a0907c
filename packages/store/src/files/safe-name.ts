import { createHash } from 'node:crypto'

/** A node's id, or any text, as one file name: `prepare/clean` is `prepare+clean`. */
export function safeName(text: string): string {
  const safe = text.replace(/[^A-Za-z0-9._-]/g, '+').replace(/^\./, '+')
  if (safe !== '' && safe.length <= 160) return safe
  return `${safe.slice(0, 120)}+${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}
