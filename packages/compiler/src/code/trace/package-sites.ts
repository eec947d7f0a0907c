import { isBuiltin } from 'node:module'
import { dirname, resolve } from 'node:path'
import type { ESTree } from 'rolldown/utils'
import { anyModule, itself, type Loads, type Reach } from '../modules/reach.ts'
import type { ModuleNames } from '../parse/module-names.ts'
import type { PathValue, PathValues } from '../parse/path-values.ts'
import { type Analysis, isReference, type Visit } from '../parse/scopes.ts'
import { literalText, type Node, propertyName, unwrap } from '../parse/syntax.ts'
import { PathUses } from './path-uses.ts'

/** Finds where a module of a package asks where it lies, or loads something that no import names. */
export class PackageSites {
  readonly #file: string
  readonly #values: PathValues
  readonly #names: ModuleNames
  readonly #declaring: ReadonlySet<Node>
  readonly #counted: ReadonlySet<Node>
  readonly #parents = new Map<Node, Node | null>()
  readonly #caught: Node[] = []
  readonly #exported = new Set<Node>()
  readonly #uses: PathUses
  readonly #reaches: Reach[] = []
  #isBound = false

  /** @param counted the `import.meta.url` of files that are carried by themselves */
  constructor(
    file: string,
    { visits, declaring }: Analysis,
    names: ModuleNames,
    values: PathValues,
    counted: ReadonlySet<Node>,
  ) {
    this.#file = file
    this.#counted = counted
    this.#values = values
    this.#names = names
    this.#declaring = declaring
    for (const { node, parent } of visits) {
      this.#parents.set(node, parent)
      if (node.type === 'TryStatement' && node.handler) this.#caught.push(node.block)
      if (node.type === 'ExportNamedDeclaration' && node.declaration?.type === 'VariableDeclaration')
        for (const declarator of node.declaration.declarations) this.#exported.add(declarator)
    }
    this.#uses = new PathUses(this.#parents, names, values, this.#exported)
    for (const visit of visits) this.#look(visit)
  }

  get reaches(): readonly Reach[] {
    return this.#reaches
  }

  /** Whether the module can't be part of another one. */
  get isBound(): boolean {
    return this.#isBound
  }

