import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, isAbsolute } from 'node:path'

/**
 * Removes a folder with all that it holds, if it is there. Never the folder in which this process works, nor one around
 * it: a stage may have replaced what paths are made with here, and what comes out then is nobody's choice.
 *
 * @throws what the disk says
 */
export function removeTree(path: string): void {
  checkOurs(path)
  rmSync(path, { recursive: true, force: true })
}

/** Like `removeTree`, while others have their turn. */
export async function dropTree(path: string): Promise<void> {
  checkOurs(path)
  await rm(path, { recursive: true, force: true })
}

function checkOurs(path: string): void {
  if (!isAbsolute(path) || isAround(path)) throw new Error(`"${path}" is no folder that Millrace made`)
}

function isAround(path: string): boolean {
  let folder: string
  try {
    folder = process.cwd()
  } catch {
    // it is gone
    folder = '/'
  }
  for (;;) {
    if (folder === path || `${folder}/` === path) return true
    const above = dirname(folder)
    if (above === folder) return false
    folder = above
  }
}
