import { statSync } from 'node:fs'
import type { ArtifactPort } from '@millrace/ir'
import { listFolder } from './digest-folder.ts'

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
    return kind === 'file'
      ? mark(path)
      : listFolder(path)
          .map((file) => `${file.path} ${mark(file.absolute)}`)
          .join('\n')
  } catch {
    // whatever stands there is none that can be read
    return 'none'
  }
}
