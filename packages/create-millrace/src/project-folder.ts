import { readdirSync, type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CreateError } from './create-error.ts'

export const defaultFolder = 'my-pipeline'

/** A place for a project: nothing is there, or an empty folder, or one that holds a git repository without files. */
export interface ProjectFolder {
  /** As the user wrote it. */
  readonly written: string
  readonly path: string
  readonly exists: boolean
}

/** @throws CreateError `usage` where a project can't be put */
export function projectFolder(written: string): ProjectFolder {
  const path = resolve(written)
  const found = statOf(path)
  if (found === undefined) {
    const above = existing(dirname(path))
    if (!above.isDirectory)
      throw new CreateError('usage', `"${written}" can't be a folder: "${above.path}" is a file`, folderFix)
    return { written, path, exists: false }
  }
  if (!found.isDirectory()) throw new CreateError('usage', `"${written}" is a file`, folderFix)
  const [first, ...more] = readdirSync(path)
    .filter((name) => name !== '.git')
    .sort()
  if (first === undefined) return { written, path, exists: true }
  const and = more.length > 0 ? ` and ${more.length} more` : ''
  throw new CreateError(
    'usage',
    `"${written}" is not empty: it holds "${first}"${and}`,
    'Give a folder that is empty, or that is not there.',
  )
}

const folderFix = 'Give the path of a folder that is empty, or that is not there.'

/** The nearest thing above that is there. */
function existing(path: string): { readonly path: string; readonly isDirectory: boolean } {
  const found = statOf(path)
  if (found === undefined) return existing(dirname(path))
  return { path, isDirectory: found.isDirectory() }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    // a file stands where a folder would have to
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw new CreateError('write-failed', `can't look at "${path}": ${(error as Error).message}`, folderFix)
  }
}
