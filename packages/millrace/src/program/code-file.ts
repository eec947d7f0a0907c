import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What the compiler leaves out of a folder that is an asset of the code. */
const skipped = new Set(['node_modules', '.git', '.millrace', '__pycache__', '.DS_Store'])

/** What changes when anybody writes to a file or to a file of a folder, and the latest change; reads no bytes. */
interface Mark {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly changed: number
}

/** The mark of a file or folder of the code; undefined where nothing can be read. */
export function codeMark(path: string): Mark | undefined {
  try {
    const lines: string[] = []
    let changed = 0
    for (const file of filesAt(path)) {
      const { ino, size, ctimeNs, mode } = statSync(join(path, file), { bigint: true })
      lines.push(`${file} ${ino} ${size} ${ctimeNs} ${mode}`)
      changed = Math.max(changed, Number(ctimeNs) / 1e6)
    }
    return { text: lines.join('\n'), changed }
  } catch (error) {
    return nothing(error)
  }
}

/** What passes, and says nothing of a file. */
const passing = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO'])

/** A file that can't be read is none, unless that is the fault of this process or its machine. */
export function nothing(error: unknown): undefined {
  if (passing.has((error as NodeJS.ErrnoException).code ?? '')) throw error
}

const { timeOrigin } = performance

/**
 * Whether a file was changed after this process began, so that what the process loaded need not be what the file holds
 * now. Node needs some milliseconds before it reads the first module, more than a file system's clock is behind.
 */
export function changedSinceStart(path: string): boolean {
  const mark = codeMark(path)
  return !mark || isSinceStart(mark.changed)
}

/** @param changed milliseconds since 1970 */
export function isSinceStart(changed: number): boolean {
  // one that keeps whole seconds only, or every other, tells an earlier time than it was
  return changed > timeOrigin - (changed % 1000 === 0 ? 2000 : 0)
}

/** The files of a folder, relative to it; of a file itself as `''`. */
function filesAt(root: string): string[] {
  if (!statSync(root).isDirectory()) return ['']
  const files: string[] = []
  const seen = new Set<string>()
  const stack = ['']
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const real = realpathSync(join(root, at))
    if (seen.has(real)) continue
    seen.add(real)
    for (const name of readdirSync(real).sort().reverse()) {
      if (skipped.has(name)) continue
      const path = at ? `${at}/${name}` : name
      const stat = statSync(join(root, path), { throwIfNoEntry: false })
      if (stat?.isDirectory()) stack.push(path)
      else if (stat?.isFile()) files.push(path)
    }
  }
  return files
}
