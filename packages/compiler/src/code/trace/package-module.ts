import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ParseResult } from 'rolldown/utils'
import type { Packages } from '../modules/packages.ts'
import type { Reach } from '../modules/reach.ts'
import { isCode } from '../modules/read-module.ts'
import { findAssets } from '../parse/assets.ts'
import { findImports } from '../parse/imports.ts'
import { ModuleNames } from '../parse/module-names.ts'
import { PathValues } from '../parse/path-values.ts'
import { type Analysis, analyse } from '../parse/scopes.ts'
import { isSloppy } from '../parse/sloppy.ts'
import type { Tools } from '../toolchain/tools.ts'
import { PackageSites } from './package-sites.ts'

/** What a module of a package asks for, whoever loads it. */
export interface PackageModule {
  /** As Node loads it. */
  readonly format: 'module' | 'commonjs'
  readonly imports: readonly NeededModule[]
  readonly reaches: readonly Reach[]
  /** Whether it works only as a file of its own, where the package lies. */
  readonly isBound: boolean
  /** Whether it awaits while it loads. */
  readonly awaits: boolean
  /** Names that it exports itself; of CommonJS none are known. */
  readonly exports: readonly string[]
  /** What it passes on as a whole. */
  readonly passes: readonly string[]
}

interface NeededModule {
  readonly specifier: string
  readonly loads: 'import' | 'require'
  /** Does without it where it isn't there. */
  readonly optional: boolean
  /** For its effect alone. */
  readonly bare: boolean
  /** Only when the code that asks for it runs. */
  readonly dynamic: boolean
}

/** What a module of a package has that is worth a look, or any CommonJS: only a pattern that Rust can search. */
export const toLookAt =
  /__dirname|__filename|\bimport\.meta\b|createRequire|\bimport\s*["'(]|\brequire\b|\bexports\b|\bmodule\b|\beval\b/

const located =
  /__(?:dir|file)name\b|\bimport\.meta\b|\bcreateRequire\b|\beval\s*\(|\bimport\s*(?:["']|\(\s*(?!["'\s]))/
const loading = /\brequire\b(?!\s*\(\s*(?:"[^"\n]*"|'[^'\n]*')\s*\))|\bmodule\s*(?:\.(?!\s*exports\b)|[,)[])/
const common = /\bexports\b|\brequire\s*\(/
const modern = /^\s*(?:import\s*[\w${*"']|export\s*(?:[{*]|default|const|function|class|let|var|async))/m

/** Comments that begin a line. */
const comments = /^[ \t]*(?:\/\/.*|\/\*[\s\S]*?\*\/)/gm

/** Whether the text of a module leaves a doubt about it. */
export const mayBeBound = (text: string): boolean => {
  const isLocated = located.test(text) || loading.test(text)
  if (!isLocated) return common.test(text) && !modern.test(text) && !isStrict(text)
  const code = text.replace(comments, '')
  return located.test(code) || loading.test(code) || (common.test(code) && !modern.test(code) && !isStrict(code))
}

/** Whether a script begins with 'use strict', behind comments. */
function isStrict(code: string): boolean {
  let at = 0
  for (;;) {
    while (/\s/.test(code[at] ?? '')) at++
    const end = code.startsWith('/*', at)
      ? code.indexOf('*/', at) + 1
      : code.startsWith('//', at)
        ? code.indexOf('\n', at)
        : 0
    if (end <= 0) return /^["']use strict["']/.test(code.slice(at, at + 12))
    at = end + 1
  }
}

/** Reads the modules of packages, each once. */
export class PackageModules {
  readonly #tools: Tools
  readonly #packages: Packages
  readonly #resolve: (specifier: string, importer: string) => string | undefined
  readonly #known = new Map<string, PackageModule | undefined>()

  /** @param resolve the file that `require.resolve` gives a module */
  constructor(tools: Tools, packages: Packages, resolve: (specifier: string, importer: string) => string | undefined) {
    this.#tools = tools
    this.#packages = packages
    this.#resolve = resolve
  }

  /** What a file is; undefined for what is no module, or doesn't parse. */
  at(file: string): PackageModule | undefined {
    if (!this.#known.has(file)) this.#known.set(file, isCode(file) ? this.#read(file) : undefined)
    return this.#known.get(file)
  }

  #read(file: string): PackageModule | undefined {
    let text: string
    try {
      text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
    } catch {
      return undefined
    }
    const parsed = this.#tools.parseSync(file, text, {
      sourceType: /\.[cm]js$/.test(file) ? (file.endsWith('.cjs') ? 'commonjs' : 'module') : 'unambiguous',
      preserveParens: false,
    })
    if (parsed.errors.some(({ severity }) => severity === 'Error')) return undefined
    const analysis = analyse(parsed.program)
    const format = this.#formatOf(file, parsed)
    const { reaches, isBound } =
      located.test(text) || loading.test(text) ? this.#sites(file, analysis) : { reaches: [], isBound: false }
    return {
      format,
      imports: findImports(analysis, true).sites.map((site) => {
        const { specifier, bare, dynamic, optional = false, required = false } = site
        return {
          specifier,
          bare,
          dynamic,
          optional,
          loads: required ? 'require' : 'import',
        }
      }),
      reaches,
      isBound: isBound || (format === 'commonjs' && !isStrict(text) && isSloppy(analysis)),
      awaits: analysis.visits.some(
        ({ node, deferred }) =>
          !deferred && (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)),
      ),
      ...exportsOf(parsed),
    }
  }

  #sites(file: string, analysis: Analysis): { readonly reaches: readonly Reach[]; readonly isBound: boolean } {
    const names = new ModuleNames(analysis)
    const values = new PathValues(file, names, (specifier) => this.#resolve(specifier, file))
    const { counted, edits, workers } = findAssets(file, analysis, () => '')
    // code that is named by its path may be run, with what it imports
    const isRun = edits.some(({ text }) => /^, import\(/.test(text)) && workers.length === 0
    return new PackageSites(file, analysis, names, values, isRun ? new Set() : counted)
  }

  #formatOf(file: string, { module, program }: ParseResult): PackageModule['format'] {
    if (/\.m[jt]s$/.test(file)) return 'module'
    if (/\.c[jt]s$/.test(file)) return 'commonjs'
    const root = this.#packages.nearest(dirname(file))
    const type = root === undefined ? undefined : this.#packages.at(root)?.type
    if (type !== undefined) return type
    return module.hasModuleSyntax || program.sourceType === 'module' ? 'module' : 'commonjs'
  }
}

function exportsOf({ module }: ParseResult): { readonly exports: string[]; readonly passes: string[] } {
  const exports: string[] = []
  const passes: string[] = []
  for (const { entries } of module.staticExports)
    for (const { exportName, isType, moduleRequest } of entries) {
      if (isType) continue
      if (exportName.kind === 'Default') exports.push('default')
      else if (exportName.kind === 'Name' && exportName.name !== null) exports.push(exportName.name)
      else if (moduleRequest) passes.push(moduleRequest.value)
    }
  return { exports, passes }
}
