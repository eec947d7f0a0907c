import { fstatSync, lstatSync, readdirSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { type Digest, digestBytes, digestJson, isObject, type JsonObject, parseJson } from '@millrace/ir'
import { errnoOf, storeFailed } from '../../files/file-errors.ts'
import { isPlainPath } from '../../files/plain-path.ts'
import { foldersIn } from '../../files/real-folder.ts'
import { closeFile, openRegular, readText } from '../../files/regular-file.ts'
import { tryOr } from '../../files/try-or.ts'
import { hasLiveOwner } from '../coordination/run-lock.ts'
import { attemptsIn } from '../results/attempts-in.ts'
import { manifestPattern } from '../results/manifest.ts'
import { isIndexName, packOfName } from '../results/pack-name.ts'
import { eachLine, sections } from '../results/pack-scan.ts'
import { lastEvent } from '../runs/journal-reader.ts'
import { idPattern, timeOf } from '../runs/run-id.ts'
import { journalOf, type RunSummary, summarize } from '../runs/run-summary.ts'

/** A run as a prune sees it. */
export interface KnownRun {
  readonly id: string
  readonly path: string
  /** Undefined where nothing but logs or litter is left of it. */
  readonly summary: RunSummary | undefined
  readonly live: boolean
  /** Milliseconds: its last event. */
  readonly last: number
  /** That the output of the run names. */
  readonly attempts: readonly string[]
}

export interface KnownManifest {
  readonly key: string
  readonly folder: string
  readonly name: string
  /** Digest of its text. */
  readonly text: Digest
  readonly current: boolean
  /** Undefined where it is damaged. */
  readonly run: string | undefined
  /** That its text names: by its files, or as the one that made it. */
  readonly attempts: readonly string[]
  /** Those of its files. */
  readonly files: readonly string[]
  /** Whether files that it names have gone. */
  readonly lost: boolean
  readonly bytes: number
  readonly written: number
}

/** The lines of one pack, in a file of its own or in an index. */
export interface KnownPack {
  readonly file: string
  readonly name: string
  readonly run: string
  readonly lines: number
  readonly bytes: number
  readonly attempts: ReadonlySet<string>
  readonly written: number
}

/** The names in a folder, or of the folders in it (a link to one is none); none where it isn't, or isn't one. */
export function namesIn(folder: string, list: (folder: string) => string[] = readdirSync): string[] {
  try {
    return list(folder)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return []
    throw storeFailed('read', folder, error)
  }
}

/** All attempts, each as `<node>/<attempt>`. */
export const attemptsOf = (root: string): string[] =>
  namesIn(join(root, 'attempts'), foldersIn)
    .filter((node) => !node.startsWith('.'))
    .flatMap((node) => namesIn(join(root, 'attempts', node)).map((attempt) => `${node}/${attempt}`))

/** The run that an attempt was made by; undefined where its name doesn't say. */
export const runOfAttempt = (attempt: string): string | undefined => /\/(\d{8}-\d{6}-[0-9a-f]{6})-/.exec(attempt)?.[1]

export const runsOf = (root: string): KnownRun[] =>
  namesIn(join(root, 'runs'), foldersIn)
    .filter((id) => idPattern.test(id))
    .map((id) => {
      const path = join(root, 'runs', id)
      // before all else: what a run did is whole once it is dead
      const live = hasLiveOwner(path)
      const summary = summarize(path, id)
      const event = summary && lastEvent(journalOf(path))
      const attempts = event?.event === 'run.finished' ? attemptsIn(JSON.stringify(event.output)) : []
      const last = Date.parse(event?.time ?? summary?.started ?? '') || modified(path)
      return { id, path, summary, live, last, attempts }
    })

export function manifestsOf(root: string): KnownManifest[] {
  const results = join(root, 'results')
  return namesIn(results, foldersIn)
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .flatMap((two) => namesIn(join(results, two), foldersIn).map((key) => ({ key, folder: join(results, two, key) })))
    .flatMap(({ key, folder }) => {
      const current = text(join(folder, 'current'))?.trim()
      return namesIn(folder)
        .filter((name) => manifestPattern.test(name))
        .flatMap((name) => manifest(root, key, folder, name, current === name) ?? [])
    })
}

function manifest(
  root: string,
  key: string,
  folder: string,
  name: string,
  current: boolean,
): KnownManifest | undefined {
  const path = join(folder, name)
  const written = text(path)
  if (written === undefined) return undefined
  const known = fieldsOf(written)
  const paths = (known?.files ?? []).flatMap((file) => (isObject(file) ? [String(file.path)] : []))
  const inside = paths.filter((at) => attemptsIn(at).length > 0)
  return {
    key,
    folder,
    name,
    text: digestBytes(written),
    current,
    run: known?.run,
    attempts: attemptsIn(written),
    files: inside.flatMap(attemptsIn),
    lost: inside.some((at) => !there(root, at)),
    bytes: Buffer.byteLength(written),
    written: modified(path),
  }
}

function fieldsOf(written: string): { readonly run: string; readonly files: readonly unknown[] } | undefined {
  try {
    const value = parseJson(written)
    if (!isObject(value)) return undefined
    const { check, ...fields } = value
    if (typeof fields.run !== 'string' || digestJson(fields as JsonObject) !== check) return undefined
    return { run: fields.run, files: Array.isArray(fields.files) ? (fields.files as unknown[]) : [] }
  } catch {
    return undefined
  }
}

/** Of what lies outside of the store nothing is known. */
const there = (root: string, path: string): boolean =>
  isAbsolute(path) || (isPlainPath(path) && tryOr(undefined, () => lstatSync(join(root, path))) !== undefined)

/** A pack that another process merges meanwhile is in an index of the next listing. */
export function packsOf(root: string): KnownPack[] {
  const folder = join(root, 'results', 'packs')
  const found = new Map<string, KnownPack[]>()
  for (let before = -1; found.size > before; ) {
    before = found.size
    for (const file of namesIn(folder))
      if (file.endsWith('.jsonl') && !found.has(file)) found.set(file, packsIn(join(folder, file), file))
  }
  return [...found.values()].flat()
}

function packsIn(path: string, file: string): KnownPack[] {
  const fd = orGone(path, () => openRegular(path))
  if (fd === undefined) return []
  try {
    const { size, mtimeMs } = fstatSync(fd)
    const parts = isIndexName(file) ? sections(fd, size) : [{ pack: file, from: 0, to: size }]
    return parts.flatMap(({ pack, from, to }) => {
      const run = packOfName(pack)?.run
      if (run === undefined) return []
      const attempts = new Set<string>()
      let lines = 0
      eachLine(fd, from, to, (bytes, start, end) => {
        lines++
        const line = bytes.subarray(start, end)
        if (line.includes('attempts/')) for (const name of attemptsIn(line.toString())) attempts.add(name)
      })
      return [{ file, name: pack, run, lines, bytes: to - from, attempts, written: timeOf(run) ?? mtimeMs }]
    })
  } finally {
    closeFile(fd)
  }
}

/** Bytes of all files under a path. */
export function sizeOf(path: string): number {
  let size = 0
  const open = [path]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const here = at
    const stat = tryOr(undefined, () => lstatSync(here))
    if (stat?.isDirectory())
      for (const name of tryOr(undefined, () => readdirSync(here)) ?? []) open.push(join(here, name))
    else size += stat?.size ?? 0
  }
  return size
}

export const modified = (path: string): number => tryOr(undefined, () => lstatSync(path).mtimeMs) ?? Date.now()

/** Undefined where it has gone; what can't be a text of ours is an empty one. */
function text(path: string): string | undefined {
  return orGone(path, () => {
    try {
      return readText(path)
    } catch (error) {
      if (errnoOf(error) === 'EFBIG' || errnoOf(error) === 'EISDIR') return ''
      throw error
    }
  })
}

/** Undefined where it has gone. Any other error ends the prune: the file may keep something in use. */
function orGone<T>(path: string, access: () => T): T | undefined {
  try {
    return access()
  } catch (error) {
    if (absent.has(errnoOf(error) ?? '')) return undefined
    throw storeFailed('read', path, error)
  }
}

/** No file of ours is a link. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])
