import { dirname, join } from 'node:path'
import type { PythonFiles } from './python-files.ts'

/**
 * The folder of the project that a folder belongs to: the nearest with a `pyproject.toml`, else with a `package.json`,
 * else that of the repository, out of which it never looks.
 */
export function projectFolder(folder: string, files: PythonFiles): string | undefined {
  let withPackage: string | undefined
  for (let at = folder; ; at = dirname(at)) {
    if (files.kind(join(at, 'pyproject.toml')) === 'file') return at
    if (files.kind(join(at, 'package.json')) === 'file') withPackage ??= at
    // a file in a worktree
    if (files.kind(join(at, '.git')) !== undefined) return withPackage ?? at
    if (at === dirname(at)) return withPackage
  }
}
