import { unlinkSync } from 'node:fs'
import { eventLimit } from '@millrace/engine'
import { appendStored, closeFile, openToAppend, storeFailed, writeAll } from '@millrace/store'

/** Bytes of one attempt's log that are kept. */
const logLimit = 64 * 1024 * 1024
/** Bytes of one attempt's prints that also become `log` events. */
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
  #failure: { readonly error: unknown } | undefined

  constructor(path: () => string, line: (text: string) => void) {
    this.#path = path
    this.#line = line
  }

  write(text: string): void {
    this.#append(text)
    if (this.#told > eventLimit) return
    this.#rest += text
    const lines = this.#rest.split('\n')
    this.#rest = lastState(lines.pop() as string).slice(-lineLimit)
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
    if (this.#written >= logLimit || this.#failure) return
    try {
      this.#file ??= openNew(this.#path())
      const bytes = Buffer.from(text).subarray(0, logLimit - this.#written)
      writeAll(this.#file, bytes)
      this.#written += bytes.length
      if (this.#written >= logLimit)
        writeAll(this.#file, Buffer.from(`\n[the log is cut here: ${logLimit / 2 ** 20} MiB are kept]\n`))
    } catch (error) {
      this.#failure = { error: storeFailed('write', this.#path(), error) }
    }
  }

  /** Throws what kept the log from being written: within the stage its code might catch it. */
  check(): void {
    if (this.#failure) throw this.#failure.error
  }

  #appendLate(text: string): void {
    if (this.#written >= logLimit) return
    this.#written += text.length
    try {
      appendStored(this.#path(), text)
    } catch {
      // nobody is left to be told
    }
  }

  #tell(line: string): void {
    if (this.#over || this.#told > eventLimit) return
    this.#told += line.length + 1
    this.#line(
      this.#told > eventLimit ? `[more in ${this.#path()}]` : lastState(line).replace(/\r$/, '').slice(0, lineLimit),
    )
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

  /** The last words of an attempt that failed: for who reads the file, no print of the stage's. */
  failed(text: string): void {
    const start = this.#tail === '' || this.#tail.endsWith('\n') ? '' : '\n'
    this.close()
    this.#appendLate(`${start}${text}\n`)
  }

  close(): void {
    if (this.#rest !== '') this.#tell(this.#rest)
    this.#rest = ''
    this.#over = true
    if (this.#file !== undefined) closeFile(this.#file)
    this.#file = undefined
  }
}

/** A carriage return ends what stands before it in its line, as on a terminal: progress bars are drawn so. */
const lastState = (line: string): string => line.slice(line.lastIndexOf('\r', line.length - 2) + 1)

/**
 * What lies there is the log of an attempt that a kill cut short, or another run's that this one has a link to: the
 * attempt that takes its number begins a file of its own.
 */
function openNew(path: string): number {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return openToAppend(path)
}
