import { linkSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Diagnostic, digestBytes, isDiagnosticError } from '@millrace/ir'
import { remove, temporaryPath, untouched, withFolder } from '../../files/atomic-write.ts'
import { errnoOf, storeFailed } from '../../files/file-errors.ts'
import { readText } from '../../files/regular-file.ts'
import { removeTree } from '../../files/remove-tree.ts'
import { firstOwner, isHeld } from '../coordination/run-lock.ts'
import { reduceIndex } from '../results/pack-merge.ts'
import { isIndexName } from '../results/pack-name.ts'
import { journalOf } from '../runs/run-summary.ts'
import { type KnownManifest, type KnownPack, type KnownRun, modified, namesIn, sizeOf } from './prune-survey.ts'
import type { Pruned } from './pruned.ts'

type Why<T> = ReadonlyMap<T, string>

/** Removes what was chosen, or only tells it. What can't be removed is noted, and the rest goes on. */
export class Removal {
  readonly failures: Diagnostic[] = []
  readonly #root: string
  readonly #scratch: string
  readonly #dry: boolean
  readonly #tell: (pruned: Pruned) => void
  #marks: string[] | undefined

  constructor(root: string, dry: boolean, tell: (pruned: Pruned) => void) {
    this.#root = root
    this.#scratch = join(root, 'results', 'tmp')
    this.#dry = dry
    this.#tell = tell
  }

