import { mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DiagnosticError, isObject, nowhere } from '@millrace/ir'
import { errnoOf, onDisk, shown, storeFailed } from './disk.ts'
import { hasLiveOwner } from './owner.ts'
import { FolderResults, type Results } from './results.ts'
import { FolderRuns, type Runs } from './runs.ts'
import { safeName } from './safe-name.ts'
import { put, putIfAbsent, sweep } from './temporary.ts'

/** Results, attempts and runs in a folder (contracts: store). */
export interface Store {
  readonly root: string
  readonly results: Results
  readonly runs: Runs
  /** The folder of an attempt, created: `attempts/<node>/<attempt>`. */
  attemptFolder(node: string, attempt: string): string
  /** Gives back the open files of packs; for a process that opens many stores. */
  close(): void
}

/** The format that this version writes, and the newest that it reads. */
const format = 1

/** Opens the store in a folder, creates it where it isn't, and removes what killed processes left half-made. */
export function openStore(root: string): Store {
  const path = resolve(root)
  onDisk('create', path, () => mkdirSync(path, { recursive: true }))
  checkFormat(path)
  for (const scratch of [path, join(path, 'results', 'tmp'), join(path, 'runs', 'tmp')]) sweep(scratch)
  const runs = new FolderRuns(join(path, 'runs'))
  const roots = [path, onDisk('read', path, () => realpathSync(path))] as const
  const results = new FolderResults(roots, (run) => hasLiveOwner(runs.path(run)))
  return {
    root: path,
    results,
    runs,
    attemptFolder(node, attempt) {
      const folder = join(path, 'attempts', safeName(node), safeName(attempt))
      onDisk('create', folder, () => mkdirSync(folder, { recursive: true }))
      return folder
    },
    close: () => results.close(),
  }
}

/** format.json is written last: where it is, the rest is. */
function checkFormat(root: string): void {
  const path = join(root, 'format.json')
  const found = readFormat(path)
  if (found === undefined) {
    putIfAbsent(root, join(root, '.gitignore'), '*\n')
    put(root, path, `${JSON.stringify({ version: format })}\n`)
  } else if (found > format) {
    const message = `the store "${shown(root)}" has format ${found}; this millrace reads formats up to ${format}`
    const fix = 'Update millrace, or choose another store with --store.'
    throw new DiagnosticError([{ code: 'store-version', severity: 'error', message, at: nowhere, fix }])
  }
}

function readFormat(path: string): number | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isObject(value) && typeof value.version === 'number' ? value.version : undefined
  } catch (error) {
    if (errnoOf(error) === undefined || errnoOf(error) === 'ENOENT') return undefined
    throw storeFailed('read', path, error)
  }
}
