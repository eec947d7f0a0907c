import { type Dir, type Dirent, lstatSync, opendirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { onDisk, refuse } from './file-errors.ts'

/** A file or a folder in a folder, at any depth. */
export interface FolderEntry {
  readonly isFile: boolean
  /** Relative, with `/`. */
  readonly path: string
  readonly absolute: string
  /** Bytes; of a folder none. */
  readonly size: number
  readonly executable: boolean
}

export interface WalkOptions {
  /** Gives files sorted by path, for which the names in one folder are held at once. Default true. */
  readonly sorted?: boolean
  /** Takes a link in the folder's own place for what it leads to. Default true. */
  readonly follow?: boolean
  /** Files and folders that it may hold. Default 4194304. */
  readonly most?: number
}

/** Somebody may add to a folder as fast as it is read. */
const mostEntries = 2 ** 22

/** Folders in one another: each is open while those in it are read. */
const deepest = 512

/** What is in a folder, at any depth, after the folder itself, whose path is empty. Links and special files are refused. */
export function* walkFolder(
  root: string,
  { sorted = true, follow = true, most = mostEntries }: WalkOptions = {},
): Generator<FolderEntry> {
  const stat = onDisk('read', root, () => (follow ? statSync(root) : lstatSync(root)))
  if (!stat.isDirectory()) refuse(root, 'it is not a folder', 'Name a folder.')
  let left = most
  const count = () =>
    left-- > 0 || refuse(root, `it holds more than ${most} files and folders`, 'Pack them into one file.')
  const namesIn = (path: string) => ({ path, names: (sorted ? sortedNames : names)(join(root, path), count) })
  yield { isFile: false, path: '', absolute: root, size: 0, executable: false }
  const open = [namesIn('')]
  try {
    for (let at = open.at(-1); at; at = open.at(-1)) {
      const { value: name, done } = at.names.next()
      if (done) {
        open.pop()
        continue
      }
      const entry = entryOf(root, at.path, name)
      yield entry
      if (entry.isFile) continue
      if (open.length > deepest) refuse(root, `it is more than ${deepest} folders deep`, 'Pack it into one file.')
      open.push(namesIn(at.path + name))
    }
  } finally {
    for (const { names } of open) names.return?.()
  }
}

/** What was listed may be something else by now. */
function entryOf(root: string, under: string, name: string): FolderEntry {
  const isFile = !name.endsWith('/')
  const path = under + (isFile ? name : name.slice(0, -1))
  const absolute = join(root, path)
  const stat = onDisk('read', absolute, () => lstatSync(absolute))
  if (isFile || !stat.isDirectory()) refuseOdd(absolute, stat)
  return { isFile, path, absolute, size: isFile ? stat.size : 0, executable: isFile && (stat.mode & 0o100) !== 0 }
}

/** The names in a folder; those of folders end with `/`, as in the paths of what is in them, by which these are sorted. */
function* names(path: string, count: () => void): Generator<string, undefined> {
  const dir: Dir = onDisk('read', path, () => opendirSync(path))
  try {
    for (;;) {
      const entry = onDisk('read', path, () => dir.readSync())
      if (!entry) return
      count()
      if (!entry.isDirectory()) refuseOdd(join(path, entry.name), entry)
      yield entry.isDirectory() ? `${entry.name}/` : entry.name
    }
  } finally {
    dir.closeSync()
  }
}

const sortedNames = (path: string, count: () => void): Iterator<string, undefined> =>
  [...names(path, count)].sort()[Symbol.iterator]()

function refuseOdd(path: string, entry: Pick<Dirent, 'isFile' | 'isSymbolicLink'>): void {
  if (entry.isFile()) return
  if (entry.isSymbolicLink())
    refuse(path, 'it is a symbolic link', 'Put a copy of what the link points to in its place.')
  refuse(path, 'it is not a regular file', 'Remove it from the folder.')
}
