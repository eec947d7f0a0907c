import { lstatSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, InTheWay } from './file-errors.ts'

/** How often a folder may vanish again while those in it are made. */
const rounds = 3

/**
 * Makes a folder and those above it. Node's own way loses the cause of some errors, and never ends where a folder is
 * there and nothing can be made in it (/proc).
 */
export function makeFolder(path: string): void {
  for (let round = 1; ; round++) {
    try {
      makeOne(path)
      return
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || round === rounds) throw error
    }
    for (const folder of missingTo(dirname(path))) makeOne(folder)
  }
}

/** What must be made, from the top. */
function missingTo(path: string): string[] {
  const missing: string[] = []
  for (let at = path; ; at = dirname(at)) {
    if (isFolder(at)) return missing
    missing.unshift(at)
    if (dirname(at) === at) return missing
  }
}

function makeOne(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    if (['EEXIST', 'ENOTDIR'].includes(errnoOf(error) ?? '')) noFolder(path)
    // what a look at it says is the cause then
    else if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

/** Throws unless a folder is there. EEXIST would be taken for that of a file in it, and ENOTDIR doesn't say what is none. */
function noFolder(path: string): void {
  for (let at = path; ; at = dirname(at)) {
    try {
      if (statSync(at).isDirectory()) return
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR') continue
      if (errnoOf(error) !== 'ENOENT') throw error
      // nothing at all, or a link to nothing
      if (!lstatSync(at, { throwIfNoEntry: false })) throw error
    }
    throw new InTheWay(at)
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  } catch {
    return false
  }
}
