import { dirname, join } from 'node:path'
import type { Digest } from '@millrace/ir'
import type { PythonFiles } from './python-files.ts'

/** The file that pins the packages of a script. */
export interface ScriptLock {
  readonly path: string
  /** Of its bytes. */
  readonly digest: Digest
}

const locks = ['uv.lock', 'poetry.lock', 'pdm.lock', 'pixi.lock', 'pylock.toml']

/** @param top the last folder that is looked into */
export function scriptLock(script: string, ofBlock: boolean, top: string, files: PythonFiles): ScriptLock | undefined {
  const found = (path: string): ScriptLock | undefined =>
    files.kind(path) === 'file' ? { path, digest: files.evidence.digest(path) } : undefined
  // what a block names is installed by itself, whatever the project has
  if (ofBlock) return found(`${script}.lock`)
  for (let folder = dirname(script); ; folder = dirname(folder)) {
    for (const name of locks) {
      const lock = found(join(folder, name))
      if (lock) return lock
    }
    if (folder === top || folder === dirname(folder)) return undefined
  }
}
