import { importedName } from './millrace-names.ts'
import { type Analysis, type Binding, lookup, type Scope } from './scopes.ts'
import { bindingNames, isFunction, type Node, propertyName, unwrap } from './syntax.ts'

/** Something of a module: a name of its top level, or what it exports without a name. */
export interface Origin {
  readonly of: ModuleNames
  readonly binding?: Binding
  readonly node?: Node
}

/** Finds what a module imports from another one of the program; `data` for JSON and such. */
export type Follow = (specifier: string, name: string) => Origin | 'data' | undefined

/** What a name stands for, as far as that can be told. */
export type Meaning =
  | { readonly kind: 'function' | 'class'; readonly node: Node; readonly of: ModuleNames }
  /** What an expression gives; the name is never assigned anew. */
  | { readonly kind: 'value'; readonly node: Node; readonly of: ModuleNames; readonly local: boolean }
  | { readonly kind: 'global'; readonly path: readonly string[] }
  /** Of a package or a builtin. */
  | { readonly kind: 'imported'; readonly from: string; readonly path: readonly string[] }
  /** All that another module exports. */
  | { readonly kind: 'namespace'; readonly from: string; readonly of: ModuleNames }
  | { readonly kind: 'data' }
  | { readonly kind: 'unknown'; readonly parameter: boolean }

const unknown: Meaning = { kind: 'unknown', parameter: false }

/** Tells what the names of one module stand for, also where they come from other modules. */
export class ModuleNames {
  readonly #scopes = new Map<Node, Scope>()
  readonly #root: Scope
  readonly #assigned = new Set<Binding>()
  readonly #methods = new Map<string, Node[]>()
  readonly #accessors = new Map<string, Node[]>()
  readonly #follow: Follow

  constructor({ visits, root }: Analysis, follow: Follow = () => undefined) {
    this.#root = root
    this.#follow = follow
    for (const { node, scope } of visits) {
      this.#scopes.set(node, scope)
      if (node.type === 'AssignmentExpression') this.#assign(node.left, scope)
      else if (node.type === 'UpdateExpression') this.#assign(node.argument, scope)
      else if (node.type === 'ForOfStatement' || node.type === 'ForInStatement') this.#assign(node.left, scope)
      else if (node.type === 'MethodDefinition' || node.type === 'Property') this.#addMember(node)
      else if (node.type === 'PropertyDefinition' && node.value && isFunction(unwrap(node.value)))
        this.#addMember({ ...node, kind: 'method', value: unwrap(node.value) })
    }
  }

  #assign(target: Node, scope: Scope): void {
    if (target.type === 'VariableDeclaration') return
    for (const { name } of bindingNames(unwrap(target))) {
      const binding = lookup(scope, name)
      if (binding) this.#assigned.add(binding)
    }
  }

  #addMember(member: {
    readonly computed: boolean
    readonly key: Node
    readonly kind: string
    readonly value: unknown
  }) {
    const value = member.value as Node
    if (!isFunction(value)) return
    const name = propertyName(member, member.key) ?? (member.key.type === 'PrivateIdentifier' ? member.key.name : '')
    const map = member.kind === 'get' || member.kind === 'set' ? this.#accessors : this.#methods
    map.set(name, [...(map.get(name) ?? []), value])
  }

  /** The functions that stand under a name in classes and objects. */
  methods(name: string): readonly Node[] {
    return this.#methods.get(name) ?? []
  }

  /** Getters and setters of a name, and of names that aren't written out; without a name all. */
  accessors(name?: string): readonly Node[] {
    if (this.#accessors.size === 0) return []
    if (name === undefined) return [...this.#accessors.values()].flat()
    return [...(this.#accessors.get(name) ?? []), ...(this.#accessors.get('') ?? [])]
  }

  binding(identifier: Node & { readonly name: string }): Binding | undefined {
    return lookup(this.#scopes.get(identifier) ?? this.#root, identifier.name)
  }

  /** Whether a binding lives as long as the module. */
  isShared(binding: Binding): boolean {
    return this.#root.names.get(binding.name) === binding
  }

  isAssigned(binding: Binding): boolean {
    return this.#assigned.has(binding)
  }

  meaning(identifier: Node & { readonly name: string }): Meaning {
    const binding = this.binding(identifier)
    return binding ? this.meaningOf(binding) : { kind: 'global', path: [identifier.name] }
  }

  meaningOf(binding: Binding): Meaning {
    const { node } = binding
    if (binding.kind === 'import') return this.#imported(binding)
    if (this.#assigned.has(binding)) return unknown
    if (binding.kind === 'parameter') return { kind: 'unknown', parameter: true }
    if (isFunction(node)) return { kind: 'function', node, of: this }
    if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') return { kind: 'class', node, of: this }
    if (node.type === 'TSEnumDeclaration') return { kind: 'data' }
    if (node.type !== 'VariableDeclarator' || node.id !== binding.identifier || !node.init) return unknown
    return this.#valueOf(node.init, !this.isShared(binding))
  }

  #valueOf(init: Node, local: boolean): Meaning {
    const node = withoutWrapper(init)
    if (isFunction(node)) return { kind: 'function', node, of: this }
    if (node.type === 'ClassExpression') return { kind: 'class', node, of: this }
    return { kind: 'value', node, of: this, local }
  }

  #imported({ node, from = '' }: Binding): Meaning {
    const name = importedName(node)
    const first = this.#follow(from, name ?? 'default')
    if (name === undefined && first !== 'data')
      return this.#follow(from, '*') ? { kind: 'namespace', from, of: this } : { kind: 'imported', from, path: [] }
    return first === undefined ? { kind: 'imported', from, path: name === undefined ? [] : [name] } : meant(first)
  }

  /** What another module exports. */
  exportOf(from: string, name: string): Meaning {
    const found = this.#follow(from, name)
    return found === undefined ? unknown : meant(found)
  }

  originOf(local: string): Origin | undefined {
    const binding = this.#root.names.get(local)
    return binding && { of: this, binding }
  }

  /** What an expression of this module that has no name gives. */
  meaningOfNode(node: Node): Meaning {
    if (isFunction(node)) return { kind: 'function', node, of: this }
    if (node.type === 'ClassDeclaration') return { kind: 'class', node, of: this }
    return this.#valueOf(node, false)
  }
}

const meant = (origin: Origin | 'data'): Meaning => {
  if (origin === 'data') return { kind: 'data' }
  if (origin.binding) return origin.of.meaningOf(origin.binding)
  return origin.node ? origin.of.meaningOfNode(origin.node) : unknown
}

/** An initialiser out of the call that makes it droppable. */
export function withoutWrapper(init: Node): Node {
  const at = unwrap(init)
  if (at.type !== 'CallExpression' || at.arguments.length > 0) return at
  const wrapper = unwrap(at.callee)
  return wrapper.type === 'ArrowFunctionExpression' && wrapper.async && wrapper.expression ? unwrap(wrapper.body) : at
}
