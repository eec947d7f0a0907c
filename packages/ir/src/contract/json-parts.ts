/** A thing in an object or a list, as the bytes of its JSON text; an object's with its key's. */
export interface JsonPart {
  readonly key: Uint8Array | undefined
  readonly value: Uint8Array
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a]
const [list, listEnd, object, objectEnd] = [0x5b, 0x5d, 0x7b, 0x7d]
const blanks = new Set([0x20, 0x09, 0x0a, 0x0d])

export type JsonKind = 'list' | 'object' | 'other'

/** What a JSON text is, if it is one. */
export function jsonKind(bytes: Uint8Array): JsonKind {
  const opens = bytes[blanksAt(bytes, 0)]
  return opens === list ? 'list' : opens === object ? 'object' : 'other'
}

/**
 * Gives the parts of a JSON object or list one by one, unparsed, so that large parts that nobody wants are never
 * parsed. The whole text is JSON if each part is.
 *
 * @throws SyntaxError where the text is no object and no list, or is cut off
 */
export function* jsonParts(bytes: Uint8Array): Generator<JsonPart> {
  const start = blanksAt(bytes, 0)
  const opens = bytes[start]
  if (opens !== object && opens !== list) throw new SyntaxError('no object and no list')
  let [from, at, depth, key] = [start + 1, start, 0, undefined as Uint8Array | undefined]
  for (; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte === quote) at = endOfText(bytes, at)
    else if (byte === list || byte === object) depth++
    else if ((byte === listEnd || byte === objectEnd) && --depth === 0) break
    else if (depth !== 1) continue
    else if (byte === colon && opens === object && key === undefined) {
      key = bytes.subarray(from, at)
      from = at + 1
    } else if (byte === comma) {
      yield part()
      key = undefined
      from = at + 1
    }
  }
  if (bytes[at] !== (opens === object ? objectEnd : listEnd)) throw new SyntaxError('without its end')
  if (blanksAt(bytes, at + 1) !== bytes.length) throw new SyntaxError('more than one value')
  const isEmpty = from === start + 1 && blanksAt(bytes, from) === at
  if (!isEmpty) yield part()

  function part(): JsonPart {
    if (opens === object && key === undefined) throw new SyntaxError('a value without a key')
    if (from === at) throw new SyntaxError('no value')
    return { key, value: bytes.subarray(from, at) }
  }
}

function blanksAt(bytes: Uint8Array, from: number): number {
  let at = from
  while (blanks.has(bytes[at] as number)) at++
  return at
}

function endOfText(bytes: Uint8Array, from: number): number {
  let at = from + 1
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at
}
