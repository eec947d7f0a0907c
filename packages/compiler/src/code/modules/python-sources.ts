import { dirname, join, relative } from 'node:path'
import { type Digest, digestFolderLines } from '@millrace/ir'
import type { Evidence } from '../toolchain/evidence.ts'

const locks = ['pylock.toml', 'uv.lock', 'poetry.lock', 'pdm.lock', 'Pipfile.lock', 'requirements.txt']

/** The files that a Python script runs from, beside those of packages that its lock names. */
export interface PythonSources {
  readonly digest: Digest
  /** Absolute paths: the script first, the lock last. */
  readonly files: readonly string[]
}

/**
 * Finds what a script imports beside it (`import a.b`, `from .c import d`, through all of these) and the nearest lock:
 * one in its folder or above it, up to the folder `top`, or the script's own (`train.py.lock`).
 */
export function pythonSources(script: string, top: string, evidence: Evidence): PythonSources {
  const root = dirname(script)
  const files = new Set([script])
  for (const file of files) {
    const text = evidence.text(file)
    if (text === undefined) continue
    for (const candidate of importedFiles(text, dirname(file), root))
      if (evidence.read(candidate) !== undefined) files.add(candidate)
  }
  const lock = findLock(script, top, evidence)
  if (lock) files.add(lock)
  const lines = [...files].map((file) => ({
    path: file === lock ? 'lock' : relative(root, file).replaceAll('\\', '/'),
    digest: evidence.digest(file),
    executable: false,
  }))
  return { digest: digestFolderLines(lines), files: [...files] }
}

/** Also behind `;`, and behind the colon of `try:`. */
const statement =
  /(?:^|[;:])[ \t]*(?:from(?=[ \t.])[ \t]*(\.*)[ \t]*([\w.]*?)[ \t]*\bimport\b[ \t]*(\([^)]*\)|[^\n#;]+)|import[ \t]+([^\n#;]+))/gm

/** The files that the import statements of a text may mean; most of them don't exist. */
function importedFiles(text: string, folder: string, root: string): string[] {
  const out = new Set<string>()
  const addModule = (base: string, parts: readonly string[]): void => {
    let at = base
    for (const part of parts) {
      at = join(at, part)
      out.add(`${at}.py`)
      out.add(join(at, '__init__.py'))
    }
  }
  for (const [, dots, from, names, modules] of text.replace(/\\\r?\n/g, ' ').matchAll(statement)) {
    if (modules !== undefined) {
      for (const module of modules.split(',')) addModule(root, firstWord(module).split('.').filter(Boolean))
      continue
    }
    let base = root
    if (dots) {
      base = folder
      for (let i = 1; i < dots.length; i++) base = dirname(base)
    }
    const parts = (from ?? '').split('.').filter(Boolean)
    addModule(base, parts)
    const listed = (names ?? '').replace(/#.*/g, '').replace(/[()]/g, ' ').split(',').map(firstWord)
    for (const name of listed) if (/^\w+$/.test(name)) addModule(base, [...parts, name])
  }
  return [...out]
}

const firstWord = (text: string): string => text.trim().split(/\s/)[0] ?? ''

function findLock(script: string, top: string, evidence: Evidence): string | undefined {
  if (evidence.read(`${script}.lock`)) return `${script}.lock`
  for (let folder = dirname(script); ; folder = dirname(folder)) {
    for (const name of locks) if (evidence.read(join(folder, name))) return join(folder, name)
    if (folder === top || folder === dirname(folder)) return undefined
  }
}
