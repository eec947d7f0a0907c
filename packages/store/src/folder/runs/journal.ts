import { constants, fstatSync, fsyncSync, readSync, writeSync } from 'node:fs'
import type { Event } from '@millrace/ir'
import { withFolder } from '../../files/atomic-write.ts'
import { onDisk, openToAppend, storeFailed } from '../../files/file-errors.ts'
import { closeFile, wary } from '../../files/regular-file.ts'

const toAppendAndRead = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | wary
const bytesHeld = 65_536
const millisecondsHeld = 20

const open = new Set<Journal>()
let watching = false

/** The journal of a run that this process owns. Lines are held for 20 ms or 64 KiB, then written. */
export class Journal {
  readonly #path: string
  #fd: number | undefined
  #held = ''
  #rest: Buffer | undefined
  #size = 0
  #lastWrite = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #failure: unknown
  #closed = false

  constructor(path: string) {
    this.#path = path
    open.add(this)
    if (watching) return
    watching = true
    process.on('exit', () => {
      for (const journal of open) journal.#flushLate()
    })
  }

  /** Its length in bytes. */
  get size(): number {
    return this.#size
  }

  /** After `close` it does nothing: `run.finished` stays the last line. */
  append(event: Event): void {
    if (this.#closed) return
    this.#held += `${JSON.stringify(event)}\n`
    if (this.#held.length >= bytesHeld || performance.now() - this.#lastWrite >= millisecondsHeld) this.flush()
    else this.#timer ??= setTimeout(() => this.#flushLate(), millisecondsHeld).unref()
  }

  flush(): void {
    if (this.#failure) {
      const failure = this.#failure
      this.#failure = undefined
      throw failure
    }
    if (this.#held === '' && !this.#rest) return
    this.#lastWrite = performance.now()
    try {
      this.#fd ??= this.#open()
      const bytes = Buffer.concat([this.#rest ?? Buffer.alloc(0), Buffer.from(this.#held)])
      this.#held = ''
      this.#rest = bytes
      for (let done = 0; done < bytes.length; this.#rest = bytes.subarray(done)) {
        const count = writeSync(this.#fd, bytes, done)
        done += count
        this.#size += count
      }
      this.#rest = undefined
    } catch (error) {
      throw storeFailed('write', this.#path, error)
    }
  }

  /** Writes all and closes; with `sync` all is on the disk afterwards. */
  close(sync: boolean): void {
    if (this.#closed) return
    this.flush()
    this.#closed = true
    open.delete(this)
    clearTimeout(this.#timer)
    const fd = this.#fd
    if (fd === undefined) return
    this.#fd = undefined
    try {
      if (sync) onDisk('write', this.#path, () => fsyncSync(fd))
    } finally {
      closeFile(fd)
    }
  }

  /** In a timer nobody catches an error: the next append or flush throws it. */
  #flushLate(): void {
    this.#timer = undefined
    try {
      this.flush()
    } catch (error) {
      this.#failure = error
    }
  }

  /** A line that a kill has cut gets its end first, so that it spoils no other. */
  #open(): number {
    const fd = withFolder(this.#path, () => openToAppend(this.#path, toAppendAndRead))
    this.#size = fstatSync(fd).size
    const last = Buffer.alloc(1)
    if (this.#size > 0 && readSync(fd, last, 0, 1, this.#size - 1) === 1 && last[0] !== 10)
      this.#held = `\n${this.#held}`
    return fd
  }
}
