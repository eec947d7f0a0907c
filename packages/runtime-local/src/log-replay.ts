import { copyFileSync, linkSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { RunFolder, Store } from '@millrace/store'
import { eventLimit } from './stage-log.ts'

/** The log of a result that is taken from the cache belongs to this run too: the run that made it still has it. */
export class LogReplay {
  readonly #store: Store
  readonly #folder: RunFolder
  /** Log files of other runs, by run; most stages print nothing, so a look must cost nothing. */
  readonly #logs = new Map<string, readonly string[]>()

  constructor(store: Store, folder: RunFolder) {
    this.#store = store
    this.#folder = folder
  }

  /** Puts the log into this run's folder and gives its lines. */
  replay(from: string, node: string, index: readonly number[] | undefined): readonly string[] {
    if (from === this.#folder.id) return []
    const folder = join(this.#store.runs.path(from), 'logs')
    const files = this.#list(from, folder)
    if (files.length === 0) return []
    const own = this.#folder.logFile(node, index, 1)
    const stem = basename(own).replace(/\.1\.log$/, '')
    const name = files.filter((file) => file.replace(/\.\d+\.log$/, '') === stem).at(-1)
    if (name === undefined) return []
    const source = join(folder, name)
    const target = join(dirname(own), name)
    try {
      linkSync(source, target)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return []
      copyFileSync(source, target)
    }
    return readFileSync(source, 'utf8').slice(0, eventLimit).replace(/\n$/, '').split('\n')
  }

  #list(run: string, folder: string): readonly string[] {
    let files = this.#logs.get(run)
    if (!files) {
      try {
        files = readdirSync(folder).sort()
      } catch {
        files = []
      }
      this.#logs.set(run, files)
    }
    return files
  }
}
