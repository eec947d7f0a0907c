import { appendFileSync, rmSync } from 'node:fs'
import { eventLimit } from '@millrace/engine'
import { attemptFileNames, foreignJson, isObject, type Json, type LogLine } from '@millrace/ir'
import { type ForeignFolder, onDisk } from '@millrace/store'
import { GrowingFile } from './growing-file.ts'
import { type Line, Lines } from './lines.ts'

/** Characters of the end of a log that a failure carries. */
const tailSize = 4096
/** Bytes that hold as many. */
const tailBytes = 4 * tailSize
/** Characters of a line that its event carries, as in a local run. */
const lineLimit = 64 * 1024
/** Lines that are told of one log: an event is more than its text, and a kubelet keeps 10 MiB of a driver's. */
const mostLines = 20_000
/** Bytes of `log.txt`: a runner keeps 64 MiB, and says so in a line more. */
const mostBytes = 64 * 1024 * 1024 + 256
/** Most bytes of `log.jsonl` about the text that is told: JSON may take six for one, and adds its place. */
const mostKnown = 16 * 1024 * 1024
/** Bytes of one look, while lines are told and after that: others want their turn. */
const [toldAtOnce, keptAtOnce] = [256 * 1024, 4 * 1024 * 1024]
/** Bytes whose lines are told before more are read: what is known of them is held so long. */
const step = 64 * 1024
/** Bytes of `log.jsonl` that are read for a step in one look. */
const knownAtOnce = 1024 * 1024
/** Most bytes held of `log.jsonl` ahead of `log.txt`; beyond that, lines are told as plain text. */
const mostHeld = 16 * 1024 * 1024
/** Of an object and its place in a list. */
const heldOfOne = 150
/** Bytes of a line of `log.jsonl`. */
const mostLine = 1024 * 1024
const mostData = 600_000

const levels = ['debug', 'info', 'warn', 'error'] as const

/** A line of `log.jsonl`: what the stage logged by `context.log`, and where its text stands in `log.txt`. */
interface Logged extends Omit<LogLine, 'data'> {
  readonly at: number
  readonly size: number
  /** As JSON: no larger than its text. */
  readonly data: string | undefined
}

/** How many bytes all logs of a driver hold together, beside what they have read. */
export interface HeldLogs {
  bytes: number
}

/** What one attempt prints, as its runner keeps it: kept in the run too, and told line by line. */
export class AttemptLog {
  readonly #newFile: () => string
  readonly #tell: (line: LogLine) => void
  readonly #held: HeldLogs
  readonly #text = new GrowingFile(attemptFileNames.log)
  readonly #lines = new Lines(4 * lineLimit)
  readonly #logged = new GrowingFile(attemptFileNames.lines)
  readonly #loggedLines = new Lines(mostLine)
  readonly #pending: Logged[] = []
  /** Where the line began that was looked at last. */
  #passed = 0
  #knownTo = 0
  #file: string | undefined
  #end = Buffer.alloc(0)
  #told = 0
  #toldLines = 0

  /** @param newFile where it goes in the run, when there is something */
  constructor(newFile: () => string, tell: (line: LogLine) => void, held: HeldLogs) {
    this.#newFile = newFile
    this.#tell = tell
    this.#held = held
  }

  /** Where it lies in the run; missing when nothing was printed. */
  get file(): string | undefined {
    return this.#file
  }

  /** Its last 4,096 characters. */
  get tail(): string {
    return this.#end.toString().slice(-tailSize)
  }

