import { join } from 'node:path'
import type { PythonFiles } from './python-files.ts'

/** A module, or package, as an import finds it. */
export interface FoundModule {
  /** Undefined of a folder without an `__init__.py`. */
  readonly file?: string
  /** Where its submodules are looked for; none of a module that is no package. */
  readonly folders: readonly string[]
}

/** As Python does: a package before a module, the first folder before the next, a plain folder only if there is no other. */
export function findModule(name: string, folders: readonly string[], files: PythonFiles): FoundModule | undefined {
  const plain: string[] = []
  for (const folder of folders) {
    const path = join(folder, name)
    const isFolder = files.kind(path) === 'folder'
    const init = join(path, '__init__.py')
    if (isFolder && files.kind(init) === 'file') return { file: init, folders: [path] }
    if (files.kind(`${path}.py`) === 'file') return { file: `${path}.py`, folders: [] }
    if (isFolder) plain.push(path)
  }
  return plain.length > 0 ? { folders: plain } : undefined
}

/** Whether there can be no such module: none that is compiled, and no package that says itself where its modules are. */
export const surelyMissing = (name: string, folders: readonly string[], files: PythonFiles): boolean =>
  folders.every((folder) => {
    const init = join(folder, '__init__.py')
    if (files.kind(init) === 'file' && files.python(init)?.setsPath) return false
    return !files.names(folder).some((file) => file.startsWith(`${name}.`) && /\.(?:so|pyd|pyc)$/.test(file))
  })
