import type { Definition } from '../effects/borrowed-parts.ts'
import { makeDroppable } from '../effects/droppable.ts'
import { ModuleEffects } from '../effects/module-effects.ts'
import { hasOldDecorators, plainCode } from '../effects/plain-code.ts'
import { cutPureMarks } from '../effects/pure-marks.ts'
import type { LocalModule, ModuleGraph } from '../modules/module-graph.ts'
import { isCode, jsonModule, languageOf } from '../modules/read-module.ts'
import { type Asset, findAssets } from '../parse/assets.ts'
import { applyEdits, type Edit } from '../parse/edits.ts'
import { findImports } from '../parse/imports.ts'
import { sdkName } from '../parse/millrace-names.ts'
import { ModuleNames, type Origin } from '../parse/module-names.ts'
import { type Analysis, analyse, type Scope } from '../parse/scopes.ts'
import { type Node, unwrap } from '../parse/syntax.ts'
import { tokenText } from '../parse/tokens.ts'
import { TypescriptOptions } from '../parse/typescript-options.ts'
import type { EmitTools } from '../toolchain/emit-tools.ts'

/** A module of the program as it is shipped. */
export interface EmitSource {
  /** JavaScript with tokens for its assets. */
  readonly code: string
  /** Where its first decorator stands, if nothing can translate it. */
  readonly decorator?: number
}

/** So many times a name may be passed on. */
const deepest = 64

/**
 * The modules of a program as they run: without the command line, and with what does nothing but make a value marked as
 * droppable, by the rules of the digest.
 */
export class EmitSources {
  readonly assets: Asset[] = []
  /** The assets, by number, that are modules which a worker runs. */
  readonly workers = new Set<number>()
  readonly #tools: EmitTools
  readonly #graph: ModuleGraph
  readonly #options: TypescriptOptions
  readonly #files = new Map<string, EmitSource>()
  readonly #modules = new Map<string, LocalModule>()
  readonly #known = new Set<Node>()

  constructor(tools: EmitTools, graph: ModuleGraph) {
    this.#tools = tools
    this.#graph = graph
    this.#options = new TypescriptOptions(tools, graph.evidence)
  }

  /** Takes a file for a module of the program. */
  add(file: string): LocalModule {
    const module = this.#graph.load(file)
    this.#modules.set(file, module)
    return module
  }

  /** A module of the program; nothing for those of packages. */
  at(file: string): LocalModule | undefined {
    return this.#modules.get(file)
  }

  /** @param unused definitions whose functions are left out of it */
  read(file: string, unused: readonly Definition[] = []): EmitSource {
    const bodies = unused.flatMap((definition) =>
      definition.file === file && definition.body ? [definition.body] : [],
    )
    const key = JSON.stringify([file, ...bodies.map(({ start }) => start)])
    const known = this.#files.get(key)
    if (known) return known
    const text = this.#graph.evidence.text(file) ?? ''
    const source = this.#read(file, text, bodies)
    this.#files.set(key, source)
    return source
  }

  /**
   * Gives a file a token.
   *
   * @param worker whether it is a module that a worker runs
   */
  name(asset: Asset, worker: boolean): string {
    const number = this.assets.push(asset) - 1
    if (worker) this.workers.add(number)
    return tokenText({ kind: 'asset', number })
  }

  #read(file: string, text: string, bodies: readonly Range[]): EmitSource {
    if (file.endsWith('.json')) return json(text)
    const type = languageOf(file)
    const parsed = this.edits(file, text)
    if (!parsed) return broken
    const { analysis, edits } = parsed
    const decorator = analysis.visits.find(({ node }) => node.type === 'Decorator')
    const tokens = assetTokens(file, analysis, (asset, worker) => this.name(asset, worker))
    const cuts = bodies.map((body) => withoutBody(body, text))
    return {
      code: plainCode(this.#tools, file, applyEdits(text, [...cuts, ...edits, ...tokens]), type),
      ...(decorator && !hasOldDecorators(this.#tools, file) ? { decorator: decorator.node.start } : {}),
    }
  }

  /** What is changed of a module wherever it runs; nothing for one that does not parse. */
  edits(file: string, text: string): { readonly analysis: Analysis; readonly edits: readonly Edit[] } | undefined {
    const type = languageOf(file)
    const parsed = this.#tools.parseSync(file, text, {
      lang: type,
      sourceType: /\.c[jt]s$/.test(file) ? 'commonjs' : type === 'js' ? 'unambiguous' : 'module',
      preserveParens: false,
    })
    const { program, errors } = parsed
    if (errors.length > 0) return undefined
    const analysis = analyse(program)
    const keeps = type === 'js' || type === 'jsx' || this.#options.keepsImports(file)
    const names = new ModuleNames(analysis, (specifier, name) => this.#follow(this.#graph.load(file), specifier, name))
    const edits = [
      ...cutPureMarks(parsed),
      ...findImports(analysis, keeps).edits,
      ...mainCalls(program.body, analysis.root),
      ...makeDroppable(text, program, analysis, new ModuleEffects(names, this.#known)),
    ]
    return { analysis, edits }
  }

  /** What a module imports under a name, where that is of the program. */
  #follow(importer: LocalModule, specifier: string, name: string, depth = 0): Origin | 'data' | undefined {
    const found = this.#graph.resolve(specifier, importer)
    if (found.kind !== 'local' || depth > deepest) return undefined
    if (!isCode(found.file)) return 'data'
    const module = this.#graph.load(found.file)
    for (const origin of module.origins?.(name) ?? []) {
      const at = 'from' in origin ? this.#follow(module, origin.from, origin.name, depth + 1) : origin
      if (at) return at
    }
    return undefined
  }
}

type Range = Definition['body'] & object

/** What is never called: the definition needs a function of that name. */
function withoutBody({ start, end }: Range, text: string): Edit {
  const [, key = 'run'] = /\b(run|build)\b/.exec(text.slice(start, end)) ?? []
  return { start, end, text: `${key}: () => ({})`, cut: true }
}

/** Told by the graph, where a stage needs it. */
const broken: EmitSource = { code: "throw new SyntaxError('This module does not parse')" }

function json(text: string): EmitSource {
  try {
    return { code: jsonModule(text) }
  } catch {
    return broken
  }
}

/** Edits that put tokens in place of the paths of files. A path for which there is none stays. */
export function assetTokens(
  file: string,
  analysis: Analysis,
  name: (asset: Asset, worker: boolean) => string | undefined,
): Edit[] {
  const found: Asset[] = []
  const { edits, workers } = findAssets(file, analysis, (asset) => String(found.push(asset)))
  // the others ask for the modules of workers, which become files of their own
  const paths = edits.filter(({ start, end }) => start < end)
  return paths.flatMap((edit, index) => {
    const asset = found[index] as Asset
    const text = name(asset, workers.includes(asset.written) && isCode(asset.path))
    return text === undefined ? [] : [{ ...edit, text: JSON.stringify(text) }]
  })
}

/** The command line of a program is no part of a stage. */
const mainCalls = (body: readonly Node[], root: Scope): Edit[] =>
  body.flatMap((statement) =>
    isMain(statement, root) ? [{ start: statement.start, end: statement.end, text: ';', cut: true as const }] : [],
  )

function isMain(statement: Node, root: Scope): boolean {
  if (statement.type !== 'ExpressionStatement') return false
  let at = unwrap(statement.expression)
  while (at.type === 'AwaitExpression' || at.type === 'UnaryExpression') at = unwrap(at.argument)
  return at.type === 'CallExpression' && sdkName(at.callee, root) === 'main'
}
