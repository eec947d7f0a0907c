import { isBuiltin } from 'node:module'
import type { ESTree } from 'rolldown/utils'
import { importedName } from './millrace-names.ts'
import type { ModuleNames } from './module-names.ts'
import { literalText, type Node, propertyName, unwrap } from './syntax.ts'

/** A function of one of Node's modules. `fs` is also `fs/promises`. */
export interface BuiltinFunction {
  readonly from: string
  readonly name: string
}

/** Helpers by which compilers give a module of CommonJS a default export. */
const interop = /interop|import_?default|import_?star|to_?esm/i

/** Tells which expressions of a module are Node's modules, or functions of them, however it imports them. */
export class BuiltinNames {
  readonly #names: ModuleNames

  constructor(names: ModuleNames) {
    this.#names = names
  }

  /** The module that an expression gives: `path` for `require('node:path')`, `path_1.default`, `fs` for `fs.promises`. */
  of(expression: Node): string | undefined {
    const seen = new Set<Node>()
    let at = unwrap(expression)
    for (;;) {
      if (seen.has(at)) return undefined
      seen.add(at)
      switch (at.type) {
        case 'Identifier': {
          const meaning = this.#names.meaning(at)
          if (meaning.kind === 'imported') {
            const [first] = meaning.path
            if (first === 'promises' && nameOf(meaning.from) === 'fs') return 'fs'
            return first === undefined || first === 'default' ? nameOf(meaning.from) : undefined
          }
          if (meaning.kind !== 'value') return undefined
          at = unwrap(meaning.node)
          break
        }
        case 'MemberExpression':
          if (!/^(?:default|promises)$/.test(propertyName(at, at.property) ?? '')) return undefined
          at = unwrap(at.object)
          break
        case 'CallExpression': {
          const [first] = at.arguments
          if (!first) return undefined
          const text = literalText(first)
          if (text !== undefined) return isRequire(at.callee) ? nameOf(text) : undefined
          const callee = unwrap(at.callee)
          if (callee.type !== 'Identifier' || !interop.test(callee.name)) return undefined
          at = unwrap(first)
          break
        }
        default:
          return undefined
      }
    }
  }

  /** The function that is called: `join`, `path.join`, `(0, path_1.join)`, `fs.promises.readFile`. */
  called(callee: Node): BuiltinFunction | undefined {
    let at = unwrap(callee)
    if (at.type === 'SequenceExpression') at = unwrap(at.expressions.at(-1) as Node)
    if (at.type === 'MemberExpression') {
      const name = propertyName(at, at.property)
      const from = name === undefined ? undefined : this.of(at.object)
      return from === undefined || name === undefined ? undefined : { from, name }
    }
    if (at.type !== 'Identifier') return undefined
    const binding = this.#names.binding(at)
    if (!binding || this.#names.isAssigned(binding)) return undefined
    if (binding.from !== undefined) {
      const [from, name] = [nameOf(binding.from), importedName(binding.node)]
      return from === undefined || name === undefined ? undefined : { from, name }
    }
    if (binding.node.type !== 'VariableDeclarator' || !binding.node.init) return undefined
    const { id, init } = binding.node
    if (id.type === 'Identifier') return init.type === 'MemberExpression' ? this.called(init) : undefined
    const name = id.type === 'ObjectPattern' ? keyOf(id, binding.identifier) : undefined
    const from = name === undefined ? undefined : this.of(init)
    return from === undefined || name === undefined ? undefined : { from, name }
  }
}

/** `require`, or what gives a builtin module by its name. */
function isRequire(callee: Node): boolean {
  const at = unwrap(callee)
  if (at.type === 'Identifier') return /require/.test(at.name)
  return at.type === 'MemberExpression' && propertyName(at, at.property) === 'getBuiltinModule'
}

const nameOf = (specifier: string): string | undefined =>
  isBuiltin(specifier) ? specifier.replace(/^node:|\/promises$/g, '') : undefined

/** The key by which a pattern takes a name. */
function keyOf(pattern: ESTree.ObjectPattern, identifier: Node): string | undefined {
  for (const property of pattern.properties)
    if (property.type === 'Property' && property.value === identifier) return propertyName(property, property.key)
  return undefined
}
