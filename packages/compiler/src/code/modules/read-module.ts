import { extname } from 'node:path'
import type { ParseResult } from 'rolldown/utils'
import { borrowParts, copySchemas, type Definition, findDefinitions } from '../effects/borrowed-parts.ts'
import { makePure } from '../effects/make-pure.ts'
import { ModuleEffects } from '../effects/module-effects.ts'
import { cutPureMarks } from '../effects/pure-marks.ts'
import { type Asset, findAssets } from '../parse/assets.ts'
import { cutOptions } from '../parse/cut-options.ts'
import { applyEdits, type Edit } from '../parse/edits.ts'
import { type EnvironmentRead, environmentReads } from '../parse/environment-reads.ts'
import { qualifyGlobals } from '../parse/globals.ts'
import { findImports, type ImportSite } from '../parse/imports.ts'
import { type Follow, ModuleNames, type Origin } from '../parse/module-names.ts'
import { renameExport } from '../parse/rename-export.ts'
import { type Analysis, analyse, isFree } from '../parse/scopes.ts'
import { type Node, places } from '../parse/syntax.ts'
import { typescriptMarks } from '../parse/typescript-marks.ts'
import type { TypescriptOptions } from '../parse/typescript-options.ts'
import { findUncounted, type UncountedSite } from '../parse/untracked-reads.ts'
import type { Tools } from '../toolchain/tools.ts'

/** A module as the bundler is to see it. */
export interface ModuleCode {
  /**
   * The code to digest; with `name`, the variable behind that export gets a neutral name.
   *
   * @param copies whether it also exports the schemas of its definitions on their own. Default true
   */
  codeFor(name?: string, copies?: boolean): string
  /** The same, with a mark at each place that finds files in a way that no digest can follow; only to look for these. */
  markedFor(name?: string): string
  /** Whether it has the syntax of an ES module, and nothing that only CommonJS has. */
  readonly isModern: boolean
  /** Whether it has such a place; may be asked when all modules are read. */
  isMarked(): boolean
  readonly type: 'ts' | 'tsx' | 'js' | 'jsx'
  readonly imports: readonly ImportSite[]
  /** Names it exports itself, in source order. */
  readonly exports: readonly string[]
  readonly reads: readonly EnvironmentRead[]
  place(offset: number): { readonly line: number; readonly column: number }
  /** What it exports under a name itself, or from where it passes it on; `*` is the module. */
  origins?(name: string): readonly (Origin | PassedOn)[]
}

/** An export of another module. */
interface PassedOn {
  readonly from: string
  readonly name: string
}

/** Why a module can't be read. */
export interface ParseProblem {
  readonly message: string
  readonly line: number
  readonly column: number
}

export interface ReadOptions {
  readonly typescript: TypescriptOptions
  /** The text that stands in the code for an asset. */
  nameAsset(asset: Asset): string
  /** The text that marks such a place. */
  nameUncounted(site: UncountedSite): string
  /** Finds what the module imports. */
  readonly follow: Follow
  /** What was found out about the functions of all modules. */
  readonly known: Set<Node>
  /** Number of the module. */
  readonly number: number
  /** The stages and pipelines of all modules, by the calls that define them. */
  readonly definitions: Map<Node, Definition>
  /** The text that marks a definition. */
  nameDefinition(definition: Definition): string
}

const languages: Readonly<Record<string, ModuleCode['type']>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
}

export const languageOf = (file: string): ModuleCode['type'] => languages[extname(file)] ?? 'js'

/** Whether a file is a module that node can import, and not data. */
export const isCode = (file: string): boolean => extname(file) in languages

