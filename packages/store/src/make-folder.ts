import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from './disk.ts'

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
    // what a look at it says is the cause then
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  } catch {
    return false
  }
}
