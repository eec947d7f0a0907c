import { readdirSync, statSync } from 'node:fs'
import { Evidence } from '../toolchain/evidence.ts'
import { type PythonFile, readPython } from './python-file.ts'

/** What is on disk, each file read once, however many scripts import it. */
export class PythonFiles {
  readonly evidence: Evidence
  readonly #kinds = new Map<string, 'file' | 'folder' | undefined>()
  readonly #files = new Map<string, PythonFile>()
  readonly #names = new Map<string, readonly string[]>()

  constructor(evidence: Evidence = new Evidence()) {
    this.evidence = evidence
  }

  kind(path: string): 'file' | 'folder' | undefined {
    if (this.#kinds.has(path)) return this.#kinds.get(path)
    const stat = statSync(path, { throwIfNoEntry: false })
    const kind = stat?.isFile() ? 'file' : stat?.isDirectory() ? 'folder' : undefined
    if (stat === undefined) this.evidence.exists(path)
    this.#kinds.set(path, kind)
    return kind
  }

  /** Undefined where none can be read. */
  python(path: string): PythonFile | undefined {
    let file = this.#files.get(path)
    if (file === undefined) {
      const bytes = this.evidence.read(path)
      if (bytes === undefined) return undefined
      file = readPython(bytes)
      this.#files.set(path, file)
    }
    return file
  }

  /** What a folder holds, sorted. */
  names(folder: string): readonly string[] {
    let names = this.#names.get(folder)
    if (names === undefined) {
      names = readdirSync(folder).sort()
      this.#names.set(folder, names)
    }
    return names
  }
}