  #add(reach: Reach | undefined): void {
    if (!reach) return
    this.#reaches.push(reach)
    this.#bind()
  }

  #bind(): void {
    this.#isBound = true
  }

  #look(visit: Visit): void {
    const { node } = visit
    switch (node.type) {
      case 'Identifier':
        if (!isReference(visit, this.#declaring)) return
        this.#identifier(node)
        break
      case 'ImportExpression':
        this.#add(this.#loaded(node.source, 'import', node))
        return
      case 'MetaProperty':
        if (node.meta.name === 'import') this.#meta(node)
        return
      case 'CallExpression':
        if (this.#isGlobal(node.callee, 'eval')) this.#eval(node)
        if (this.#values.builtins.called(node.callee)?.name === 'createRequire') this.#createRequire(node)
        break
    }
    if (!expressions.has(node.type) || this.#values.of(node)?.kind !== 'path') return
    const reach = this.#uses.of(node)
    if (!reach) return
    this.#reaches.push(reach)
    if (!this.#isCounted(node)) this.#bind()
  }

  #identifier(node: ESTree.IdentifierReference | (Node & { readonly name: string })): void {
    if (!/^(?:require|module)$/.test(node.name) || !this.#isGlobal(node, node.name)) return
    if (node.name === 'require') this.#require(node, true)
    else if (node.name === 'module') this.#module(node)
  }

  /** @param isOwn whether it is the function that the module itself was given, whose literal calls are imports */
  #require(node: Node, isOwn: boolean): void {
    const parent = this.#parents.get(node)
    const user = parent && unwrap(parent)
    switch (user?.type) {
      case 'CallExpression': {
        if (user.callee !== node) break
        const [first] = user.arguments
        if (isOwn && first?.type === 'Literal') return
        const reach = first && this.#loaded(first, 'require', user)
        return this.#add(reach && !isOwn && !this.#isFromHere(node) ? anyModule : reach)
      }
      case 'MemberExpression': {
        const name = propertyName(user, user.property)
        // a path that is known is looked at where it is used
        if (name === 'resolve') {
          const call = this.#parents.get(user)
          if (call && this.#values.of(call)?.kind === 'path') return this.#bind()
          break
        }
        // there is none in a module that another one imports
        return name === 'main' ? undefined : this.#add(itself)
      }
      case 'UnaryExpression':
        if (user.operator === 'typeof') return
        break
      case 'BinaryExpression':
        return
    }
    this.#add(anyModule)
  }

  #module(node: Node): void {
    const user = this.#parents.get(node)
    if (user?.type === 'MemberExpression') {
      const name = propertyName(user, user.property) ?? ''
      if (this.#values.of(user)) return
      if (name === 'require') return this.#require(user, false)
      if (/^(?:parent|children|id|loaded|isPreloading)$/.test(name)) return this.#add(itself)
      return /^(?:paths|constructor|load|_.*|)$/.test(name) ? this.#add(anyModule) : undefined
    }
    // `typeof module`, `module && module.exports`, Object.defineProperty(module, 'exports', …)
    if (user?.type !== 'CallExpression' || !user.arguments.includes(node as never)) return
    if (literalText(user.arguments[1]) !== 'exports') this.#add(anyModule)
  }

  #meta(node: Node): void {
    const user = this.#parents.get(node)
    if (user?.type !== 'MemberExpression') return this.#add(anyModule)
    const name = propertyName(user, user.property)
    if (name === 'resolve') {
      const call = this.#parents.get(user)
      if (!call || this.#values.of(call)?.kind !== 'path') this.#add(anyModule)
      this.#bind()
    } else if (name === 'main') this.#add(itself)
    else if (name === undefined) this.#add(anyModule)
    // where it is used tells of its own places, others are a bundler's
  }

  /** Whether a path is that of a file which is carried by itself. */
  #isCounted(path: Node): boolean {
    let at = unwrap(path)
    for (;;) {
      if (at.type === 'NewExpression' && at.arguments[1]) return this.#counted.has(unwrap(at.arguments[1]))
      if (at.type === 'Identifier') {
        const meaning = this.#names.meaning(at)
        if (meaning.kind !== 'value') return false
        at = unwrap(meaning.node)
      } else if (at.type === 'MemberExpression') at = unwrap(at.object)
      else if ((at.type === 'CallExpression' || at.type === 'NewExpression') && at.arguments.length === 1)
        at = unwrap(at.arguments[0] as Node)
      else return false
    }
  }

  /** `eval` of code that can't be analysed; `eval('require')` hides a `require` from bundlers. */
  #eval(call: ESTree.CallExpression): void {
    if (this.#isUnreachable(call)) return
    const [code] = call.arguments
    if (code?.type !== 'Literal' || code.value !== 'require') return this.#add(anyModule)
    this.#bind()
    this.#require(call, false)
  }

  /** Whether it stands behind a `return`, where it only makes engines treat the function differently. */
  #isUnreachable(call: Node): boolean {
    const statement = this.#parents.get(call)
    const block = statement && this.#parents.get(statement)
    if (statement?.type !== 'ExpressionStatement' || block?.type !== 'BlockStatement') return false
    return block.body.slice(0, block.body.indexOf(statement)).some(({ type }) => type === 'ReturnStatement')
  }

  /** What is required through the function that a call made; of Node's own modules from wherever. */
  #createRequire(call: ESTree.CallExpression): void {
    const user = this.#parents.get(call)
    if (user?.type === 'CallExpression' && user.callee === call) return this.#require(call, false)
    if (user?.type !== 'VariableDeclarator' || user.id.type !== 'Identifier' || this.#exported.has(user))
      return this.#add(anyModule)
    const binding = this.#names.binding(user.id)
    if (!binding || this.#names.isAssigned(binding)) return this.#add(anyModule)
    for (const [node] of this.#parents)
      if (node.type === 'Identifier' && node.name === user.id.name && node !== user.id)
        if (this.#names.binding(node) === binding && this.#isUse(node)) this.#require(node, false)
  }

  /** Whether a function that `createRequire` gave looks from where the module lies. */
  #isFromHere(node: Node): boolean {
    if (node.type === 'MemberExpression') return true
    const meaning = node.type === 'Identifier' ? this.#names.meaning(node) : undefined
    const call = meaning?.kind === 'value' ? meaning.node : node
    const [base] = call.type === 'CallExpression' ? call.arguments : []
    const value = base && base.type !== 'SpreadElement' ? this.#values.of(base) : undefined
    return value?.kind === 'path' || (value?.kind === 'text' && value.text === 'require')
  }

  #isUse(node: Node): boolean {
    const parent = this.#parents.get(node)
    return parent?.type !== 'MemberExpression' || parent.object === node
  }

  /** What is loaded by a specifier that is no plain text, or not by the module's own `require`. */
  #loaded(specifier: Node, loads: Loads, at: Node): Reach | undefined {
    const value = specifier.type === 'SpreadElement' ? undefined : this.#values.of(specifier)
    if (!value) return anyModule
    if (value.kind === 'path') return { kind: 'path', path: value.text, open: value.open, loads }
    if (!value.open) {
      const optional = this.#caught.some((block) => block.start < at.start && at.end <= block.end)
      return isBuiltin(value.text) ? undefined : { kind: 'module', specifier: value.text, optional }
    }
    return ofPrefix(value, this.#file, loads)
  }

  #isGlobal(node: Node, name: string): boolean {
    const at = unwrap(node)
    return at.type === 'Identifier' && at.name === name && this.#names.meaning(at).kind === 'global'
  }
}

/** `require('./lang/' + x)` */
function ofPrefix({ text }: PathValue, file: string, loads: Loads): Reach {
  if (!/^\.{1,2}\//.test(text)) return anyModule
  const path = resolve(dirname(file), text)
  return { kind: 'path', path: text.endsWith('/') ? `${path}/` : path, open: true, loads }
}

const expressions = new Set<Node['type']>([
  'Identifier',
  'MemberExpression',
  'BinaryExpression',
  'TemplateLiteral',
  'ConditionalExpression',
  'LogicalExpression',
  'CallExpression',
  'NewExpression',
])
