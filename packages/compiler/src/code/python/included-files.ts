import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { PythonFiles } from './python-files.ts'

/** What tools put into a folder by themselves. */
const skipped = new Set([
  '__pycache__',
  '.git',
  '.venv',
  'node_modules',
  '.ipynb_checkpoints',
  '.millrace',
  '.DS_Store',
])

/** The files of a path that is included, sorted; undefined where there is nothing. Each folder counts once. */
export function includedFiles(path: string, files: PythonFiles): string[] | undefined {
  const kind = files.kind(path)
  if (kind === undefined) return undefined
  if (kind === 'file') return [path]
  const out: string[] = []
  const seen = new Set<string>()
  const folders = [path]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const real = realpathSync(folder)
    if (seen.has(real)) continue
    seen.add(real)
    for (const name of files.names(folder)) {
      if (skipped.has(name)) continue
      const at = join(folder, name)
      const of = files.kind(at)
      if (of === 'folder') folders.push(at)
      else if (of === 'file') out.push(at)
    }
  }
  return out.sort()
}
