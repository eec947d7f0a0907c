import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CreateError } from './create-error.ts'
import type { ProjectFolder } from './project-folder.ts'

/**
 * Puts all files there, or none: they are written to a folder beside, which is renamed. What stands in a folder that is
 * there already is written inside of it, as its parent may belong to somebody else or be another disk.
 *
 * @throws CreateError `write-failed`
 */
export function writeProject(folder: ProjectFolder, files: ReadonlyMap<string, Uint8Array | string>): void {
  const { path, exists } = folder
  const undo: string[] = []
  try {
    const parent = exists ? path : dirname(path)
    const made = mkdirSync(parent, { recursive: true })
    if (made) undo.push(made)
    const draft = mkdtempSync(join(parent, '.create-millrace-'))
    undo.push(draft)
    const project = join(draft, 'project')
    for (const [name, content] of files) {
      mkdirSync(dirname(join(project, name)), { recursive: true })
      writeFileSync(join(project, name), content)
    }
    if (!exists) renameSync(project, path)
    else
      for (const name of readdirSync(project)) {
        undo.push(join(path, name))
        renameSync(join(project, name), join(path, name))
      }
    rmSync(draft, { recursive: true })
  } catch (error) {
    for (const one of undo) rmSync(one, { recursive: true, force: true })
    const why = error instanceof Error ? error.message : String(error)
    throw new CreateError(
      'write-failed',
      `can't write "${folder.written}": ${why}`,
      'Give a folder that you may write to.',
    )
  }
}
