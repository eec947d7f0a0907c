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

/** A package that a stage uses, as it was when the stage was digested. */
export interface CodePackage {
  /** `name@version` */
  readonly id: string
  readonly root: string
  readonly digest: Digest
  readonly mark: string
  /** When it last became what it is, in milliseconds since 1970. */
  readonly changed: number
}

export const codePackages = ({ packages }: CodeIndex, stage: StageCode): readonly CodePackage[] =>
  stage.packages.flatMap((root) => {
    const found = packages.get(root)
    return found ? [{ ...found, root }] : []
  })

export function codeFiles({ modules }: CodeIndex, { file, files }: StageCode): readonly CodeFile[] {
  const folder = packageFolder(modules.at(-1) ?? file)
  return Object.entries(files).map(([source, digest]) => ({ source, path: join(folder, source), digest }))
}
