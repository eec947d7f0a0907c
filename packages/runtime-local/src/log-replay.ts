import { appendFileSync, copyFileSync, linkSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Digest } from '@millrace/ir'
import type { RunFolder, Store } from '@millrace/store'
import { eventLimit } from './stage-log.ts'

const indexName = 'index.jsonl'

/** The log of a result belongs to it: a run that takes the result from the cache gets the log too. */
export class LogReplay {
  readonly #store: Store
  readonly #folder: RunFolder
  /** Log files of other runs by cache key; most stages print nothing, so a look must cost nothing. */
  readonly #logs = new Map<string, ReadonlyMap<string, string>>()

  constructor(store: Store, folder: RunFolder) {
    this.#store = store
    this.#folder = folder
  }

  /** Notes which log is that of a result. */
  keep(key: Digest, file: string): void {
    appendFileSync(join(this.#folder.path, 'logs', indexName), `${JSON.stringify({ key, file: basename(file) })}\n`)
  }

  /** Puts the log of a result into this run's folder and gives its lines. A log that can't be read is no log. */
  replay(from: string, key: Digest, node: string, index: readonly number[] | undefined): readonly string[] {
    if (from === this.#folder.id) return []
    const name = this.#index(from).get(key)
    if (name === undefined) return []
    const source = join(this.#store.runs.path(from), 'logs', name)
    try {
      const target = this.#folder.logFile(node, index, 1)
      try {
        linkSync(source, target)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return []
        copyFileSync(source, target)
      }
      return readFileSync(source, 'utf8').slice(0, eventLimit).replace(/\n$/, '').split('\n')
    } catch {
      return []
    }
  }

  #index(run: string): ReadonlyMap<string, string> {
    const known = this.#logs.get(run)
    if (known) return known
    const found = new Map<string, string>()
    for (const line of readLines(join(this.#store.runs.path(run), 'logs', indexName))) {
      try {
        const { key, file } = JSON.parse(line) as { key: string; file: string }
        if (file === basename(file)) found.set(key, file)
      } catch {
        // cut by a kill
      }
    }
    this.#logs.set(run, found)
    return found
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}
