import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { digestBytes, type JsonObject } from '@millrace/ir'
import { expect } from 'vitest'
import { openStore, outputDigest, type RunFolder, type Store } from '../src/index.ts'
import { attemptFolder, ending, filesIn, finishedEvent, folder, keyFolder, newRoot, packOf, write } from './support.ts'
import { keyOf, model, work } from './values.ts'

export const key = keyOf('a key')
export const run = '20260101-000000-000abc'
export const posix = process.platform !== 'win32'

/** A folder beside a store with somebody else's files, in the shape of a store's, and what is in it. */
export function outside() {
  const path = folder()
  const files = ['precious', 'x/y/precious', `${run}/logs/precious.log`, `${key.slice(7)}/current`]
  files.push('journal.jsonl', 'info.json', 'summary.json', 'record.json', 'uses', 'metrics.jsonl', 'logs/index.jsonl')
  files.push('owner', 'owner.2', 'x/owner', 'current', 'newest')
  for (const file of files) write(join(path, file), 'precious\n')
  const look = () => filesIn(path).map((file) => `${file} ${readFileSync(join(path, file), 'utf8')}`)
  const before = look()
  return { path, unchanged: () => expect(look()).toEqual(before) }
}

export function succeed(run: RunFolder): void {
  run.append(finishedEvent(run.id))
  run.finish(ending())
}

/** All that a store does by itself: opens, begins and ends runs, lists, prunes whatever can be pruned. */
export function useAll(root: string): void {
  const store = openStore(root)
  const folder = store.runs.resume(work) ?? store.runs.create(work)
  folder.use('run-1', ['x/y'])
  writeFileSync(join(folder.attempts.begin('clean', 'a1'), 'half'), '')
  folder.append(finishedEvent(folder.id, 'failed'))
  writeFileSync(folder.logFile('clean', undefined, 1), 'a log')
  folder.finish(ending('failed'))
  for (const { id } of store.runs.list()) for (const _ of store.runs.events(id));
  succeed(openStore(root).runs.create({ ...work, pipeline: 'other' }))
  openStore(root).prune({ olderThan: 0, keep: 0 }, () => {})
}

/** A store with a result that has a file, one without, and runs that succeeded and failed. */
export async function used(): Promise<string> {
  const root = newRoot()
  const store = openStore(root)
  packOf(root, 'run-1', keyOf('packed'), { by: 'one' })
  succeed(store.runs.create({ ...work, pipeline: 'first' }))
  const failed = store.runs.create(work)
  await commit(store, failed)
  failed.append(finishedEvent(failed.id, 'failed'))
  failed.finish(ending('failed'))
  return root
}

async function commit(store: Store, { id }: RunFolder): Promise<void> {
  const path = join(attemptFolder(store.root, 'train', `${id}-a1`), 'model')
  write(path, 'weights')
  const output: JsonObject = { model: { path, digest: keyOf('weights'), size: 7 } }
  const digest = outputDigest(model, output)
  await store.results.commit({ key, run: id, output, schema: model, digest, metrics: [] })
}

/** Puts a link to somebody else's folder in the place of one of a store's. */
export function replace(path: string, to: string): void {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(to, path)
}

export const runsIn = (root: string): string[] =>
  readdirSync(join(root, 'runs'))
    .filter((name) => /^\d/.test(name))
    .sort()

const failedRun = (root: string, ...names: string[]): string => join(root, 'runs', runsIn(root)[1] as string, ...names)
const first = (folder: string, is = (_: string) => true): string => join(folder, readdirSync(folder).find(is) as string)

/** Where something of a store of `used` lies. */
export const places: Readonly<Record<string, (root: string) => string>> = {
  'the folder of a node': (root) => join(root, 'attempts/train'),
  'the folder of an attempt': (root) => first(join(root, 'attempts/train')),
  'the folder of keys': (root) => dirname(keyFolder(root, key)),
  'the folder of a key': (root) => keyFolder(root, key),
  'a manifest': (root) => first(keyFolder(root, key), (name) => name !== 'current'),
  'the pointer to a manifest': (root) => join(keyFolder(root, key), 'current'),
  'the folder of a run': (root) => failedRun(root),
  'the folder of logs': (root) => failedRun(root, 'logs'),
  'a journal': (root) => failedRun(root, 'journal.jsonl'),
  'what a run uses': (root) => failedRun(root, 'uses'),
  'the metrics of a run': (root) => failedRun(root, 'metrics.jsonl'),
  'an owner': (root) => failedRun(root, 'owner'),
  'a pack': (root) => join(root, 'results/packs/run-1.jsonl'),
  'an index of packs': (root) => join(root, 'results/packs/index.00.jsonl'),
  'a mark of a run': (root) => first(join(root, 'runs/open')),
  'the history': (root) => join(root, 'runs/summaries.jsonl'),
  'a record of attempts': (root) => join(root, 'attempts/.open', `${run}-0123456789ab`),
}

/** Whether the result with a file is lost with what lies at a place. */
export const losesResult = (what: string): boolean => /manifest|keys?$|node|attempt$/.test(what)

/** The text of a sealed value that is given as text. */
export const sealed = (text: string): string => `{"check":"${digestBytes(text)}","value":${text}}\n`

/** A run as somebody else may have left it. */
export function foreign(root: string, files: { readonly [name: string]: string }): void {
  openStore(root)
  for (const [name, text] of Object.entries(files)) write(join(root, 'runs', run, name), text)
}
