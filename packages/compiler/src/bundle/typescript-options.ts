import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import type { Evidence } from './evidence.ts'
import type { Tools } from './tools.ts'

/** Whether imports that only types use stay in the code at run time, by the nearest tsconfig.json. */
export class TypescriptOptions {
  readonly #tools: Tools
  readonly #evidence: Evidence
  readonly #byFolder = new Map<string, boolean>()

  constructor(tools: Tools, evidence: Evidence) {
    this.#tools = tools
    this.#evidence = evidence
  }

  keepsImports(file: string): boolean {
    const folder = dirname(file)
    const known = this.#byFolder.get(folder)
    if (known !== undefined) return known
    this.#remember(folder)
    let keeps = false
    try {
      const options = this.#tools.resolveTsconfig(file)?.tsconfig.compilerOptions
      keeps = options?.verbatimModuleSyntax === true || options?.preserveValueImports === true
    } catch {
      // a broken tsconfig.json: the resolver reports it if it matters
    }
    this.#byFolder.set(folder, keeps)
    return keeps
  }

  /** Puts the nearest tsconfig.json, and what it extends, on record. */
  #remember(folder: string): void {
    for (let at = folder; ; at = dirname(at)) {
      const files = new Set(this.#evidence.read(join(at, 'tsconfig.json')) ? [join(at, 'tsconfig.json')] : [])
      for (const file of files)
        for (const extended of extendedBy(this.#evidence.text(file) ?? '', file)) files.add(extended)
      if (files.size > 0 || at === dirname(at)) return
    }
  }
}

function extendedBy(text: string, file: string): string[] {
  const value = /"extends"\s*:\s*("[^"]*"|\[[^\]]*\])/.exec(text)?.[1] ?? ''
  return Array.from(value.matchAll(/"([^"]*)"/g), ([, specifier = '']) => {
    if (/^[./]/.test(specifier)) {
      const path = resolve(dirname(file), specifier)
      return path.endsWith('.json') ? path : `${path}.json`
    }
    for (const candidate of [specifier, `${specifier}.json`, `${specifier}/tsconfig.json`])
      try {
        return createRequire(file).resolve(candidate)
      } catch {
        // the next spelling
      }
    return ''
  }).filter(Boolean)
}
