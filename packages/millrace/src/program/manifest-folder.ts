import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { makeFolder, onDisk } from '@millrace/store'
import { parse } from 'yaml'
import { onTarget } from './target-folder.ts'

/** How a folder of manifests differs from what a program gives. */
export interface Difference {
  readonly path: string
  readonly how: 'missing' | 'changed' | 'gone'
}

/** Compares a folder with what it should hold; `gone` is a manifest that the program gives no more. */
export function compareManifests(folder: string, files: ReadonlyMap<string, string>): Difference[] {
  const found: Difference[] = []
  for (const [path, text] of files) {
    const there = textOf(join(folder, path))
    if (there === undefined) found.push({ path, how: 'missing' })
    else if (there !== text && !sameObject(there, text)) found.push({ path, how: 'changed' })
  }
  for (const path of manifestsIn(folder)) if (!files.has(path)) found.push({ path, how: 'gone' })
  return found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Brings a folder up to date, and leaves what says the same as it is. */
export function writeManifests(folder: string, files: ReadonlyMap<string, string>): readonly Difference[] {
  const differences = compareManifests(folder, files)
  const made = new Set<string>()
  for (const { path, how } of differences) {
    const file = join(folder, path)
    const parent = dirname(file)
    onTarget('write', file, 'Give a folder that can be written, with --out.', () => {
      if (how === 'gone') return rmSync(file)
      if (!made.has(parent)) makeFolder(parent)
      made.add(parent)
      writeFileSync(file, files.get(path) as string)
    })
  }
  return differences
}

/** Only what we write: a folder may hold notes or overlays of its owner's. */
function manifestsIn(folder: string): string[] {
  return ['jobs', 'run'].flatMap((name) =>
    existsSync(join(folder, name))
      ? readdirSync(join(folder, name)).flatMap((file) => (file.endsWith('.yaml') ? [`${name}/${file}`] : []))
      : [],
  )
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? onDisk('read', file, () => readFileSync(file, 'utf8')) : undefined
}

/** Another version of zlib may compress the same bytes otherwise. */
function sameObject(a: string, b: string): boolean {
  if (!a.includes('binaryData')) return false
  try {
    return isDeepStrictEqual(unzipped(a), unzipped(b))
  } catch {
    return false
  }
}

function unzipped(text: string): object {
  const object = parse(text) as { readonly binaryData?: { readonly [file: string]: string } }
  const data = Object.entries(object.binaryData ?? {}).map(([file, base64]) => [
    file,
    gunzipSync(Buffer.from(base64, 'base64')).toString('base64'),
  ])
  return { ...object, binaryData: Object.fromEntries(data) }
}
