import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { put, remove, sweep } from '../../files/atomic-write.ts'
import { ageOf } from '../../files/file-age.ts'

/** Milliseconds. */
const month = 30 * 86_400_000

export interface CodeFolder {
  /** Missing where nothing can be kept. */
  readonly cache?: string
  /** Writes a file in it, whole or not at all. */
  write(path: string, text: string): void
}

/**
 * What is known of the code of programs, kept from run to run. Not in a store: it says which modules are imported, and a
 * store may come from somebody else.
 *
 * @param cache a folder that is the user's alone, if there is one
 */
export function codeFolder(cache: string | undefined): CodeFolder {
  return {
    ...(cache === undefined ? {} : { cache }),
    write(path, text) {
      clear(cache ?? '')
      put(cache ?? '', path, text)
    },
  }
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