  /**
   * @param over nobody writes any more, so that what is left is a line
   * @throws OddFile
   */
  look(folder: ForeignFolder, over: boolean): void {
    let left = over ? mostBytes + 1 : toldAtOnce
    while (!this.#isFull && left > 0) {
      // a runner writes `log.jsonl` before `log.txt`: so the size of `log.txt` is read first
      const end = folder.file(attemptFileNames.log, (_, size) => size) ?? 0
      const next = Math.min(step, left, end - this.#text.offset)
      if (next <= 0 || !this.#know(folder, this.#text.offset + next, over)) break
      const count = this.#read(folder, next)
      if (count === 0) break
      left -= count
    }
    if (this.#isFull) this.#read(folder, over ? mostBytes + 1 : keptAtOnce)
    if (over && !this.#isFull) this.#tellAll(this.#lines.last())
    if (over || this.#isFull) this.forget()
  }

  /** Nothing more is told of what was not read yet. */
  forget(): void {
    while (this.#pending.length > 0) this.#drop()
  }

  #drop(): void {
    this.#held.bytes -= heldBy(this.#pending.shift())
  }

  #read(folder: ForeignFolder, most: number): number {
    const before = this.#text.offset
    this.#text.read(folder, most, (bytes) => {
      this.#keep(bytes)
      if (this.#text.offset > mostBytes) throw folder.odd(attemptFileNames.log, `has more than ${mostBytes} bytes`)
      if (!this.#isFull) this.#tellAll(this.#lines.take(bytes))
      return true
    })
    return this.#text.offset - before
  }

  get #isFull(): boolean {
    return this.#told > eventLimit || this.#toldLines > mostLines
  }

  #keep(bytes: Buffer): void {
    const file = this.#file ?? this.#begin()
    onDisk('write', file, () => appendFileSync(file, bytes))
    this.#end = Buffer.from(Buffer.concat([this.#end, bytes]).subarray(-tailBytes))
  }

  /** Begins the file anew: an earlier driver kept the same log, or it is a link to another run's log. */
  #begin(): string {
    const file = this.#newFile()
    onDisk('remove', file, () => rmSync(file, { force: true }))
    this.#file = file
    return file
  }

  #tellAll(lines: readonly Line[]): void {
    for (const line of lines) {
      this.#passed = line.offset
      if (line.begins) this.#line(line)
    }
  }

  /** Reads `log.jsonl` for the text up to an offset; whether all that is about it was read. */
  #know(folder: ForeignFolder, offset: number, all: boolean): boolean {
    const knows = () => (this.#pending.at(-1)?.at ?? -1) >= offset || this.#pending.length > mostLines
    if (knows()) return true
    const left = mostKnown - this.#logged.offset
    const most = all ? left : Math.min(knownAtOnce, left)
    const before = this.#logged.offset
    this.#logged.read(folder, most, (bytes) => {
      for (const line of this.#loggedLines.take(bytes)) this.#learn(line, folder)
      return !knows()
    })
    return knows() || this.#logged.offset - before < most || most === left
  }

  #learn({ text, begins, ends }: Line, folder: ForeignFolder): void {
    // one that is too long is told as the text that it is
    if (!begins || !ends) return
    const logged = loggedIn(text)
    if (!logged || logged.at < this.#knownTo) throw folder.odd(attemptFileNames.lines, 'does not say what was logged')
    this.#knownTo = logged.at + logged.size
    const held = this.#held.bytes + heldBy(logged)
    if (this.#knownTo <= this.#passed || held > mostHeld) return
    this.#held.bytes = held
    this.#pending.push(logged)
  }

  #line({ text, offset }: Line): void {
    if (this.#isFull) return
    this.#told += text.length + 1
    this.#toldLines++
    if (this.#isFull)
      return this.#tell({ level: 'info', message: `[more in ${this.#file}, and in the log of the pod]` })
    while (this.#pending[0] && this.#pending[0].at + this.#pending[0].size <= offset) this.#drop()
    const logged = this.#pending[0]
    if (!logged || offset < logged.at) {
      const message = text.replace(/\r$/, '').slice(0, lineLimit)
      return this.#tell({ level: 'info', message })
    }
    // a message of several lines is one event
    if (offset > logged.at) return
    const { level, message, data } = logged
    this.#tell({ level, message, ...(data === undefined ? {} : { data: JSON.parse(data) as Json }) })
  }
}

const heldBy = (logged: Logged | undefined): number =>
  logged ? heldOfOne + 2 * (logged.message.length + (logged.data?.length ?? 0)) : 0

/** Accepts a line only if its size is that of its text: so it can't claim more than `log.txt` has. */
function loggedIn(text: string): Logged | undefined {
  const read = foreignJson(Buffer.from(text), mostData)
  if ('odd' in read || !isObject(read.json)) return undefined
  const { at, size, level, message, data } = read.json as Partial<Logged>
  if (!isCount(at) || !isCount(size) || typeof message !== 'string') return undefined
  if (!levels.includes(level as never)) return undefined
  const told = data === undefined ? undefined : JSON.stringify(data)
  const whole = told === undefined ? `${message}\n` : `${message} ${told}\n`
  if (size !== Buffer.byteLength(whole)) return undefined
  // and nothing else that the line may hold
  return { at, size, level: level as Logged['level'], message, data: told }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
