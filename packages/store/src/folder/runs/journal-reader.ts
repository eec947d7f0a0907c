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
  const lines = new EventLines()
  try {
    const bytes = Buffer.allocUnsafe(chunk)
    for (let count = next(fd, bytes, path); count > 0; count = next(fd, bytes, path)) {
      yield* lines.add(bytes.subarray(0, count))
      if (lines.hopeless) return
    }
    yield* lines.end()
  } finally {
    closeFile(fd)
  }
}

/** A journal that is written while it is read. */
export class JournalTail {
  readonly #path: string
  readonly #lines = new EventLines()
  #fd: number | undefined
  #offset = 0

  constructor(path: string) {
    this.#path = path
  }

  /** The events of whole lines since the last look. */
  *read(): Generator<Event> {
    this.#fd ??= openOrNone(this.#path)
    if (this.#fd === undefined || this.#lines.hopeless) return
    const bytes = Buffer.allocUnsafe(chunk)
    for (;;) {
      const count = next(this.#fd, bytes, this.#path, this.#offset)
      if (count === 0) return
      this.#offset += count
      yield* this.#lines.add(bytes.subarray(0, count))
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeFile(this.#fd)
    this.#fd = undefined
  }
}

/** The lines of a journal as they are read, piece by piece. */
class EventLines {
  #held: Buffer[] = []
  #length = 0

  /** Whether nothing of ours will come any more. */
  get hopeless(): boolean {
    return this.#length > hopeless
  }

  *add(bytes: Buffer): Generator<Event> {
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const event = this.#length <= longest ? parse([...this.#held, bytes.subarray(start, end)]) : undefined
      this.#held = []
      this.#length = 0
      start = end + 1
      if (event) yield event
    }
    if (start === bytes.length) return
    this.#length += bytes.length - start
    if (this.#length > longest) this.#held = []
    else this.#held.push(Buffer.from(bytes.subarray(start)))
  }

  /** What stands behind the last line. */
  *end(): Generator<Event> {
    const event = parse(this.#held)
    if (event) yield event
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

/** @param offset default where the last reading ended */
function next(fd: number, bytes: Buffer, path: string, offset: number | null = null): number {
  try {
    return readSync(fd, bytes, 0, bytes.length, offset)
  } catch (error) {
    throw storeFailed('read', path, error)
  }
}
