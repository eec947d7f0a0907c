import { existsSync, statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Evidence } from '../toolchain/evidence.ts'

/** Extensions that an import may leave out, in the order in which they are tried. */
export const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json']

/** Extensions that stand for others. */
export const aliases: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.js', '.jsx'],
  '.jsx': ['.tsx', '.jsx'],
  '.mjs': ['.mts', '.mjs'],
  '.cjs': ['.cts', '.cjs'],
}

/**
 * The paths that an import of a file may mean, the likeliest first, without what may be left out: as a URL, as `import`
 * reads it, and letter by letter, as `require` does. None for the name of a package.
 */
export function pathsOf(specifier: string, importer: string): string[] {
  if (!/^(?:\.{0,2}\/|\.\.?$|file:)/.test(specifier)) return []
  const literal = specifier.startsWith('file:') ? [] : [resolve(dirname(importer), specifier)]
  if (!specifier.startsWith('file:') && !isUrl(specifier)) return literal
  try {
    const url = new URL(specifier, pathToFileURL(importer))
    url.search = ''
    url.hash = ''
    return [...new Set([fileURLToPath(url), ...literal])]
  } catch {
    return literal
  }
}

/** Whether a specifier that names a file means another path as a URL. */
export const isUrl = (specifier: string): boolean => /[%?#]/.test(specifier)

/** What follows a file's name in a specifier: `?raw`, `#part`. */
export const suffixOf = (specifier: string): string => /(?<!^)[?#].*$/.exec(specifier)?.[0] ?? ''

/** The file that a path means, of those that are there. */
export const fileAt = (path: string): string | undefined =>
  candidatesOf(path).find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile())

/**
 * Records what the resolution of an import depends on: each path tried before the found one where nothing exists, and
 * where links on the way lead. For an import that led nowhere, all paths tried.
 *
 * @param paths as the import means them, the first first
 */
export function rememberCandidates(paths: readonly string[], found: string | undefined, evidence: Evidence): void {
  for (const path of paths)
    for (const candidate of candidatesOf(path)) {
      // in a folder that isn't there there is nothing else
      if (!isThere(dirname(candidate), evidence) || !evidence.exists(candidate)) continue
      const real = evidence.realpath(dirname(candidate))
      if (found === undefined) continue
      // a link costs more to look at, so only one that there is
      if (candidate === found || join(real, candidate.slice(dirname(candidate).length + 1)) === found) return
      if (evidence.realpath(candidate) === found) return
    }
}

/** Whether there is a folder; of those that aren't there the outermost is put on record. */
function isThere(folder: string, evidence: Evidence): boolean {
  if (existsSync(folder)) return true
  let absent = folder
  while (absent !== dirname(absent) && !existsSync(dirname(absent))) absent = dirname(absent)
  return evidence.exists(absent)
}

function candidatesOf(path: string): string[] {
  const extension = extname(path)
  const stem = path.slice(0, path.length - extension.length)
  const aliased = Object.hasOwn(aliases, extension) ? (aliases[extension] ?? []).map((other) => stem + other) : []
  return [
    ...aliased,
    path,
    ...extensions.map((other) => path + other),
    join(path, 'package.json'),
    ...extensions.map((other) => join(path, `index${other}`)),
  ]
}
