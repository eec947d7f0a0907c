import { join } from 'node:path'
import { errnoOf, onDisk, openToAppend, storeFailed, writeAll } from '../../files/file-errors.ts'
import { linesOf } from '../../files/lines-of.ts'
import { foldersIn } from '../../files/real-folder.ts'
import { closeFile, readText } from '../../files/regular-file.ts'
import { hasLiveOwner } from './run-lock.ts'

/** Who takes results from the store: it is told before their bytes are looked at. */
export interface Referrer {
  /**
   * Notes that results of a run, or the files of attempts (each `<node>/<attempt>`), are used from now on: no prune
   * takes them while the user lives, and none that goes by age while its run is kept.
   */
  use(from: string | undefined, attempts: readonly string[]): void
}

const usesOf = (folder: string): string => join(folder, 'uses')

/** The file `uses` of a run: a line `run <id>` or `attempt <node>/<attempt>` for each thing of others that it took. */
export class References implements Referrer {
  readonly #path: string
  readonly #run: string
  readonly #known = new Set<string>()
  #fd: number | undefined

  constructor(folder: string, run: string) {
    this.#path = usesOf(folder)
    this.#run = run
  }

  use(from: string | undefined, attempts: readonly string[]): void {
    let text = ''
    const add = (line: string): void => {
      if (this.#known.has(line)) return
      this.#known.add(line)
      text += `${line}\n`
    }
    if (from !== undefined && from !== this.#run) add(`run ${from}`)
    for (const attempt of attempts) if (!attempt.includes(`/${this.#run}-`)) add(`attempt ${attempt}`)
    if (text !== '') this.#write(text)
  }

  close(): void {
    if (this.#fd !== undefined) closeFile(this.#fd)
    this.#fd = undefined
  }

  #write(text: string): void {
    try {
      // a line that a kill has cut gets its end first
      const bytes = Buffer.from(this.#fd === undefined ? `\n${text}` : text)
      this.#fd ??= openToAppend(this.#path)
      writeAll(this.#fd, bytes)
    } catch (error) {
      throw storeFailed('write', this.#path, error)
    }
  }
}

/** What runs used, all together. */
export interface Used {
  readonly runs: Set<string>
  readonly attempts: Set<string>
}

/** Adds what a run used. */
export function readReferences(folder: string, used: Used): void {
  const path = usesOf(folder)
  let text: string
  try {
    text = readText(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) return
    throw storeFailed('read', path, error)
  }
  for (const line of linesOf(text)) {
    const [, kind, name] = /^(run|attempt) (.+)$/.exec(line) ?? []
    if (name !== undefined) used[kind === 'run' ? 'runs' : 'attempts'].add(name)
  }
}

/** The attempts that runs use now. */
export function usedNow(root: string): ReadonlySet<string> {
  const used: Used = { runs: new Set(), attempts: new Set() }
  const runs = join(root, 'runs')
  for (const id of onDisk('read', runs, () => foldersIn(runs)))
    if (hasLiveOwner(join(runs, id))) readReferences(join(runs, id), used)
  return used.attempts
}
