import { constants, fstatSync, lstatSync, opendirSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from './file-errors.ts'
import { closeFile } from './regular-file.ts'

/** What stands in a foreign folder is not what may stand there; `message` says what, as in "is a symbolic link". */
export class OddFile extends Error {
  /** Below the folder that was opened first. */
  readonly path: string

  constructor(path: string, what: string) {
    super(what)
    this.path = path
  }
}

const { O_RDONLY, O_DIRECTORY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants

/** On Linux a name below an open folder is found there, wherever that folder was moved or what was put in its place. */
const walksByFolder = process.platform === 'linux'

/**
 * A folder into which others write while it is read, others who may mean harm. No link in it is followed, also none that
 * takes the place of a folder between two looks; nothing but regular files is read; a pipe can't block. Whoever reads it
 * says how much is read at most.
 */
export class ForeignFolder {
  readonly #fd: number
  readonly #path: string
  readonly #shown: string

  private constructor(fd: number, path: string, shown: string) {
    this.#fd = fd
    this.#path = path
    this.#shown = shown
  }

  /**
   * @param path of a folder that stands in one that nobody else can write
   * @returns undefined where it is not there (yet)
   * @throws OddFile
   */
  static open(path: string): ForeignFolder | undefined {
    const fd = open(path, '', O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    return fd === undefined ? undefined : new ForeignFolder(fd, path, '')
  }

  close(): void {
    closeFile(this.#fd)
  }

  /** A folder of it, which is to be closed; undefined where that is not there. @throws OddFile */
  inner(name: string): ForeignFolder | undefined {
    const shown = this.#below(name)
    const fd = open(this.#at(name), shown, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    return fd === undefined ? undefined : new ForeignFolder(fd, join(this.#path, name), shown)
  }

  /** What `work` gives in a folder of it; undefined where that is not there. @throws OddFile */
  within<T>(name: string, work: (folder: ForeignFolder) => T): T | undefined {
    const folder = this.inner(name)
    if (!folder) return undefined
    try {
      return work(folder)
    } finally {
      folder.close()
    }
  }

  /** The names in it. @throws OddFile when there are more than `most` */
  names(most: number): string[] {
    const names: string[] = []
    const path = walksByFolder ? `/proc/self/fd/${this.#fd}` : this.#path
    const folder = unlessAbsent(this.#shown, () => opendirSync(path, { bufferSize: 1000 }))
    if (!folder) return []
    try {
      for (;;) {
        const entry = unlessAbsent(this.#shown, () => folder.readSync())
        // some of them would look like all
        if (entry === undefined) return []
        if (entry === null) return names
        if (names.length === most) throw new OddFile(this.#shown, `holds more than ${most} files`)
        names.push(entry.name)
      }
    } finally {
      unlessAbsent(this.#shown, () => folder.closeSync())
    }
  }

  /** Whether something stands in it under a name. */
  has(name: string): boolean {
    return unlessAbsent(this.#below(name), () => lstatSync(this.#at(name))) !== undefined
  }

  /** What `work` makes of an open file of it; undefined where that is not there. @throws OddFile */
  file<T>(name: string, work: (fd: number, size: number) => T): T | undefined {
    const shown = this.#below(name)
    const fd = open(this.#at(name), shown, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    if (fd === undefined) return undefined
    try {
      const stat = unlessAbsent(shown, () => fstatSync(fd))
      if (!stat) return undefined
      if (stat.isFile()) return work(fd, stat.size)
      throw this.odd(name, stat.isDirectory() ? 'is a folder' : 'is no regular file')
    } finally {
      closeFile(fd)
    }
  }

  /** All bytes of a file of it; undefined where that is not there. @throws OddFile when there are more than `most` */
  read(name: string, most: number): Buffer | undefined {
    return this.file(name, (fd, size): Buffer | undefined => {
      // it may grow while it is read
      const bytes = Buffer.allocUnsafe(Math.min(size, most) + 1)
      const shown = this.#below(name)
      let held = 0
      while (held < bytes.length) {
        const count = unlessAbsent(shown, () => readSync(fd, bytes, held, bytes.length - held, held))
        if (count === undefined) return undefined
        if (count === 0) break
        held += count
      }
      if (size > most || held > most) throw this.odd(name, `has more than ${most} bytes`)
      return bytes.subarray(0, Math.min(held, size))
    })
  }

  /** That something about a file of it is odd, for who knows what should stand in it. */
  odd(name: string, what: string): OddFile {
    return new OddFile(this.#below(name), what)
  }

  #at(name: string): string {
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) throw new Error(`"${name}" is no name`)
    return walksByFolder ? `/proc/self/fd/${this.#fd}/${name}` : join(this.#path, name)
  }

  #below(name: string): string {
    return this.#shown === '' ? name : `${this.#shown}/${name}`
  }
}

/**
 * What is not there (any more), or can't be seen at the moment: the volume is away, or this process has no more open
 * files. Who reads looks again.
 */
const absent = new Set([
  'ENOENT',
  'ESTALE',
  'EIO',
  'ENOTCONN',
  'ETIMEDOUT',
  'EAGAIN',
  'EINTR',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
])

const open = (path: string, shown: string, flags: number): number | undefined =>
  unlessAbsent(shown, () => openSync(path, flags), path)

function unlessAbsent<T>(shown: string, access: () => T, path = ''): T | undefined {
  try {
    return access()
  } catch (error) {
    const code = errnoOf(error)
    if (code === undefined) throw error
    if (absent.has(code)) return undefined
    throw new OddFile(shown, oddity(path, code))
  }
}

function oddity(path: string, code: string): string {
  if (isLink(path)) return 'is a symbolic link'
  if (code === 'ENOTDIR') return 'is no folder'
  // a socket
  if (code === 'ENXIO') return 'is no regular file'
  return `can't be ${path === '' ? 'read' : 'opened'} (${code})`
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false
  }
}
