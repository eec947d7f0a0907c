import { existsSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Evidence } from './evidence.ts'

/** Extensions that an import may leave out, in the order in which they are tried. */
export const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json']

/** Extensions that stand for others. */
export const aliases: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.js', '.jsx'],
  '.jsx': ['.tsx', '.jsx'],
  '.mjs': ['.mts', '.mjs'],
  '.cjs': ['.cts', '.cjs'],
}

/** The path that a relative import means, without what may be left out. */
export function pathOf(specifier: string, importer: string): string | undefined {
  if (specifier.startsWith('file:'))
    try {
      return fileURLToPath(specifier.replace(/[?#].*$/, ''))
    } catch {
      return undefined
    }
  return /^\.{0,2}\//.test(specifier) || /^\.\.?$/.test(specifier)
    ? resolve(dirname(importer), specifier.replace(/[?#].*$/, ''))
    : undefined
}

/**
 * Puts on record what an import could have led to before it led to a file: each place where there was nothing, and
 * that there is no link on the way, or where it leads. Of an import that led nowhere all places.
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
