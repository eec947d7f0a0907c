import { statSync } from 'node:fs'
import type { ArtifactPort, ArtifactValue } from '@millrace/ir'
import { digestFile } from './digest-file.ts'
import { digestFolder, listFolder } from './digest-folder.ts'
import { storeFailed } from './disk.ts'

/** Above this size the length stands for the bytes, unless all are asked for. */
const trustedSize = 2 ** 30

/**
 * Whether an artifact's bytes are those that were recorded; above 1 GiB whether their number is, unless `full`. What the
 * disk refuses is taken for damage, with `strict` it is thrown unless it says that nothing is there.
 */
export async function verifyArtifact(
  artifact: ArtifactValue,
  kind: ArtifactPort['kind'],
  options: { readonly full?: boolean; readonly strict?: boolean } = {},
): Promise<boolean> {
  try {
    if (sizeOf(artifact.path, kind) !== artifact.size) return false
    if (artifact.size > trustedSize && !options.full) return true
    const { digest } = await (kind === 'file' ? digestFile(artifact.path) : digestFolder(artifact.path))
    return digest === artifact.digest
  } catch (error) {
    const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
    if (options.strict && code !== undefined && !damage.has(code)) throw storeFailed('read', artifact.path, error)
    return false
  }
}

const damage = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP'])

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
