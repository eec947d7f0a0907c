import { appendFileSync, rmSync } from 'node:fs'
import { foreignJson, isObject, type Json } from '@millrace/ir'
import { eventLimit, type ForeignFolder } from '@millrace/store'
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
/** Bytes of `log.jsonl` that can be about what is told. */
const mostKnown = 32 * 1024 * 1024
/** Bytes of one look, while lines are told and after that: others want their turn. */
const [toldAtOnce, keptAtOnce] = [256 * 1024, 4 * 1024 * 1024]
const mostData = 600_000

const levels = ['debug', 'info', 'warn', 'error'] as const

export interface LogLine {
  readonly level: (typeof levels)[number]
  readonly message: string
  readonly data?: Json
}

/** A line of `log.jsonl`: what the stage logged by `context.log`, and where its text stands in `log.txt`. */
interface Logged extends LogLine {
  readonly at: number
  readonly size: number
}

/** What one attempt prints, as its runner keeps it: kept in the run too, and told line by line. */
export class AttemptLog {
  readonly #newFile: () => string
  readonly #tell: (line: LogLine) => void
  readonly #text = new GrowingFile('log.txt')
  readonly #lines = new Lines()
  readonly #logged = new GrowingFile('log.jsonl')
  readonly #loggedLines = new Lines()
  readonly #pending: Logged[] = []
  #knownTo = 0
  #file: string | undefined
  #end = Buffer.alloc(0)
  #told = 0
  #toldLines = 0

  /** @param newFile where it goes in the run, when there is something */
  constructor(newFile: () => string, tell: (line: LogLine) => void) {
    this.#newFile = newFile
    this.#tell = tell
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
    const most = over ? mostBytes + 1 : this.#isFull ? keptAtOnce : toldAtOnce
    this.#text.read(folder, most, (bytes) => {
      this.#keep(bytes)
      if (this.#text.offset > mostBytes) throw folder.odd('log.txt', `has more than ${mostBytes} bytes`)
      if (!this.#isFull) this.#tellAll(this.#lines.take(bytes), folder)
      return true
    })
    if (over && !this.#isFull) this.#tellAll(this.#lines.last(), folder)
  }

  get #isFull(): boolean {
    return this.#told > eventLimit || this.#toldLines > mostLines
  }

  #keep(bytes: Buffer): void {
    this.#file ??= this.#begin()
    appendFileSync(this.#file, bytes)
    this.#end = Buffer.from(Buffer.concat([this.#end, bytes]).subarray(-tailBytes))
  }

  /** What a driver before this one has kept of the same log is kept again; a replayed one may be another run's file. */
  #begin(): string {
    const file = this.#newFile()
    rmSync(file, { force: true })
    return file
  }

  #tellAll(lines: readonly Line[], folder: ForeignFolder): void {
    const last = lines.at(-1)
    if (last) this.#know(folder, last.offset)
    for (const line of lines) if (line.begins) this.#line(line)
  }

  /** Reads what tells of the text up to an offset. It is written before the text, so nothing of it is missing. */
  #know(folder: ForeignFolder, offset: number): void {
    const knows = () => (this.#pending.at(-1)?.at ?? -1) >= offset
    if (knows()) return
    this.#logged.read(folder, mostKnown - this.#logged.offset, (bytes) => {
      for (const line of this.#loggedLines.take(bytes)) this.#learn(line, folder)
      return !knows()
    })
  }

  #learn({ text, begins, ends }: Line, folder: ForeignFolder): void {
    // one that is too long is told as the text that it is
    if (!begins || !ends) return
    const logged = loggedIn(text)
    if (!logged || logged.at < this.#knownTo) throw folder.odd('log.jsonl', 'does not say what was logged')
    this.#knownTo = logged.at + logged.size
    this.#pending.push(logged)
  }

  #line({ text, offset }: Line): void {
    if (this.#isFull) return
    this.#told += text.length + 1
    this.#toldLines++
    if (this.#isFull)
      return this.#tell({ level: 'info', message: `[more in ${this.#file}, and in the log of the pod]` })
    while (this.#pending[0] && this.#pending[0].at + this.#pending[0].size <= offset) this.#pending.shift()
    const logged = this.#pending[0]
    if (!logged || offset < logged.at) {
      const message = text.replace(/\r$/, '').slice(0, lineLimit)
      return this.#tell({ level: 'info', message })
    }
    // a message of several lines is one event
    if (offset > logged.at) return
    const { level, message, data } = logged
    this.#tell({ level, message, ...(data === undefined ? {} : { data }) })
  }
}

/** What a runner writes of a line, to the byte: so nobody can say more of a text than the text has. */
function loggedIn(text: string): Logged | undefined {
  const read = foreignJson(Buffer.from(text), mostData)
  if ('odd' in read || !isObject(read.json)) return undefined
  const { at, size, level, message, data } = read.json as Partial<Logged>
  if (!Number.isSafeInteger(at) || (at as number) < 0 || typeof message !== 'string') return undefined
  if (!levels.includes(level as never)) return undefined
  const whole = data === undefined ? `${message}\n` : `${message} ${JSON.stringify(data)}\n`
  return size === Buffer.byteLength(whole) ? (read.json as unknown as Logged) : undefined
}
