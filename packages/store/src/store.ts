import { randomBytes } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Diagnostic, DiagnosticError, isObject, nowhere, parseJson } from '@millrace/ir'
import { ArtifactRoots } from './files/artifact-roots.ts'
import { put, putIfAbsent, sweep } from './files/atomic-write.ts'
import { errnoOf, onDisk, shown, storeFailed } from './files/file-errors.ts'
import { makeFolder } from './files/make-folder.ts'
import { refuseLinks } from './files/own-folders.ts'
import { readText } from './files/regular-file.ts'
import { hasLiveOwner } from './folder/coordination/run-lock.ts'
import { type PruneOptions, prune } from './folder/prune/prune.ts'
import type { Pruned } from './folder/prune/pruned.ts'
import { FolderResults, type Results } from './folder/results/folder-results.ts'
import { FolderPackages, type PackageRecords } from './folder/results/package-records.ts'
import { FolderRuns, type Runs } from './folder/runs/folder-runs.ts'

/** Results, attempts and runs in a folder (contracts: store). */
export interface Store {
  readonly root: string
  /** 32 hex digits: two places with one id are one store. Missing in stores of earlier versions. */
  readonly id: string | undefined
  readonly results: Results
  readonly runs: Runs
  /** What was measured of stages, from run to run: a text that nothing depends on. It is empty where it can't be read. */
  readonly measured: { read(): string; keep(text: string): void }
  /** What packages held when they were first used. */
  readonly packages: PackageRecords
  /** What paths are that this store names; no other is read. */
  readonly places: Pick<ArtifactRoots, 'standing' | 'moved'>
  /** Removes what nobody needs (folder/prune/prune.ts); `tell` hears of each thing. Returns what could not be removed, and why. */
  prune(options: PruneOptions, tell: (pruned: Pruned) => void): Diagnostic[]
  /** Gives back the open files of packs; for a process that opens many stores. */
  close(): void
}

/** The format that this version writes, and the newest that it reads. */
const format = 1

/** Whether there is a store in a folder. */
export const isStore = (root: string): boolean => existsSync(join(root, 'format.json'))

export interface StoreOptions {
  /**
   * Takes what is above 1 GiB, and folders with more than 50,000 files and folders, for what their length says: for a
   * driver, which must not read them. Default false.
   */
  readonly byLength?: boolean
}

/** Opens the store in a folder, creates it where it isn't, and removes what killed processes left half-made. */
export function openStore(root: string, { byLength = false }: StoreOptions = {}): Store {
  const path = resolve(root)
  onDisk('create', path, () => makeFolder(path))
  refuseLinks(path)
  const { store: id } = checkFormat(path)
  for (const scratch of ['', 'results/tmp', 'runs/tmp', 'attempts/.open', 'code', 'packages', 'prune'])
    sweep(join(path, scratch))
  const runs = new FolderRuns(join(path, 'runs'))
  const places = new ArtifactRoots([path, onDisk('read', path, () => realpathSync.native(path))])
  const results = new FolderResults(places, (run) => hasLiveOwner(runs.path(run)), byLength)
  return {
    root: path,
    id,
    results,
    runs,
    measured: measuredIn(path),
    packages: new FolderPackages(join(path, 'packages')),
    places,
    prune: (options, tell) => prune(path, options, tell),
    close: () => results.close(),
  }
}

interface Format {
  readonly version: number
  readonly store: string | undefined
}

/** format.json is written last: where it is, the rest is. */
function checkFormat(root: string): Format {
  const path = join(root, 'format.json')
  const found = readFormat(path) ?? writeFormat(root, path)
  if (found.version <= format) return found
  const message = `the store "${shown(root)}" has format ${found.version}; this millrace reads formats up to ${format}`
  const fix = 'Update millrace, or choose another store with --store.'
  throw new DiagnosticError([{ code: 'store-version', severity: 'error', message, at: nowhere, fix }])
}

function writeFormat(root: string, path: string): Format {
  putIfAbsent(root, join(root, '.gitignore'), '*\n')
  const made: Format = { version: format, store: randomBytes(16).toString('hex') }
  const text = `${JSON.stringify(made)}\n`
  // another process may make the same store: the first names it
  if (putIfAbsent(root, path, text)) return made
  const found = readFormat(path)
  // what no store can be read from is damage
  if (!found) put(root, path, text)
  return found ?? made
}

function readFormat(path: string): Format | undefined {
  try {
    const value: unknown = parseJson(readText(path))
    if (!isObject(value) || typeof value.version !== 'number') return undefined
    const { version, store } = value
    return { version, store: typeof store === 'string' && /^[0-9a-f]{32}$/.test(store) ? store : undefined }
  } catch (error) {
    if (errnoOf(error) === undefined || errnoOf(error) === 'ENOENT') return undefined
    throw storeFailed('read', path, error)
  }
}

function measuredIn(root: string): Store['measured'] {
  const path = join(root, 'measured.json')
  return {
    read() {
      try {
        return readText(path)
      } catch {
        return ''
      }
    },
    keep(text) {
      try {
        put(root, path, text)
      } catch {}
    },
  }
}
