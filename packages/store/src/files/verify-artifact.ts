import { lstatSync, statSync } from 'node:fs'
import type { ArtifactPort, ArtifactValue } from '@millrace/ir'
import { digestFile, type FileDigest } from './digest-file.ts'
import { digestFolder, measureFolder } from './digest-folder.ts'
import { errnoOf, storeFailed } from './file-errors.ts'
import { largeFile } from './known-files.ts'

export interface VerifyOptions {
  /** Reads also what was read before and has not been written to since. Default false. */
  readonly full?: boolean
  /**
   * Takes what is above 1 GiB, and folders with more than 50,000 files and folders, for what their length says: for who
   * must not read them. Default false.
   */
  readonly byLength?: boolean
  /** Takes a link in the artifact's own place for what it leads to. Default true. */
  readonly follow?: boolean
  /** Throws what the disk refuses, unless it says that nothing is there. Default: that is damage, too. */
  readonly strict?: boolean
}

/** What a driver holds of a folder's names while it digests it is some MiB at most. */
const mostRead = 50_000

/** Whether an artifact's bytes are those that were recorded. */
export async function verifyArtifact(
  artifact: ArtifactValue,
  kind: ArtifactPort['kind'],
  options: VerifyOptions = {},
): Promise<boolean> {
  const { path, digest } = artifact
  try {
    const found = await (kind === 'file' ? lookAtFile(artifact, options) : lookAtFolder(artifact, options))
    return typeof found === 'boolean' ? found : found.digest === digest
  } catch (error) {
    const code = errnoOf((error as Error).cause ?? error)
    if (options.strict && code !== undefined && !damage.has(code)) throw storeFailed('read', path, error)
    return false
  }
}

type Look = Promise<FileDigest | boolean>

async function lookAtFile(
  { path, size }: ArtifactValue,
  { full = false, byLength = false, follow }: VerifyOptions,
): Look {
  const stat = follow === false ? lstatSync(path) : statSync(path)
  if (!stat.isFile() || stat.size !== size) return false
  return (byLength && size > largeFile) || digestFile(path, { again: full, follow: follow !== false, size })
}

async function lookAtFolder(
  { path, size }: ArtifactValue,
  { full = false, byLength = false, follow = true }: VerifyOptions,
): Look {
  const digest = (most?: number) =>
    digestFolder(path, { again: full, follow, size, ...(most === undefined ? {} : { most }) })
  if (!byLength) return digest()
  const { size: is, entries } = await measureFolder(path, { follow, enough: size })
  if (is !== size) return false
  return size > largeFile || entries > mostRead || digest(mostRead)
}

const damage = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'])

/** Whether an artifact is there at all: a file of its length, or a folder. Reads no bytes. */
export function seemsThere(artifact: ArtifactValue, kind: ArtifactPort['kind']): boolean {
  try {
    const stat = statSync(artifact.path)
    return kind === 'folder' ? stat.isDirectory() : stat.isFile() && stat.size === artifact.size
  } catch {
    return false
  }
}
