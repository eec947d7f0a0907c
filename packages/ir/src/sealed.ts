import { digestBytes } from './digest.ts'
import { parseJson } from './json-text.ts'

const opening = /^\{"check":"(sha256:[0-9a-f]{64})","value":/
const closing = '}\n'

/** A value as the text of a file that tells whether it is whole: `{ check, value }`. */
export function withChecksum(value: unknown): string {
  const text = JSON.stringify(value)
  return `{"check":"${digestBytes(text)}","value":${text}${closing}`
}

/** The value in such a text; undefined where any of it is not what was written. */
export function parseChecksummed(text: string): unknown {
  const [start, check] = opening.exec(text) ?? []
  if (start === undefined || !text.endsWith(closing)) return undefined
  const inner = text.slice(start.length, -closing.length)
  return digestBytes(inner) === check ? parseJson(inner) : undefined
}
