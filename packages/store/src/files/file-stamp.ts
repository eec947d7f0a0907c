import { createHash } from 'node:crypto'
import { lstatSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { ArtifactPort } from '@millrace/ir'
import { hasLink } from './real-folder.ts'
import { walkFolder } from './walk-folder.ts'

/**
 * What changes when anybody writes to a file, or to one of a folder: number, size and change time of each. Reads no
 * bytes. The change time is the system's, which nobody can set back.
 */
export function markOf(path: string, kind: ArtifactPort['kind']): string {
  const mark = (at: string): string => {
    const { ino, size, ctimeNs } = statSync(at, { bigint: true })
    return `${ino} ${size} ${ctimeNs}`
  }
  try {
    if (kind === 'file') return mark(path)
    const hash = createHash('sha256')
    for (const file of walkFolder(path)) if (file.isFile) hash.update(`${file.path}\0${mark(file.absolute)}\n`)
    return hash.digest('hex')
  } catch {
    // whatever stands there is none that can be read
    return 'none'
  }
}

/**
 * A mark that changes when anybody writes to an artifact of a store, or puts another in its place for a while. It has
 * no inode numbers: a network file system may give a file another one each time. Undefined where a link leads to the
 * artifact, or it can't be read.
 *
 * @param inside its path relative to the store
 */
export function storeMarkOf(root: string, inside: string, kind: ArtifactPort['kind']): string | undefined {
  const hash = createHash('sha256')
  const add = (path: string): void => {
    const stat = lstatSync(join(root, path), { bigint: true })
    // a folder's size means nothing
    hash.update(`${path}\0${stat.isFile() ? stat.size : ''}\0${stat.ctimeNs}\n`)
  }
  try {
    if (hasLink(root, inside)) return undefined
    for (const folder of foldersOf(inside)) add(folder)
    if (kind === 'file') add(inside)
    else for (const { path } of walkFolder(join(root, inside), { follow: false })) add(join(inside, path))
    return hash.digest('hex')
  } catch {
    return undefined
  }
}

/**
 * The folders that a pod could rename to put an artifact of its own Job in another's place. Their change times stay
 * the same while pods run: new attempts appear in `jobs/<uid>/attempts`, and nothing in these folders.
 */
function foldersOf(inside: string): string[] {
  const parts = inside.split(sep)
  if (parts[0] !== 'jobs') return []
  return parts.flatMap((_, i) => (i === 1 || (i > 2 && i < parts.length - 1) ? [parts.slice(0, i + 1).join(sep)] : []))
}
