import { fstatSync, readSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { attemptRefused } from '@millrace/runner'
import { closeFile, errnoOf, ForeignFolder, OddFile, openRegular, storeFailed } from '@millrace/store'

const lookEvery = 250
const chunk = 64 * 1024
/** What may be otherwise at the next look: no line is lost for it. */
const passing = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO'])

/**
 * Tells the lines of a file while other processes append to it, each line once and in order. The file is looked at
 * now and then, so that it doesn't matter who writes.
 */
export class LineTail {
  readonly #node: string
  readonly #path: string
  readonly #tell: (line: string) => void
  readonly #timer: NodeJS.Timeout
  #offset = 0
  #failure: { readonly error: unknown } | undefined
  #rest: Buffer = Buffer.alloc(0)

  /** @param node the call whose process writes there */
  constructor(node: string, path: string, tell: (line: string) => void) {
    this.#node = node
    this.#path = path
    this.#tell = tell
    this.#timer = setInterval(() => this.look(), lookEvery).unref()
  }

  /** `last`: nothing is looked at later. */
  #read(last = false): void {
    const name = basename(this.#path)
    const folder = ForeignFolder.open(dirname(this.#path))
    try {
      const isRead = folder?.file(name, (fd, size) => {
        this.#readOn(fd, size)
        return true
      })
      if (last && !isRead) this.#readHidden()
    } catch (error) {
      throw error instanceof OddFile ? attemptRefused(this.#node, name, error.message) : error
    } finally {
      folder?.close()
    }
  }

  #readOn(fd: number, size: number): void {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(chunk, size - this.#offset)))
    for (;;) {
      const count = bytes.length === 0 ? 0 : readSync(fd, bytes, 0, bytes.length, this.#offset)
      if (count === 0) return
      this.#offset += count
      this.#take(bytes.subarray(0, count))
    }
  }

  /** What can't be seen at the moment may still be there. */
  #readHidden(): void {
    let fd: number | undefined
    try {
      fd = openRegular(this.#path)
      if (fd !== undefined) this.#readOn(fd, fstatSync(fd).size)
    } catch (error) {
      if (passing.has(errnoOf(error) ?? '')) throw storeFailed('read', this.#path, error)
    } finally {
      if (fd !== undefined) closeFile(fd)
    }
  }

  /** Tells the rest, and looks no more. Throws what telling threw, and StageFailure where something else stands there. */
  close(): void {
    clearInterval(this.#timer)
    if (this.#failure) throw this.#failure.error
    this.#read(true)
    this.#told(this.#rest)
  }

  /** Tells what has come since. In a timer nobody catches an error: `close` throws it. */
  look(): void {
    if (this.#failure) return
    try {
      this.#read()
    } catch (error) {
      clearInterval(this.#timer)
      this.#failure = { error }
    }
  }

  #take(bytes: Buffer): void {
    const held = Buffer.concat([this.#rest, bytes])
    let from = 0
    for (let to = held.indexOf(10); to !== -1; from = to + 1, to = held.indexOf(10, from))
      this.#told(held.subarray(from, to))
    this.#rest = held.subarray(from)
  }

  #told(bytes: Buffer): void {
    if (bytes.length > 0) this.#tell(bytes.toString())
  }
}
