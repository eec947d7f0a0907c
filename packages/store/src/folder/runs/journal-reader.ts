import { fstatSync, readSync } from 'node:fs'
import { type Event, isEvent, parseJson } from '@millrace/ir'
import { errnoOf, storeFailed } from '../../files/file-errors.ts'
import { closeFile, openRegular } from '../../files/regular-file.ts'

const chunk = 65_536
/** No line is longer: what has no newline for so long is damage, and is left out. */
const longest = 1 << 26
/** Behind so much without a newline nothing of ours comes any more. */
const hopeless = 1 << 30
/** An event's own fields alone take more bytes. */
const shortest = 40
/** Lines at the end of a journal that a crash may have spoilt; behind more of them nobody looks for an end. */
const damaged = 100_000

/** The events of a journal, in order. What is none (a line that a kill cut, or of somebody else) is left out. */
export function* readEvents(path: string): Generator<Event> {
  const fd = openOrNone(path)
  if (fd === undefined) return
  try {
    const bytes = Buffer.allocUnsafe(chunk)
    let held: Buffer[] = []
    let length = 0
    for (let count = next(fd, bytes, path); count > 0; count = next(fd, bytes, path)) {
      let start = 0
      for (let end = bytes.indexOf(10); end >= 0 && end < count; end = bytes.indexOf(10, start)) {
        const event = parse([...held, bytes.subarray(start, end)])
        if (event && length <= longest) yield event
        held = []
        length = 0
        start = end + 1
      }
      length += count - start
      if (length > hopeless) return
      if (length > longest) held = []
      else if (start < count) held.push(Buffer.from(bytes.subarray(start, count)))
    }
    const event = parse(held)
    if (event) yield event
  } finally {
    closeFile(fd)
  }
}

/** The last event of a journal, read from its end. */
export function lastEvent(path: string): Event | undefined {
  const fd = openOrNone(path)
  if (fd === undefined) return undefined
  try {
    const { size } = fstatSync(fd)
    for (let length = chunk; ; length *= 4) {
      const bytes = Buffer.alloc(Math.min(length, size))
      let held = 0
      for (let count = 1; held < bytes.length && count > 0; held += count)
        count = readSync(fd, bytes, held, bytes.length - held, size - bytes.length + held)
      const event = lastIn(bytes, bytes.length === size)
      if (event || bytes.length === size || length > longest) return event
    }
  } catch (error) {
    throw storeFailed('read', path, error)
  } finally {
    closeFile(fd)
  }
}

function lastIn(bytes: Buffer, whole: boolean): Event | undefined {
  let left = damaged
  for (let end = bytes.length; end > 0 && left > 0; left--) {
    const start = bytes.lastIndexOf(10, end - 1) + 1
    if (start === 0 && !whole) return undefined
    const event = parse([bytes.subarray(start, end)])
    if (event) return event
    end = start - 1
  }
  return undefined
}

function parse(line: readonly Buffer[]): Event | undefined {
  try {
    const bytes = Buffer.concat(line)
    if (bytes[0] !== 0x7b || bytes.length < shortest) return undefined
    const event = parseJson(bytes.toString())
    return isEvent(event) ? event : undefined
  } catch {
    return undefined
  }
}

function openOrNone(path: string): number | undefined {
  try {
    return openRegular(path)
  } catch (error) {
    // no journal of ours is a link
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ELOOP') return undefined
    throw storeFailed('read', path, error)
  }
}

function next(fd: number, bytes: Buffer, path: string): number {
  try {
    return readSync(fd, bytes)
  } catch (error) {
    throw storeFailed('read', path, error)
  }
}
