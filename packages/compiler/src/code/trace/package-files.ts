import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isCode } from '../modules/read-module.ts'

/** What is never a part of a package: its dependencies travel in their own place, the rest is left by tools. */
const skipped = new Set(['node_modules', '.git', '.DS_Store', '.cache', '.yarn', '.github', '.vscode', '.idea'])

/** Files that no Node reads by itself, by their ends. */
const kinds = ['.map', '.ts', '.mts', '.cts', '.tsx', '.flow', '.md', '.markdown', '.tsbuildinfo']

/** Folders that a package is made or told with. */
const folders = new Set(
  'test tests __tests__ spec specs doc docs example examples benchmark benchmarks bench coverage website man'.split(
    ' ',
  ),
)

/**
 * All files of a folder of a package, or all whose paths begin with one, sorted. Those of tools are left out where no
 * code among them names their kind or folder: source maps, types, what is written for people, tests.
 *
 * @param root the package's folder
 * @param prefix absolute; of a folder with a slash at its end
 */
export function packageFiles(root: string, prefix: string): string[] {
  const all = filesIn(root).filter((path) => join(root, path).startsWith(prefix))
  const isAsked = prefix.slice(root.length + 1)
  const code = all
    .filter((path) => isCode(path) && !/\.[cm]?tsx?$/.test(path) && !toolFolder(path))
    .map((path) => textOf(join(root, path)))
  const named = new Map<string, boolean>()
  const isNamed = (word: string, pattern: RegExp): boolean => {
    const known = named.get(word) ?? code.some((text) => pattern.test(text))
    named.set(word, known)
    return known
  }
  return all.filter((path) => {
    const kind = kinds.find((end) => path.endsWith(end))
    if (kind !== undefined && !isNamed(kind, new RegExp(`${escaped(kind)}["'\`]`))) return false
    const folder = toolFolder(path)
    return (
      folder === undefined ||
      isAsked.split('/').includes(folder) ||
      isNamed(`${folder}/`, new RegExp(`["'\`/]${folder}["'\`/]`))
    )
  })
}

const toolFolder = (path: string): string | undefined =>
  path
    .split('/')
    .slice(0, -1)
    .find((part) => folders.has(part))

const escaped = (text: string): string => text.replace(/[.]/g, '\\.')

/** The comment that names a source map names no file that code reads. */
const textOf = (file: string): string => readFileSync(file, 'utf8').replace(/^\/\/[#@] sourceMappingURL=.*$/gm, '')

/** Relative paths with `/`, sorted. */
function filesIn(root: string): string[] {
  const files: string[] = []
  const seen = new Set<string>()
  const stack = ['']
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const real = realpathSync(join(root, at))
    if (seen.has(real)) continue
    seen.add(real)
    for (const name of readdirSync(real)) {
      if (skipped.has(name)) continue
      const path = at ? `${at}/${name}` : name
      const stat = statSync(join(root, path), { throwIfNoEntry: false })
      if (stat?.isDirectory()) stack.push(path)
      else if (stat?.isFile()) files.push(path)
    }
  }
  return files.sort()
}