/** Parses a module and edits it so that what is left of it after tree shaking is what a stage's digest counts. */
export function readModule(
  file: string,
  text: string,
  tools: Tools,
  options: ReadOptions,
): ModuleCode | { readonly problem: ParseProblem } {
  const type = languageOf(file)
  const place = places(text)
  const parsed = tools.parseSync(file, text, {
    lang: type,
    sourceType: /\.c[jt]s$/.test(file) ? 'commonjs' : type === 'js' ? 'unambiguous' : 'module',
    preserveParens: false,
  })
  const failed = parsed.errors.find((error) => error.severity === 'Error')
  if (failed) return { problem: { message: failed.message, ...place(failed.labels[0]?.start ?? 0) } }
  const { program } = parsed
  const analysis = analyse(program)
  const keepsImports = type === 'js' || type === 'jsx' || options.typescript.keepsImports(file)
  const typed = type === 'ts' || type === 'tsx'
  const marked = typescriptMarks(parsed, analysis, options.typescript.of(file), typed)
  const imports = findImports(analysis, keepsImports, marked.inJsx)
  const { edits, workers, counted } = findAssets(file, analysis, options.nameAsset)
  const names = new ModuleNames(analysis, options.follow)
  const loadTime = new ModuleEffects(names, options.known)
  const isModule = parsed.module.hasModuleSyntax
  const definitions = findDefinitions(program, analysis, names, file, options.number)
  for (const [call, definition] of isModule ? definitions : []) options.definitions.set(call, definition)
  let all: readonly Edit[] | undefined
  // this and the marks ask for what other modules export: only when all are read
  const allEdits = (): readonly Edit[] => {
    all ??= [
      ...borrowParts(analysis, names, { module: options.number, end: text.length }, (call) =>
        options.definitions.get(call),
      ),
      ...cutPureMarks(parsed),
      ...marked.edits,
      ...imports.edits,
      ...cutOptions(program, analysis),
      ...makePure(text, program, analysis, loadTime),
      ...edits,
      ...qualifyGlobals(analysis),
    ]
    return all
  }
  const exports = exportsOf(parsed)
  let marks: readonly Edit[] | undefined
  const allMarks = (): readonly Edit[] => {
    marks ??= findUncounted(file, analysis, names, counted).map((site) => mark(site, text, options.nameUncounted(site)))
    return marks
  }
  const renamed = (name: string | undefined): readonly Edit[] => {
    const local = name === undefined ? undefined : exports.get(name)
    return local ? renameExport(analysis, local, text.length) : []
  }
  const copied = (): readonly Edit[] => (isModule ? copySchemas(definitions.values(), text, allEdits()) : [])
  const named = [...definitions.values()].flatMap((definition): Edit[] => {
    const { name } = definition
    const mark = JSON.stringify(options.nameDefinition(definition))
    return name ? [{ start: name.start, end: name.end, text: mark, cut: true }] : []
  })
  return {
    codeFor: (name, copies = true) => applyEdits(text, [...allEdits(), ...renamed(name), ...(copies ? copied() : [])]),
    markedFor: (name) => applyEdits(text, [...named, ...allEdits(), ...renamed(name), ...allMarks(), ...copied()]),
    isMarked: () => allMarks().length > 0,
    isModern: isModule && !(commonNames.test(text) && usesCommonJs(analysis)),
    type,
    imports: [...imports.sites, ...workers.map((specifier) => ({ specifier, offset: 0, dynamic: true, bare: false }))],
    exports: [...exports.keys()],
    reads: environmentReads(analysis).filter(({ deferred }) => !deferred),
    place,
    origins: (name) => originsOf(name, parsed, exports, loadTime.names),
  }
}

const commonNames = /\b(?:require|module|exports)\b/

const usesCommonJs = ({ visits, declaring }: Analysis): boolean =>
  visits.some(
    (visit) => visit.node.type === 'Identifier' && commonNames.test(visit.node.name) && isFree(visit, declaring),
  )

/** Keeps the value of an expression, with the mark beside it. */
const mark = ({ start, end, shorthand, finds }: UncountedSite, text: string, name: string): Edit => ({
  start,
  end,
  // the global name that begins there stays as it is
  ...(finds === 'variable' ? { cut: true } : {}),
  text: `${shorthand ? `${shorthand}:` : ''}[${JSON.stringify(name)},${text.slice(start, end)}][1]`,
})

/** The names of a module's own exports, with the local names behind them where there are any. */
function exportsOf({ module }: ParseResult): Map<string, string | null> {
  const names = new Map<string, string | null>()
  for (const { entries } of module.staticExports)
    for (const { exportName, localName, isType } of entries) {
      if (isType || exportName.kind === 'None') continue
      names.set(exportName.kind === 'Default' ? 'default' : (exportName.name ?? ''), localName.name)
    }
  return names
}

function originsOf(
  name: string,
  { program, module }: ParseResult,
  exports: ReadonlyMap<string, string | null>,
  names: ModuleNames,
): readonly (Origin | PassedOn)[] {
  if (name === '*') return [{ of: names }]
  const own = names.originOf(exports.get(name) ?? '')
  if (own) return [own]
  const passed: PassedOn[] = []
  for (const { entries } of module.staticExports)
    for (const { exportName, importName, moduleRequest } of entries) {
      if (!moduleRequest) continue
      const exported = exportName.kind === 'Default' ? 'default' : exportName.name
      if (exported === name && importName.kind === 'Name')
        return [{ from: moduleRequest.value, name: importName.name ?? '' }]
      if (exportName.kind === 'None' && name !== 'default') passed.push({ from: moduleRequest.value, name })
    }
  if (name !== 'default') return passed
  const node = program.body.find((statement) => statement.type === 'ExportDefaultDeclaration')?.declaration
  return node ? [{ of: names, node }] : []
}

/** JSON as a module: whole by default, and its keys by name. */
export function jsonModule(text: string): string {
  const json: unknown = JSON.parse(text)
  const printed = JSON.stringify(json)
  const names = typeof json === 'object' && json !== null && !Array.isArray(json) ? Object.keys(json) : []
  const named = names.filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default')
  return [
    // in a literal that key would be no key
    `const json = ${/"__proto__":/.test(printed) ? `JSON.parse(${JSON.stringify(printed)})` : printed}`,
    'export { json as default }',
    ...named.map((name, i) => `const json${i} = json.${name}\nexport { json${i} as ${name} }`),
  ].join('\n')
}
