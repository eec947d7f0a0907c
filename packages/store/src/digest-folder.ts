import { lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type Digest, digestFolderLines } from '@millrace/ir'
import { type DigestOptions, digestFile } from './digest-file.ts'
import { onDisk, refuse } from './disk.ts'

export interface FolderDigest {
  readonly digest: Digest
  /** Bytes of all files. */
  readonly size: number
  /** Sorted by path; paths are relative, with `/`. */
  readonly files: { readonly path: string; readonly digest: Digest; readonly size: number }[]
}

export interface Listed {
  readonly path: string
  readonly absolute: string
  readonly size: number
  readonly executable: boolean
}

/** How long to hash before others get a turn. */
const turn = 10

/** Digest of a folder's content (contracts: store): paths, bytes and x-bits; empty folders don't count. */
export async function digestFolder(path: string, { again }: Pick<DigestOptions, 'again'> = {}): Promise<FolderDigest> {
  const files: (FolderDigest['files'][number] & { readonly executable: boolean })[] = []
  let size = 0
  let since = performance.now()
  for (const file of listFolder(path)) {
    const digested = await digestFile(file.absolute, { again: again === true, follow: false })
    files.push({ path: file.path, ...digested, executable: file.executable })
    size += digested.size
    if (performance.now() - since < turn) continue
    await setImmediate()
    since = performance.now()
  }
  return {
    digest: digestFolderLines(files),
    size,
    files: files.map(({ path, digest, size }) => ({ path, digest, size })),
  }
}

/** The files of a folder, at any depth, sorted by path. Links and special files are refused. */
export function listFolder(root: string): Listed[] {
  if (!onDisk('read', root, () => statSync(root)).isDirectory()) refuse(root, 'it is not a folder', 'Name a folder.')
  const files: Listed[] = []
  const open = ['']
  for (let under = open.pop(); under !== undefined; under = open.pop()) {
    const folder = join(root, under)
    for (const entry of onDisk('read', folder, () => readdirSync(folder, { withFileTypes: true }))) {
      const path = under === '' ? entry.name : `${under}/${entry.name}`
      const absolute = join(root, path)
      if (entry.isDirectory()) open.push(path)
      else if (entry.isFile()) {
        const stat = onDisk('read', absolute, () => lstatSync(absolute))
        files.push({ path, absolute, size: stat.size, executable: (stat.mode & 0o100) !== 0 })
      } else if (entry.isSymbolicLink())
        refuse(absolute, 'it is a symbolic link', 'Put a copy of what the link points to in its place.')
      else refuse(absolute, 'it is not a regular file', 'Remove it from the folder.')
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
