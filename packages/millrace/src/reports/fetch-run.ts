import { lstatSync, readdirSync, realpathSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  type ArtifactValue,
  DiagnosticError,
  isArtifactValue,
  isObject,
  type Json,
  nowhere,
  setKey,
} from '@millrace/ir'
import {
  makeFolder,
  measureFolder,
  onDisk,
  type RunSummary,
  type Store,
  verifyArtifact,
  walkFolder,
} from '@millrace/store'
import { obeyedIn } from '../program/obeyed-in.ts'
import { onTarget } from '../program/target-folder.ts'
import { shortPath } from '../short-path.ts'
import { copyWhole } from './copy-whole.ts'
import { FetchedNames } from './fetched-names.ts'

/** A file or folder of a run's output: where it lies, and where it goes below the target folder. */
interface Part {
  readonly artifact: ArtifactValue
  readonly kind: 'file' | 'folder'
  readonly to: string
}

export interface Fetched {
  /** The files and folders in the target folder, relative to it. */
  readonly files: readonly string[]
  /** Files and folders that lie outside of the store, where they stay: the run was given them. */
  readonly elsewhere: readonly string[]
  /** What was left out of folders, relative to the target folder: a tool that looks into them would obey it. */
  readonly leftOut: readonly string[]
}

/**
 * Copies what a run left into a folder: `output.json`, in which artifacts have paths relative to it, each artifact as
 * `<its place in the output>/<its name>`, `metrics.jsonl` and `logs/`. The folder appears whole or not at all. What the
 * store says is another's word: only its own files are read, and nothing is written but below the folder.
 *
 * @throws DiagnosticError when the folder holds something, or an artifact is lost, damaged or no place of the store
 */
