import { createHash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Digest, digestFolderLines } from '@millrace/ir'

/** What changes when anybody writes to a file of a package, and the latest change; reads no bytes. */
export interface PackageMark {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly changed: number
}

/** Packages in it count by themselves, and the others are what tools leave there. */
const skipped = new Set(['node_modules', '.git', '.cache', '.DS_Store'])

/** @param root the folder of a package; one that isn't there has no files */
export function markPackage(root: string): PackageMark {
  const hash = createHash('sha256')
  let changed = 0
  for (const { path, stat } of filesIn(root)) {
    const { size, mtimeMs, ctimeMs, ino } = stat
    hash.update(`${path}\0${size} ${mtimeMs} ${ctimeMs} ${ino}\n`)
    changed = Math.max(changed, ctimeMs)
  }
  return { text: hash.digest('base64url'), changed }
}

/** The digest of all files of a package by their paths. Modes don't count: installers set them each in its own way. */
export function digestPackage(root: string): Digest {
  const buffer = Buffer.allocUnsafe(1 << 20)
  return digestFolderLines(
    Array.from(filesIn(root), ({ path }) => ({ path, digest: digestOf(join(root, path), buffer), executable: false })),
  )
}

function digestOf(file: string, buffer: Buffer): Digest {
  const hash = createHash('sha256')
  const fd = openSync(file, 'r')
  try {
    for (let size = readSync(fd, buffer); size > 0; size = readSync(fd, buffer)) hash.update(buffer.subarray(0, size))
  } finally {
    closeSync(fd)
  }
  return `sha256:${hash.digest('hex')}`
}

/** In the order in which the folders are read, which is the same for the same folder. */
function* filesIn(root: string): Iterable<{ readonly path: string; readonly stat: Stats }> {
  const stack = ['']
  const seen = new Set<string>()
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const entry of readFolder(join(root, at))) {
      if (skipped.has(entry.name)) continue
      const path = at === '' ? entry.name : `${at}/${entry.name}`
      if (entry.isDirectory()) {
        stack.push(path)
        continue
      }
      const stat = statSync(join(root, path), { throwIfNoEntry: false })
      if (stat?.isFile()) yield { path, stat }
      // a link to a folder
      else if (stat?.isDirectory() && !seen.has(`${stat.dev} ${stat.ino}`)) {
        seen.add(`${stat.dev} ${stat.ino}`)
        stack.push(path)
      }
    }
  }
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return []
  }
}
