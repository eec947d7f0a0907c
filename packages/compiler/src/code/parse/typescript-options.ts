import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import type { Evidence } from '../toolchain/evidence.ts'
import type { Tools } from '../toolchain/tools.ts'

type CompilerOptions = NonNullable<NonNullable<ReturnType<Tools['resolveTsconfig']>>['tsconfig']['compilerOptions']>

/** What the nearest tsconfig.json of a file says. */
export class TypescriptOptions {
  readonly #tools: Tools
  readonly #evidence: Evidence
  readonly #cache: InstanceType<Tools['TsconfigCache']>
  readonly #byFile = new Map<string, CompilerOptions | undefined>()
  readonly #remembered = new Set<string>()

  constructor(tools: Tools, evidence: Evidence) {
    this.#tools = tools
    this.#evidence = evidence
    this.#cache = new tools.TsconfigCache()
  }

  /** Whether imports that only types use stay in the code at run time. */
  keepsImports(file: string): boolean {
    const options = this.of(file)
    return options?.verbatimModuleSyntax === true || options?.preserveValueImports === true
  }

  /** The options of a file: `references` may give each its own. */
  of(file: string): CompilerOptions | undefined {
    if (this.#byFile.has(file)) return this.#byFile.get(file)
    this.#remember(dirname(file))
    let options: CompilerOptions | undefined
    try {
      const found = this.#tools.resolveTsconfig(file, this.#cache)
      for (const path of found?.tsconfigFilePaths ?? []) this.#rememberAll(path)
      options = found?.tsconfig.compilerOptions ?? undefined
    } catch {
      // a broken tsconfig.json: the resolver reports it if it matters
    }
    this.#byFile.set(file, options)
    return options
  }

  /** The paths, without extensions, that `paths` and `baseUrl` make of an import. */
  pathsOf(specifier: string, importer: string): string[] {
    const { paths = {}, baseUrl } = this.of(importer) ?? {}
    const found: string[] = []
    for (const [pattern, targets] of Object.entries(paths)) {
      const [before = '', behind] = pattern.split('*')
      const fits =
        behind === undefined
          ? specifier === pattern
          : specifier.startsWith(before) &&
            specifier.endsWith(behind) &&
            specifier.length >= before.length + behind.length
      if (!fits) continue
      const rest = specifier.slice(before.length, specifier.length - (behind?.length ?? 0))
      for (const target of targets) found.push(target.replace('*', () => rest))
    }
    if (baseUrl) found.push(resolve(baseUrl, specifier))
    return found
  }

  /** Puts the nearest tsconfig.json, and what it leads to, on record. */
  #remember(folder: string): void {
    if (this.#remembered.has(folder)) return
    this.#remembered.add(folder)
    if (this.#evidence.read(join(folder, 'tsconfig.json'))) this.#rememberAll(join(folder, 'tsconfig.json'))
    else if (folder !== dirname(folder)) this.#remember(dirname(folder))
  }

  #rememberAll(path: string): void {
    const files = new Set([path])
    for (const file of files) {
      if (this.#remembered.has(file)) continue
      this.#remembered.add(file)
      for (const other of namedBy(this.#evidence.text(file) ?? '', file)) files.add(other)
    }
  }
}

/** What a tsconfig.json extends, and the projects that it refers to. */
function namedBy(text: string, file: string): string[] {
  const extended = /"extends"\s*:\s*("[^"]*"|\[[^\]]*\])/.exec(text)?.[1] ?? ''
  const references = /"references"\s*:\s*\[[^\]]*\]/.exec(text)?.[0] ?? ''
  const found = Array.from(extended.matchAll(/"([^"]*)"/g), ([, specifier = '']) => extendedFile(specifier, file))
  for (const [, specifier = ''] of references.matchAll(/"path"\s*:\s*"([^"]*)"/g)) {
    const path = resolve(dirname(file), specifier)
    found.push(path.endsWith('.json') ? path : join(path, 'tsconfig.json'))
  }
  return found.filter(Boolean)
}

function extendedFile(specifier: string, file: string): string {
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
}
