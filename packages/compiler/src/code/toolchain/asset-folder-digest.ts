import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Digest, digestBytes, digestFolderLines } from '@millrace/ir'

/** Never part of an asset: what tools put into a folder by themselves. */
const skipped = new Set(['node_modules', '.git', '.millrace', '__pycache__', '.DS_Store'])

/** The digest of a folder that is an asset of the code. Links count as what they lead to, each folder once. */
export function digestFolder(root: string): Digest {
  const files: { path: string; digest: Digest; executable: boolean }[] = []
  const seen = new Set<string>()
  const top = realpathSync(root)
  const stack = ['']
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const real = realpathSync(join(root, at))
    if (seen.has(real)) {
      // a link, or what it leads to
      const to = relative(top, real).replaceAll('\\', '/')
      files.push({ path: at, digest: digestBytes(`link to ${to}`), executable: false })
      continue
    }
    seen.add(real)
    for (const name of readdirSync(real).sort().reverse()) {
      if (skipped.has(name)) continue
      const path = at ? `${at}/${name}` : name
      const stat = statSync(join(root, path), { throwIfNoEntry: false })
      if (stat?.isDirectory()) stack.push(path)
      else if (stat?.isFile())
        files.push({ path, digest: digestBytes(readFileSync(join(root, path))), executable: (stat.mode & 0o100) !== 0 })
    }
  }
  return digestFolderLines(files)
}
