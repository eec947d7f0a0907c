import { join } from 'node:path'
import { type FoundModule, findModule, surelyMissing } from './module-search.ts'
import type { PythonFiles } from './python-files.ts'
import type { PythonImport } from './python-import.ts'
import {
  missingModule,
  relativeInScript,
  relativeOutside,
  type ScriptProblem,
  writtenImport,
} from './script-problems.ts'

/** A file, as a module of some package. */
export interface ModuleFile {
  readonly file: string
  /** Where what it imports is looked for: by its name, then within each package that it is in, from the outermost. */
  readonly folders: readonly (readonly string[])[]
  /** What runs by itself; of a file that is only included, nobody knows as what it is imported. */
  readonly role: 'script' | 'module' | 'included'
}

export interface ScriptModules {
  /** Absolute paths, those that were given first. */
  readonly files: readonly string[]
  /** Names at the top of packages that aren't there. */
  readonly outside: readonly string[]
  readonly problems: readonly ScriptProblem[]
}

/** Finds all that files import beside them, and what these import. */
export function scriptModules(
  start: readonly ModuleFile[],
  files: PythonFiles,
  show: (file: string) => string,
): ScriptModules {
  const walk = new Walk(files, show)
  for (const module of start) {
    walk.add(module)
    walk.followAll()
  }
  return {
    files: [...new Set([...walk.modules.values()].map(({ file }) => file))],
    outside: [...walk.outside].sort(),
    problems: walk.problems,
  }
}

class Walk {
  readonly modules = new Map<string, ModuleFile>()
  readonly outside = new Set<string>()
  readonly problems: ScriptProblem[] = []
  readonly #waiting: ModuleFile[] = []
  readonly #files: PythonFiles
  readonly #show: (file: string) => string

  constructor(files: PythonFiles, show: (file: string) => string) {
    this.#files = files
    this.#show = show
  }

  add(module: ModuleFile): void {
    const key = [module.file, ...module.folders.slice(1).flat()].join('\0')
    if (this.modules.has(key)) return
    this.modules.set(key, module)
    this.#waiting.push(module)
  }

  followAll(): void {
    for (let module = this.#waiting.shift(); module !== undefined; module = this.#waiting.shift())
      for (const one of this.#files.python(module.file)?.imports ?? []) {
        if (one.level === 0) this.#absolute(one, module)
        else this.#relative(one, module)
      }
  }

  #absolute(one: PythonImport, module: ModuleFile): void {
    const top = module.folders.slice(0, 1)
    if (!this.#take(one, top).counted && !one.typeChecking && !one.guarded)
      this.outside.add(one.module.split('.')[0] as string)
  }

  #relative(one: PythonImport, { file, folders, role }: ModuleFile): void {
    const fails = !one.typeChecking && !one.guarded && role !== 'included' && one.form !== 'call'
    if (role === 'script') {
      if (fails) this.problems.push(relativeInScript(file, one))
      return
    }
    const last = folders.length - one.level + 1
    if (last < 2) {
      if (fails && one.top) this.problems.push(relativeOutside(file, this.#show(file), one))
      return
    }
    const { missing } = this.#take(one, folders.slice(0, last))
    // in a block, or a function, it may never be run
    if (missing !== undefined && fails && one.top)
      this.problems.push(missingModule(file, this.#show(file), missing, one))
  }

  /** Adds the files of an import. `missing` is the name of what can't be there. */
  #take(one: PythonImport, start: ModuleFile['folders']): { readonly counted: boolean; readonly missing?: string } {
    let counted = false
    let folders = start
    const step = (name: string): FoundModule | undefined => {
      const inside = folders.at(-1) ?? []
      const found = findModule(name, inside, this.#files)
      if (found?.file !== undefined) {
        counted = true
        this.add({
          file: found.file,
          folders: found.folders.length > 0 ? [...folders, found.folders] : folders,
          role: 'module',
        })
      }
      return found
    }
    const dots = '.'.repeat(one.level)
    const parts = one.module === '' ? [] : one.module.split('.')
    for (const [i, part] of parts.entries()) {
      const found = step(part)
      if (found === undefined) {
        const missing = surelyMissing(part, folders.at(-1) ?? [], this.#files)
        return { counted, ...(missing && { missing: dots + parts.slice(0, i + 1).join('.') }) }
      }
      folders = [...folders, found.folders]
    }
    if (one.form !== 'from') return { counted }
    const inside = folders.at(-1) ?? []
    const init = this.#initOf(inside)
    let missing: string | undefined
    for (const { name } of one.names) {
      if (name === '*') for (const exported of init?.exported ?? []) step(exported)
      else if (step(name) === undefined && init === undefined && inside.length > 0)
        if (surelyMissing(name, inside, this.#files)) missing ??= `${writtenImport(one)}${one.module && '.'}${name}`
    }
    return { counted, ...(missing !== undefined && { missing }) }
  }

  #initOf(folders: readonly string[]) {
    const init = join(folders[0] ?? '', '__init__.py')
    return folders.length > 0 && this.#files.kind(init) === 'file' ? this.#files.python(init) : undefined
  }
}
