import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '@millrace/ir'
import { isDead, put, remove, temporaryPath } from '../../files/atomic-write.ts'
import { readText } from '../../files/regular-file.ts'

/*
 * Attempts that a prune is about to remove stand in a file under `prune/`, named like something unfinished of its
 * process. Who wants to use an attempt says so first (references.ts) and then looks here; a prune writes here first and then
 * looks at what is used. So one of them sees the other, and neither waits.
 */

const folderOf = (root: string): string => join(root, 'prune')

/** Condemns attempts until it is told that it is over. */
export function markForDeletion(root: string, scratch: string, attempts: readonly string[]): () => void {
  const folder = folderOf(root)
  const path = temporaryPath(folder)
  put(scratch, path, JSON.stringify(attempts))
  return () => {
    remove(path)
    try {
      rmdirSync(folder)
    } catch {
      // another prune is at work
    }
  }
}

export class DeletionMarks {
  readonly #folder: string
  /** A file holds the same as long as it is there. */
  readonly #lists = new Map<string, ReadonlySet<string>>()

  constructor(root: string) {
    this.#folder = folderOf(root)
  }

  /**
   * Whether one of them is condemned by a prune that lives. A prune may put a shorter list beside its first one, and then
   * remove that: one listing can miss both, or give a name that has gone. So two listings in a row must be the same.
   */
  some(attempts: readonly string[]): boolean {
    if (attempts.length === 0) return false
    for (let before: string | undefined; ; ) {
      // the usual answer, without the cost of an error; where there is no folder there is no list
      if (!existsSync(this.#folder)) return false
      const names = this.#names()
      if (names.some((name) => this.#condemns(name, attempts))) return true
      const listing = names.join()
      if (listing === before) return false
      before = listing
    }
  }

  /** In one order, whatever the file system's. */
  #names(): string[] {
    try {
      return readdirSync(this.#folder).sort()
    } catch {
      return []
    }
  }

  #condemns(name: string, attempts: readonly string[]): boolean {
    if (isDead(this.#folder, name)) return false
    const list = this.#list(name)
    return attempts.some((attempt) => list.has(attempt))
  }

  #list(name: string): ReadonlySet<string> {
    let list = this.#lists.get(name)
    if (!list) {
      try {
        list = new Set(parseJson(readText(join(this.#folder, name))) as string[])
      } catch {
        return new Set()
      }
      this.#lists.set(name, list)
    }
    return list
  }
}