export async function fetchRun(store: Store, run: RunSummary, folder: string): Promise<Fetched> {
  const there = isEmptyFolder(folder)
  const target = there ? realpathSync(folder) : folder
  const found = placed(store, run)
  const unfinished = `${target}.tmp-${process.pid}`
  const below = (to: string): string => join(unfinished, to)
  const leftOut: string[] = []
  try {
    onTarget('create', target, anotherFolder, () => makeFolder(unfinished))
    onTarget('write', target, anotherFolder, () =>
      writeFileSync(below('output.json'), `${JSON.stringify(found.output, undefined, 2)}\n`),
    )
    for (const part of found.parts) {
      const copy = { ...part.artifact, path: below(part.to) }
      if (!(await copyArtifact(part, copy.path)) || !(await verifyArtifact(copy, part.kind, { full: true })))
        throw failed(`"${shortPath(part.artifact.path)}" of run ${run.id} is not what the run recorded`, again)
      leftOut.push(...removeObeyed(unfinished, part))
    }
    const told = await copyTold(store, run.id, below)
    onTarget('write', target, anotherFolder, () => {
      // an empty folder may be there
      if (there) rmdirSync(target)
      renameSync(unfinished, target)
    })
    return { files: ['output.json', ...found.parts.map(({ to }) => to), ...told], elsewhere: found.elsewhere, leftOut }
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}

const anotherFolder = 'Give a folder that can be written: runs fetch <id> <dir>.'

const makeBelow = (path: string): void => onTarget('create', path, anotherFolder, () => makeFolder(path))

/** False as soon as there are other bytes than the recorded ones: no more are written than those. */
async function copyArtifact({ artifact: { path, size }, kind }: Part, to: string): Promise<boolean> {
  if (kind === 'file') return copy(path, to, size)
  if ((await measureFolder(path, { follow: false, enough: size })).size !== size) return false
  makeBelow(to)
  let left = size
  for (const file of walkFolder(path, { follow: false })) {
    left -= file.size
    if (left < 0 || (file.isFile && !(await copy(file.absolute, join(to, file.path), file.size)))) return false
  }
  return true
}

/** Metrics and logs; which log is whose is the store's own. */
async function copyTold(store: Store, run: string, below: (to: string) => string): Promise<string[]> {
  const told: string[] = []
  const metrics = join(store.runs.path(run), 'metrics.jsonl')
  if (onDisk('read', metrics, () => lstatSync(metrics, { throwIfNoEntry: false }))) {
    await copy(metrics, below('metrics.jsonl'))
    told.push('metrics.jsonl')
  }
  const logs = store.runs.logs(run)
  if (logs.length > 0) told.push('logs')
  for (const name of logs) await copy(join(store.runs.path(run), 'logs', name), below(`logs/${name}`))
  return told
}

/** Copies a regular file; a link, or a pipe that would be waited for, is none. False where it has not the size. */
async function copy(from: string, to: string, size?: number): Promise<boolean> {
  makeBelow(dirname(to))
  const copied = await copyWhole(from, to, size)
  if (copied === 'irregular') throw failed(`can't take "${shortPath(from)}": it is not a regular file`, 'Remove it.')
  return copied === 'copied'
}

/** Leaves out of a folder what a tool would obey; gives what that was. */
function removeObeyed(unfinished: string, { kind, to }: Part): string[] {
  if (kind === 'file') return []
  const files = [...walkFolder(join(unfinished, to))].filter(({ isFile }) => isFile)
  const found = obeyedIn(files.map(({ path }) => path))
  for (const path of found) rmSync(join(unfinished, to, path), { recursive: true })
  return found.map((path) => `${to}/${path}`)
}

/** The run's output with its artifacts where they will be. */
function placed(store: Store, run: RunSummary) {
  const parts: Part[] = []
  const elsewhere: string[] = []
  const names = new FetchedNames()
  const visit = (at: Json, place: readonly (string | number)[]): Json => {
    if (Array.isArray(at)) return at.map((item: Json, i) => visit(item, [...place, i]))
    if (!isObject(at)) return at
    if (isArtifactValue(at) && Object.keys(at).length === 3) {
      const path = here(store, run, at.path)
      if (path === undefined) {
        elsewhere.push(at.path)
        return at as unknown as Json
      }
      const to = names.of(place, path)
      const kind = onDisk('read', path, () => lstatSync(path)).isDirectory() ? 'folder' : 'file'
      parts.push({ artifact: { ...at, path }, kind, to })
      return { ...(at as object), path: to } as unknown as Json
    }
    const out = {}
    for (const [key, item] of Object.entries(at)) setKey(out, key, visit(item as Json, [...place, key]))
    return out as Json
  }
  return { output: visit(outputOf(store, run), []), parts, elsewhere }
}

function outputOf(store: Store, run: RunSummary): Json {
  let output: Json = null
  for (const event of store.runs.events(run.id)) if (event.event === 'run.finished') output = event.output
  return output
}

/** Where an artifact lies in the store; undefined where it lies outside. */
function here({ places }: Store, run: RunSummary, path: string): string | undefined {
  const standing = places.standing(path)
  if (standing === 'here') return path
  if (standing === 'elsewhere') return places.moved(path)
  if (standing === 'lost') throw failed(`"${shortPath(path)}" of run ${run.id} isn't there any more`, again)
  throw failed(
    `the output of run ${run.id} names "${path}", where this store keeps no files`,
    'Ask whoever shared the store: no run of Millrace wrote that.',
  )
}

const again = 'Run the program again: what is lost or damaged is made anew.'

/** @throws DiagnosticError for anything else that is there */
function isEmptyFolder(target: string): boolean {
  const found = onTarget('read', target, anotherFolder, () => statSync(target, { throwIfNoEntry: false }))
  if (!found) return false
  if (found.isDirectory() && onTarget('read', target, anotherFolder, () => readdirSync(target)).length === 0)
    return true
  const what = found.isDirectory() ? 'holds something already' : 'is a file'
  const fix = 'Give a new folder: runs fetch <id> <dir>.'
  throw failed(`the folder "${shortPath(target)}" ${what}`, fix, 'usage')
}

const failed = (message: string, fix: string, code: 'usage' | 'store-failed' = 'store-failed'): DiagnosticError =>
  new DiagnosticError([{ code, severity: 'error', message, at: nowhere, fix }])
