import { readSync } from 'node:fs'
import { parseJson } from '@millrace/ir'

const newline = 10
const chunk = 1 << 20
/** No line is longer: what has no newline for so long is damage, and is left out. */
const longest = 1 << 26
/** Behind so much without a newline nothing of ours comes any more. */
const hopeless = 1 << 30

/** Calls back for each whole line of a part of a file; what no newline ends was cut and is left out. */
export function eachLine(
  fd: number,
  from: number,
  to: number,
  line: (bytes: Buffer, start: number, end: number, offset: number) => void,
): void {
  let bytes = Buffer.allocUnsafe(Math.min(chunk, to - from))
  let held = 0
  let skipping = false
  let skipped = 0
  for (let at = from; at < to; ) {
    if (held === longest) {
      held = 0
      skipping = true
      skipped += longest
      if (skipped >= hopeless) return
    }
    if (held === bytes.length) bytes = Buffer.concat([bytes], Math.min(bytes.length * 2, to - from, longest))
    const count = readSync(fd, bytes, held, Math.min(bytes.length - held, to - at), at)
    if (count === 0) return
    const base = at - held
    const filled = held + count
    let start = 0
    for (let end = indexOf(bytes, held, filled); end >= 0; end = indexOf(bytes, start, filled)) {
      skipped = 0
      if (skipping) skipping = false
      else line(bytes, start, end, base + start)
      start = end + 1
    }
    bytes.copyWithin(0, start, filled)
    held = filled - start
    at += count
  }
}

function indexOf(bytes: Buffer, from: number, to: number): number {
  const found = bytes.indexOf(newline, from)
  return found < to ? found : -1
}

const opening = Buffer.from('{"key":"sha256:')
const digits = new Int8Array(256).fill(-1)
for (const [value, digit] of [...'0123456789abcdef'].entries()) digits[digit.charCodeAt(0)] = value

/** The first 32 bits of a line's key, without parsing it; -1 when it doesn't begin like a line of a pack. */
export function keyBits(bytes: Buffer, start: number, end: number): number {
  if (end - start < opening.length + 64) return -1
  for (let i = 0; i < opening.length; i++) if (bytes[start + i] !== opening[i]) return -1
  let bits = 0
  for (let i = start + opening.length; i < start + opening.length + 8; i++) {
    const digit = digits[bytes[i] as number] as number
    if (digit < 0) return -1
    bits = bits * 16 + digit
  }
  return bits
}

/** A part of an index pack: the whole lines of one pack, after a line that says which. */
export interface Section {
  readonly pack: string
  readonly crc: number
  /** Of its lines. */
  readonly from: number
  readonly to: number
}

const headerStart = '{"pack":'

export const sectionHeader = (pack: string, bytes: number, crc: number): string =>
  `${JSON.stringify({ pack, bytes, crc })}\n`

/** The sections of an index pack. After a damaged header it goes on at the next one. */
export function sections(fd: number, size: number): Section[] {
  const found: Section[] = []
  const head = Buffer.alloc(1024)
  for (let at = 0; at < size; ) {
    const count = readSync(fd, head, 0, head.length, at)
    const end = head.subarray(0, count).indexOf(newline)
    const section = end < 0 ? undefined : header(head.toString('utf8', 0, end), at + end + 1, size)
    if (!section) return [...found, ...searched(fd, at, size)]
    found.push(section)
    at = section.to
  }
  return found
}

/** The sections after a damaged header, by a look at every line. */
function searched(fd: number, from: number, size: number): Section[] {
  const found: Section[] = []
  let next = from
  eachLine(fd, from, size, (bytes, start, end, offset) => {
    if (offset < next || end - start > 1000) return
    const text = bytes.toString('latin1', start, start + headerStart.length)
    const section =
      text === headerStart ? header(bytes.toString('utf8', start, end), offset + (end - start) + 1, size) : undefined
    if (!section) return
    found.push(section)
    next = section.to
  })
  return found
}

function header(text: string, from: number, size: number): Section | undefined {
  try {
    const { pack, bytes, crc } = parseJson(text) as Record<string, unknown>
    if (typeof pack !== 'string' || typeof crc !== 'number') return undefined
    if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) return undefined
    return from + bytes > size ? undefined : { pack, crc, from, to: from + bytes }
  } catch {
    return undefined
  }
}
