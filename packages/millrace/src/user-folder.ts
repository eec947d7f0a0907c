import { existsSync, lstatSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

/**
 * `millrace/<name>` in the caches of this user, made where it isn't there. Undefined where the user has none, or where
 * others may write to it: what lies there decides what code is run.
 */
export function userFolder(name: string): string | undefined {
  try {
    const path = join(cachesOf(process.env), 'millrace', name)
    if (!existsSync(path)) make(path)
    const found = lstatSync(path)
    const { uid, mode } = found
    if (!found.isDirectory()) return undefined
    return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0) ? path : undefined
  } catch {
    return undefined
  }
}

/** Not by `recursive`, with which Node never ends below `/proc`. */
function make(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // another process was faster
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    make(dirname(path))
    mkdirSync(path, { mode: 0o700 })
  }
}

function cachesOf({ XDG_CACHE_HOME, LOCALAPPDATA }: NodeJS.ProcessEnv): string {
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME
  if (process.platform === 'win32' && LOCALAPPDATA) return LOCALAPPDATA
  return process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache')
}