  manifests(chosen: Why<KnownManifest>): void {
    for (const [manifest, why] of chosen) {
      const { key, folder, bytes } = manifest
      this.#one({ kind: 'result', name: `sha256:${key}`, why, count: 1, bytes }, () => {
        if (!this.#unlink(manifest)) return false
        removeEmpty(folder, dirname(folder))
        return true
      })
    }
  }

  packs(chosen: Why<KnownPack>): void {
    const files = new Map<string, Set<string>>()
    for (const [{ file, name }] of chosen) files.set(file, (files.get(file) ?? new Set()).add(name))
    const gone = new Set<string>()
    for (const [pack, why] of chosen) {
      const { file, name, lines: count, bytes } = pack
      this.#one({ kind: 'result', name, why, count, bytes }, () => {
        const folder = join(this.#root, 'results', 'packs')
        if (!isIndexName(file)) rmSync(join(folder, file))
        else if (!gone.has(file)) reduceIndex(folder, this.#scratch, file, (at) => !files.get(file)?.has(at))
        gone.add(file)
        return true
      })
    }
  }

  /** Whether there were some. */
  attempts(chosen: Why<string>): boolean {
    for (const [attempt, why] of chosen) {
      const path = join(this.#root, 'attempts', attempt)
      this.#one({ kind: 'attempt', name: attempt, why, count: 1, bytes: sizeOf(path) }, () => {
        removeAll(path)
        removeEmpty(dirname(path), dirname(dirname(path)))
        return true
      })
    }
    return chosen.size > 0
  }

  /** Runs that this process owns. */
  runs(chosen: Why<KnownRun>, told: ReadonlySet<string>): void {
    for (const [{ id, path }, why] of chosen)
      this.#one({ kind: 'run', name: id, why, count: 1, bytes: sizeOf(path) }, () => {
        if (told.has(id)) this.#reduce(path)
        else this.#whole(path)
        this.#unmark(id)
        return true
      })
  }

  /** Folders that hold no run. */
  leftovers(runs: readonly KnownRun[]): void {
    for (const { id, path } of runs) this.#litter(join('runs', id), 'no run', () => this.#whole(path))
  }

  /** What killed processes left besides, and what the program's code was found to be if that was long ago. */
  litter(olderThan: number | undefined): void {
    const code = join(this.#root, 'code')
    for (const name of namesIn(code)) {
      const path = join(code, name)
      const why = name.endsWith('.tmp')
        ? untouched(path) && 'left by a killed process'
        : olderThan !== undefined && modified(path) < Date.now() - olderThan && 'old'
      if (why) this.#litter(join('code', name), why, () => removeTree(path))
    }
    // a mark is there before its run: then the process that put it lives
    const marks = namesIn(join(this.#root, 'runs', 'open'))
    const runs = new Set(namesIn(join(this.#root, 'runs')))
    for (const name of marks) {
      const path = join(this.#root, 'runs', 'open', name)
      if (!runs.has(runOfMark(name)) && !isHeld(path))
        this.#litter(join('runs', 'open', name), 'no run', () => removeTree(path))
    }
  }

  #unmark(run: string): void {
    this.#marks ??= namesIn(join(this.#root, 'runs', 'open'))
    for (const name of this.#marks) if (runOfMark(name) === run) remove(join(this.#root, 'runs', 'open', name))
  }

  #litter(name: string, why: string, act: () => void): void {
    this.#one({ kind: 'litter', name, why, count: 1, bytes: sizeOf(join(this.#root, name)) }, () => {
      act()
      return true
    })
  }

  /** Tells what was removed; another prune may have been faster. */
  #one(pruned: Pruned, act: () => boolean): void {
    try {
      if (!this.#dry && !act()) return
      this.#tell(pruned)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return
      const told = storeFailed('remove', this.#place(pruned), error)
      if (!isDiagnosticError(told)) throw told
      this.failures.push(...told.diagnostics)
    }
  }

  #place({ kind, name }: Pruned): string {
    const folder = { run: 'runs', result: 'results', attempt: 'attempts', litter: '' }[kind]
    return join(this.#root, folder, name)
  }

  /** The pointer goes first. Where somebody has written since, both stay. */
  #unlink({ folder, name, text, current }: KnownManifest): boolean {
    const pointer = current ? this.#aside(join(folder, 'current')) : undefined
    if (pointer && pointer.text.trim() !== name) {
      pointer.putBack()
      return false
    }
    const manifest = this.#aside(join(folder, name))
    if (manifest && digestBytes(manifest.text) !== text) {
      manifest.putBack()
      pointer?.putBack()
      return false
    }
    pointer?.drop()
    manifest?.drop()
    return manifest !== undefined
  }

  #aside(path: string): { readonly text: string; putBack(): void; drop(): void } | undefined {
    const aside = temporaryPath(this.#scratch)
    try {
      withFolder(aside, () => renameSync(path, aside))
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    }
    return {
      text: readText(aside),
      putBack() {
        try {
          withFolder(path, () => linkSync(aside, path))
        } catch (error) {
          if (errnoOf(error) !== 'EEXIST') renameSync(aside, path)
        }
        remove(aside)
      },
      drop: () => remove(aside),
    }
  }

  /** Only the logs stay; the journal goes last, so that it is a run until then. */
  #reduce(path: string): void {
    const last = [basename(journalOf(path)), 'logs']
    const isOwner = (name: string): boolean => name === firstOwner || name.startsWith(`${firstOwner}.`)
    const names = namesIn(path)
    for (const name of names) if (!last.includes(name) && !isOwner(name)) removeTree(join(path, name))
    removeTree(journalOf(path))
    for (const name of names) if (isOwner(name)) removeTree(join(path, name))
    removeEmpty(path)
  }

  #whole(path: string): void {
    const aside = temporaryPath(join(this.#root, 'runs', 'tmp'))
    withFolder(aside, () => renameSync(path, aside))
    removeAll(aside)
  }
}

/** The run of a mark under `runs/open`. */
const runOfMark = (name: string): string => name.replace(/^[0-9a-f]+-/, '')

function removeEmpty(...folders: readonly string[]): void {
  try {
    for (const folder of folders) rmdirSync(folder)
  } catch {
    // something is in it
  }
}

/** A process that had just come to a folder may put one more file into it while it is emptied. */
function removeAll(path: string): void {
  for (let tries = 1; ; tries++)
    try {
      return removeTree(path)
    } catch (error) {
      if (errnoOf(error) !== 'ENOTEMPTY' || tries === 10) throw error
    }
}
