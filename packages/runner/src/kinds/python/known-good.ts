import { existsSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { digestJson, hexOf } from '@millrace/ir'
import { makeFolder } from '@millrace/store'
import type { PythonScript } from './script.ts'

/** Which scripts an interpreter has compiled before: asking takes as long as a short stage. */
export class KnownGood {
  readonly #folder: string | undefined

  /** @param folder where it is kept; undefined: nowhere */
  constructor(folder: string | undefined) {
    this.#folder = folder
  }

  has(python: string, script: PythonScript): boolean {
    const path = this.#path(python, script)
    return path !== undefined && existsSync(path)
  }

  add(python: string, script: PythonScript): void {
    const path = this.#path(python, script)
    try {
      if (path === undefined || this.#folder === undefined) return
      makeFolder(this.#folder)
      writeFileSync(path, '')
    } catch {
      // it is asked again
    }
  }

  /** What a name stands for may be another program the next time. */
  #path(python: string, { digest }: PythonScript): string | undefined {
    if (this.#folder === undefined || !isAbsolute(python) || !existsSync(python)) return undefined
    return join(this.#folder, hexOf(digestJson({ python, digest })).slice(0, 32))
  }
}
