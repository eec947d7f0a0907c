import { copyFileSync, linkSync, readSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { type Digest, isDigest, parseJson } from '@millrace/ir'
import {
  appendStored,
  closeFile,
  isPlainName,
  isRealBelow,
  linesOf,
  openRegular,
  type RunFolder,
  readText,
  type Store,
} from '@millrace/store'

/** Characters of one log that events carry. */
export const eventLimit = 1024 * 1024

const indexName = 'index.jsonl'

/** The log of a result belongs to it: a run that takes the result from the cache gets the log too. */
export class LogReplay {
  readonly #store: Store
  readonly #folder: RunFolder
  #kept = false
  /** Log files of other runs by cache key; most stages print nothing, so a look must cost nothing. */
  readonly #logs = new Map<string, ReadonlyMap<string, string>>()

  constructor(store: Store, folder: RunFolder) {
    this.#store = store
    this.#folder = folder
  }

  /** Notes which log is that of a result. */
  keep(key: Digest, file: string): void {
    // a line that a kill has cut gets its end first
    const end = this.#folder.resumed && !this.#kept ? '\n' : ''
    this.#kept = true
    const line = JSON.stringify({ key, file: basename(file) })
    appendStored(join(this.#folder.path, 'logs', indexName), `${end}${line}\n`)
  }

  /** Puts the log of a result into this run's folder and gives its lines. A log that can't be read is no log. */
  replay(from: string, key: Digest, node: string, index: readonly number[] | undefined): readonly string[] {
    if (from === this.#folder.id) return []
    const name = this.#index(from).get(key)
    if (name === undefined) return []
    const run = this.#store.runs.path(from)
    if (!isRealBelow(run, '', 'logs')) return []
    const source = join(run, 'logs', name)
    try {
      const text = beginningOf(source)
      const target = this.#folder.logFile(node, index, 1)
      // what an attempt of this run left before is not the result's
      rmSync(target, { force: true })
      try {
        linkSync(source, target)
      } catch {
        copyFileSync(source, target)
      }
      return text.replace(/\n$/, '').split('\n')
    } catch {
      return []
    }
  }

  #index(run: string): ReadonlyMap<string, string> {
    const known = this.#logs.get(run)
    if (known) return known
    const found = new Map<string, string>()
    for (const line of linesOf(textOf(join(this.#store.runs.path(run), 'logs', indexName)))) {
      try {
        const { key, file } = parseJson(line) as { readonly key?: unknown; readonly file?: unknown }
        if (isDigest(key) && isPlainName(file)) found.set(key, file)
      } catch {
        // cut by a kill
      }
    }
    this.#logs.set(run, found)
    return found
  }
}

/** What events carry of a log, which may be larger than this process. A character has up to three bytes. */
function beginningOf(path: string): string {
  const bytes = Buffer.alloc(3 * eventLimit)
  const fd = openRegular(path)
  if (fd === undefined) throw new Error(`${path} is no file`)
  try {
    let size = 0
    for (let count = -1; count !== 0 && size < bytes.length; size += count)
      count = readSync(fd, bytes, size, bytes.length - size, size)
    return new StringDecoder().write(bytes.subarray(0, size)).slice(0, eventLimit)
  } finally {
    closeFile(fd)
  }
}

function textOf(path: string): string {
  try {
    return readText(path)
  } catch {
    return ''
  }
}
