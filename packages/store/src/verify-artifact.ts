import { statSync } from 'node:fs'
import type { ArtifactPort, ArtifactValue } from '@millrace/ir'
import { digestFile } from './digest-file.ts'
import { digestFolder, listFolder } from './digest-folder.ts'
import { errnoOf, storeFailed } from './disk.ts'
import { largeFile } from './known-files.ts'

export interface VerifyOptions {
  /** Reads also what was read before and has not been written to since. Default false. */
  readonly full?: boolean
  /** Takes what is above 1 GiB for what its length says: for who must not read it. Default false. */
  readonly byLength?: boolean
  /** Throws what the disk refuses, unless it says that nothing is there. Default: that is damage, too. */
  readonly strict?: boolean
}

/** Whether an artifact's bytes are those that were recorded. */
export async function verifyArtifact(
  artifact: ArtifactValue,
  kind: ArtifactPort['kind'],
  { full = false, byLength = false, strict = false }: VerifyOptions = {},
): Promise<boolean> {
  const { path, size } = artifact
  try {
    if (sizeOf(path, kind) !== size) return false
    if (byLength && size > largeFile) return true
    const { digest } = await (kind === 'file' ? digestFile(path, { again: full }) : digestFolder(path, { again: full }))
    return digest === artifact.digest
  } catch (error) {
    const code = errnoOf((error as Error).cause ?? error)
    if (strict && code !== undefined && !damage.has(code)) throw storeFailed('read', path, error)
    return false
  }
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

function sizeOf(path: string, kind: ArtifactPort['kind']): number {
  if (kind === 'folder') return listFolder(path).reduce((sum, file) => sum + file.size, 0)
  const stat = statSync(path)
  return stat.isFile() ? stat.size : -1
}
