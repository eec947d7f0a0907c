import { type Json, type Level, markerLimits } from '@millrace/ir'
import { closeFile, openToAppend, storeFailed, writeAll } from '@millrace/store'
import { writeNow } from '../write-now.ts'

/** Bytes of one attempt's log that are kept. */
const logLimit = 64 * 1024 * 1024

/**
 * What one attempt prints: for who follows the container, and kept in the attempt's folder. What it logged stands there
 * as a line too; `log.jsonl` tells which bytes of `log.txt` are such lines, and with what data.
 */
export class PodLog {
  readonly #text: string
  readonly #lines: string
  readonly #open = new Map<string, number>()
  #written = 0
  #tail = ''
  #failure: { readonly error: unknown } | undefined

  constructor(text: string, lines: string) {
    this.#text = text
    this.#lines = lines
  }

  print(text: string): void {
    writeNow(1, text)
    this.#keep(text)
  }

  log(level: Level, message: string, data: Json | undefined): void {
    const text = data === undefined ? `${message}\n` : `${message} ${JSON.stringify(data)}\n`
    const line = { at: this.#written, size: Buffer.byteLength(text), level, message, data }
    writeNow(1, text)
    // first, so that who reads the text knows
    if (this.#written + line.size <= logLimit) this.#append(this.#lines, Buffer.from(`${JSON.stringify(line)}\n`))
    this.#keep(text)
  }

  /** Its last characters, as many as a marker holds. */
  get tail(): string {
    return this.#tail.slice(-markerLimits.log)
  }

  /** Throws what kept the log from being written: within the stage its code might catch it. */
  close(): void {
    for (const file of this.#open.values()) closeFile(file)
    this.#open.clear()
    if (this.#failure) throw this.#failure.error
  }

  #keep(text: string): void {
    this.#tail += text
    // not for each of many short texts
    if (this.#tail.length > 16 * markerLimits.log) this.#tail = this.tail
    if (this.#written >= logLimit) return
    const bytes = Buffer.from(text).subarray(0, logLimit - this.#written)
    this.#append(this.#text, bytes)
    this.#written += bytes.length
    if (this.#written >= logLimit)
      this.#append(this.#text, Buffer.from(`\n[the log is cut here: ${logLimit / 2 ** 20} MiB are kept]\n`))
  }

  #append(path: string, bytes: Buffer): void {
    if (this.#failure) return
    try {
      let file = this.#open.get(path)
      if (file === undefined) {
        file = openToAppend(path)
        this.#open.set(path, file)
      }
      writeAll(file, bytes)
    } catch (error) {
      this.#failure = { error: storeFailed('write', path, error) }
    }
  }
}
