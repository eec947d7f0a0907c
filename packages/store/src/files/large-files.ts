import { join } from 'node:path'
import { type ArtifactValue, isDigest, isObject, type Json, type Schema } from '@millrace/ir'
import { artifactsOf } from './artifact-paths.ts'
import { type KnownFile, knownFile, knownIn, largeFile, rememberFile } from './known-files.ts'
import { isPlainPath } from './plain-path.ts'

/** A large file of an artifact; its path is relative to the artifact, empty for one that is a file itself. */
export interface LargeFile extends KnownFile {
  readonly path: string
}

/** Whether an output has artifacts that may hold large files. Reads nothing. */
export const hasLarge = (schema: Schema, output: Json): boolean =>
  artifactsOf(schema, output).some(({ artifact }) => artifact.size > largeFile)

/** What this process knows of an artifact's large files. Does not look at them: later readers compare the marks. */
export function largeFilesOf({ path, size }: Pick<ArtifactValue, 'path' | 'size'>): LargeFile[] {
  if (!(size > largeFile)) return []
  const known = knownFile(path)
  return known ? [{ path: '', ...known }] : knownIn(path)
}

/** Believes what somebody noted of an artifact's large files, as far as nobody wrote to them since. */
export function rememberLarge(artifact: string, noted: unknown): void {
  if (!Array.isArray(noted)) return
  for (const file of noted as unknown[]) {
    if (!isObject(file) || !isDigest(file.digest) || typeof file.mark !== 'string') continue
    if (file.path === '') rememberFile(artifact, { digest: file.digest, mark: file.mark })
    else if (isPlainPath(file.path)) rememberFile(join(artifact, file.path), { digest: file.digest, mark: file.mark })
  }
}
