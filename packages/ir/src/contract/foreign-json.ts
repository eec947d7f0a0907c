import { type Json, maxDepth } from '../json.ts'

/**
 * The value of a JSON text that somebody else wrote. What it would take of this process is looked at before it is
 * parsed: a text of a few megabytes can be a thousand lists in one another, or millions side by side.
 *
 * @param most how many objects, lists and things in them it may hold
 * @returns the value, or why it is refused
 */
export function foreignJson(bytes: Uint8Array, most: number): { readonly json: Json } | { readonly odd: string } {
  const odd = tooMuch(bytes, most)
  if (odd !== undefined) return { odd }
  try {
    return { json: jsonOf(bytes) }
  } catch {
    return { odd: notJson }
  }
}

export const notJson = 'it is not JSON'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @throws Error where it is none */
export const jsonOf = (bytes: Uint8Array): Json => JSON.parse(decoder.decode(bytes)) as Json

const [quote, comma, backslash] = [0x22, 0x2c, 0x5c]
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])

/** Why a text is not to be parsed whole. */
export function tooMuch(bytes: Uint8Array, most: number): string | undefined {
  let [depth, values, inText] = [0, 0, false]
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (inText) {
      if (byte === backslash) i++
      else if (byte === quote) inText = false
    } else if (byte === quote) inText = true
    else if (byte === comma) values++
    else if (opening.has(byte)) {
      values++
      // what is around the author's own value comes on top
      if (++depth > maxDepth + 10) return `it is nested more than ${maxDepth} levels deep`
    } else if (closing.has(byte)) depth--
    if (values > most) return `it holds more than ${most} values`
  }
  return undefined
}
