import { statSync } from 'node:fs'
import { any, itself, type Loads, type Reach } from '../modules/reach.ts'
import { isCode } from '../modules/read-module.ts'
import type { ModuleNames } from '../parse/module-names.ts'
import type { PathValue, PathValues } from '../parse/path-values.ts'
import { isFunction, type Node, propertyName, unwrap } from '../parse/syntax.ts'

/** Methods of texts and URLs that only look at them. */
const looks = new Set([
  'startsWith',
  'endsWith',
  'includes',
  'indexOf',
  'match',
  'test',
  'replace',
  'length',
  'toString',
])

/** Tells what becomes of the paths that a module works out. */
export class PathUses {
  readonly #parents: ReadonlyMap<Node, Node | null>
  readonly #names: ModuleNames
  readonly #values: PathValues
  readonly #exported: ReadonlySet<Node>

  /** @param exported declarators of names that other modules see */
  constructor(
    parents: ReadonlyMap<Node, Node | null>,
    names: ModuleNames,
    values: PathValues,
    exported: ReadonlySet<Node>,
  ) {
    this.#parents = parents
    this.#names = names
    this.#values = values
    this.#exported = exported
  }

  /** What a path that an expression gives makes the module reach, if nothing else is made of it. */
  of(node: Node): Reach | undefined {
    let at = node
    let user = this.#parents.get(at)
    while (user && isWrapper(user)) {
      at = user
      user = this.#parents.get(at)
    }
    // what it is made into is looked at by itself
    if (!user || this.#values.of(user)?.kind === 'path') return undefined
    const value = this.#values.of(node) as PathValue
    const reach = (loads?: Loads): Reach => ({ kind: 'path', path: value.text, open: value.open, loads })
    const unknown = isData(value) ? reach() : any
    switch (user.type) {
      case 'VariableDeclarator': {
        const binding = user.id.type === 'Identifier' ? this.#names.binding(user.id) : undefined
        const isFollowed = binding && !this.#names.isAssigned(binding) && !this.#exported.has(user)
        return isFollowed ? undefined : unknown
      }
      case 'CallExpression':
      case 'NewExpression': {
        if (user.callee === at) return unknown
        const called = this.#values.builtins.called(user.callee)
        const isFirst = user.arguments[0] === at
        if (called?.from === 'fs' && isFirst) return reach()
        // a name that is its own
        if (called?.name === 'basename') return itself
        if (called?.from === 'child_process' || (called?.name === 'Worker' && isFirst)) return reach('require')
        // these are looked at as what loads something
        if (called?.name === 'createRequire' || this.#isRequire(user.callee)) return undefined
        if (isLook(user.callee) || this.#isOnlyLookedAt(user, user.arguments.indexOf(at as never))) return undefined
        return unknown
      }
      case 'ArrayExpression': {
        const call = this.#parents.get(user)
        const called = call?.type === 'CallExpression' ? this.#values.builtins.called(call.callee) : undefined
        return called?.from === 'child_process' ? reach('require') : unknown
      }
      case 'MemberExpression':
        return user.object !== at || isLook(user) ? undefined : unknown
      case 'ConditionalExpression':
        return user.test === at ? undefined : unknown
      case 'BinaryExpression':
        return user.operator === '+' ? unknown : undefined
      case 'ImportExpression':
      case 'UnaryExpression':
      case 'IfStatement':
      case 'ExpressionStatement':
        return undefined
      default:
        return unknown
    }
  }

  /** Whether the argument of a function of this module is one that it only looks at. */
  #isOnlyLookedAt({ callee }: Node & { readonly callee: Node }, place: number): boolean {
    const at = unwrap(callee)
    const meaning = at.type === 'Identifier' ? this.#names.meaning(at) : undefined
    const parameter = meaning?.kind === 'function' && isFunction(meaning.node) ? meaning.node.params[place] : undefined
    if (parameter?.type !== 'Identifier') return false
    const names: (Node & { readonly name: string })[] = [parameter]
    for (const declared of names) {
      const binding = this.#names.binding(declared)
      if (!binding || this.#names.isAssigned(binding)) return false
      for (const [node, parent] of this.#parents) {
        if (node.type !== 'Identifier' || node.name !== declared.name || node === declared) continue
        if (!parent || this.#names.binding(node) !== binding) continue
        if (parent.type === 'MemberExpression' && (parent.object !== node || isLook(parent))) continue
        if (parent.type === 'CallExpression' && parent.callee !== node && isLook(parent.callee)) continue
        // the same path with other slashes
        const call = this.#parents.get(parent)
        const name = call && isOtherSlashes(call) ? this.#parents.get(call) : undefined
        if (name?.type !== 'VariableDeclarator' || name.id.type !== 'Identifier') return false
        names.push(name.id)
      }
    }
    return true
  }

  #isRequire(callee: Node): boolean {
    const at = unwrap(callee)
    return at.type === 'Identifier' && at.name === 'require' && this.#names.meaning(at).kind === 'global'
  }
}

/** `text.includes(path)`, `path.length` */
const isLook = (node: Node): boolean =>
  node.type === 'MemberExpression' && looks.has(propertyName(node, node.property) ?? '')

/** `path.replace(/\\\\/g, '/')` */
const isOtherSlashes = (node: Node): boolean =>
  node.type === 'CallExpression' &&
  node.arguments[0]?.type === 'Literal' &&
  'regex' in node.arguments[0] &&
  node.arguments[0].regex?.pattern === '\\\\'

/** Whether a path is that of one data file: its user wants the content. */
const isData = ({ text, open }: PathValue): boolean =>
  !open && !isCode(text) && statSync(text, { throwIfNoEntry: false })?.isFile() === true

const isWrapper = ({ type }: Node): boolean => type === 'ParenthesizedExpression' || type === 'ChainExpression'
