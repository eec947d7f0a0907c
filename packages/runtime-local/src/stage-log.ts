import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs'

/** Bytes of one attempt's log that are kept. */
const logLimit = 64 * 1024 * 1024
/** Bytes of one attempt's prints that also become `log` events. */
export const eventLimit = 1024 * 1024
const tailSize = 4096
const lineLimit = 64 * 1024

/** What one attempt prints: kept in a file, told line by line, its end kept for a failure. Memory is flat. */
export class StageLog {
  readonly #path: () => string
  readonly #line: (text: string) => void
  #file: number | undefined
  #written = 0
  #told = 0
  #tail = ''
  #rest = ''
  #over = false

  constructor(path: () => string, line: (text: string) => void) {
    this.#path = path
    this.#line = line
  }

  write(text: string): void {
    this.#append(text)
    this.#rest += text
    const lines = this.#rest.split('\n')
    this.#rest = (lines.pop() as string).slice(-lineLimit)
    for (const line of lines) this.#tell(line)
  }

  /** Keeps a line that is told otherwise. */
  keep(line: string): void {
    this.#append(`${line}\n`)
  }

  /** Path of the file; missing when nothing was printed. */
  get file(): string | undefined {
    return this.#written > 0 ? this.#path() : undefined
  }

  /** Whether the attempt has ended: what its code still prints is kept, and told by nobody. */
  get over(): boolean {
    return this.#over
  }

  #append(text: string): void {
    if (this.#over) return this.#appendLate(text)
    this.#tail = (this.#tail + text).slice(-tailSize * 2)
    if (this.#written < logLimit) {
      this.#file ??= openSync(this.#path(), 'a')
      const bytes = Buffer.from(text).subarray(0, logLimit - this.#written)
      writeSync(this.#file, bytes)
      this.#written += bytes.length
      if (this.#written >= logLimit)
        writeSync(this.#file, `\n[the log is cut here: ${logLimit / 2 ** 20} MiB are kept]\n`)
    }
  }

  #appendLate(text: string): void {
    if (this.#written >= logLimit) return
    this.#written += text.length
    try {
      appendFileSync(this.#path(), text)
    } catch {
      // nobody is left to be told
    }
  }

  #tell(line: string): void {
    if (this.#over || this.#told > eventLimit) return
    this.#told += line.length + 1
    this.#line(this.#told > eventLimit ? `[more in ${this.#path()}]` : line.replace(/\r$/, '').slice(0, lineLimit))
  }

  /** The last 4 KiB. */
  get tail(): string {
    const bytes = Buffer.from(this.#tail)
    return bytes.length <= tailSize
      ? this.#tail
      : bytes
          .subarray(bytes.length - tailSize)
          .toString()
          .replace(/^\uFFFD+/, '')
  }

  close(): void {
    if (this.#rest !== '') this.#tell(this.#rest)
    this.#rest = ''
    this.#over = true
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }
}
