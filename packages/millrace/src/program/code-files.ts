import { join } from 'node:path'
import { type CodeIndex, packageFolder, type StageCode } from '@millrace/compiler'
import type { Digest } from '@millrace/ir'

/** A file or folder that a stage's code is made of. */
export interface CodeFile {
  /** As messages show it. */
  readonly source: string
  readonly path: string
  readonly digest: Digest
}

export function codeFiles({ modules }: CodeIndex, { file, files }: StageCode): readonly CodeFile[] {
  const folder = packageFolder(modules.at(-1) ?? file)
  return Object.entries(files).map(([source, digest]) => ({ source, path: join(folder, source), digest }))
}
