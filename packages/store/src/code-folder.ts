import { existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { ageOf } from './file-age.ts'
import { makeFolder } from './make-folder.ts'
import { remove, sweep, temporaryPath } from './temporary.ts'

/** Milliseconds. */
const month = 30 * 86_400_000

export interface CodeFolder {
  /** Missing where the user has no such folder, or others may write to it. */
  readonly cache?: string
  /** A new path in it for a file that isn't whole yet. */
  temporary(): string
}

/**
 * Where this user keeps what is known of the code of programs, from run to run. Not in a store: it says which modules are
 * imported, and a store may come from somebody else.
 */
export function codeFolder(): CodeFolder {
  const cache = ownFolder()
  return {
    ...(cache === undefined ? {} : { cache }),
    temporary() {
      clear(cache ?? '')
      return temporaryPath(cache ?? '')
    },
  }
}

function ownFolder(): string | undefined {
  try {
    const path = join(cachesOf(process.env), 'millrace', 'code')
    if (!existsSync(path)) makeOwn(path)
    const found = lstatSync(path)
    const { uid, mode } = found
    if (!found.isDirectory()) return undefined
    return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0) ? path : undefined
  } catch {
    return undefined
  }
}

function makeOwn(path: string): void {
  makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch {
    // another process was faster, or it can't be
  }
}

function cachesOf({ XDG_CACHE_HOME, LOCALAPPDATA }: NodeJS.ProcessEnv): string {
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME
  if (process.platform === 'win32' && LOCALAPPDATA) return LOCALAPPDATA
  return process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache')
}

let cleared = false

/** What is a month old is made anew where it is still of use. */
function clear(folder: string): void {
  if (cleared) return
  cleared = true
  sweep(folder)
  try {
    for (const name of readdirSync(folder)) if ((ageOf(join(folder, name)) ?? 0) > month) remove(join(folder, name))
  } catch {}
}
