import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative } from 'node:path'
import type { ArchiveFile } from '@millrace/ir'
import { pythonSources } from '../modules/python-sources.ts'
import type { Evidence } from '../toolchain/evidence.ts'

/** As in the digest of a folder. */
const skipped = new Set(['node_modules', '.git', '.millrace', '__pycache__', '.DS_Store'])

/** The files of an asset, under its own name; of a Python script also what it imports beside it, and its lock. */
export function carriedFiles(path: string, top: string, evidence: Evidence): ArchiveFile[] {
  if (statSync(path).isDirectory()) return filesIn(path)
  if (extname(path) !== '.py') return [fileAt(path, basename(path))]
  const folder = dirname(path)
  return pythonSources(path, top, evidence).files.map((file) => {
    const inside = relative(folder, file).replaceAll('\\', '/')
    return fileAt(file, inside.startsWith('..') ? basename(file) : inside)
  })
}

/** All that the digest of a folder counts. */
function filesIn(root: string): ArchiveFile[] {
  const files: ArchiveFile[] = []
  const seen = new Set<string>()
  const stack = [basename(root)]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const real = realpathSync(join(dirname(root), at))
    if (seen.has(real)) continue
    seen.add(real)
    for (const name of readdirSync(real).sort().reverse()) {
      if (skipped.has(name)) continue
      const path = `${at}/${name}`
      const stat = statSync(join(dirname(root), path), { throwIfNoEntry: false })
      if (stat?.isDirectory()) stack.push(path)
      else if (stat?.isFile()) files.push(fileAt(join(dirname(root), path), path))
    }
  }
  return files
}

const fileAt = (file: string, path: string): ArchiveFile => ({
  path,
  bytes: readFileSync(file),
  executable: (statSync(file).mode & 0o100) !== 0,
})
