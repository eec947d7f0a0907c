import { dirname, isAbsolute, join, normalize, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { BuiltinNames } from './builtin-names.ts'
import type { ModuleNames } from './module-names.ts'
import { literalText, type Node, propertyName, unwrap } from './syntax.ts'

/** What an expression of a module certainly is: a text, or a path that it works out from where the module lies. */
export interface PathValue {
  readonly kind: 'text' | 'path'
  readonly text: string
  /** Only the beginning is known. */
  readonly open: boolean
}

/** Works out the paths that a module of a package makes of `__dirname`, `import.meta.url` and such. */
export class PathValues {
  readonly builtins: BuiltinNames
  readonly #file: string
  readonly #names: ModuleNames
  readonly #resolve: (specifier: string) => string | undefined
  readonly #known = new Map<Node, PathValue | undefined>()

  /** @param resolve the file that `require.resolve` gives */
  constructor(file: string, names: ModuleNames, resolve: (specifier: string) => string | undefined) {
    this.#file = file
    this.#names = names
    this.#resolve = resolve
    this.builtins = new BuiltinNames(names)
  }

  of(expression: Node): PathValue | undefined {
    const node = unwrap(expression)
    if (this.#known.has(node)) return this.#known.get(node)
    // of what depends on itself nothing is known
    this.#known.set(node, undefined)
    const value = this.#evaluate(node)
    this.#known.set(node, value)
    return value
  }

  #evaluate(node: Node): PathValue | undefined {
    const text = literalText(node)
    if (text !== undefined) return { kind: 'text', text, open: false }
    switch (node.type) {
      case 'Identifier':
        return this.#name(node)
      case 'MemberExpression':
        return this.#member(node)
      case 'BinaryExpression':
        return node.operator === '+' ? joined([this.of(node.left), this.of(node.right)]) : undefined
      case 'TemplateLiteral':
        return joined(
          node.quasis.flatMap(({ value }, index) => {
            const quasi: PathValue = { kind: 'text', text: value.cooked ?? value.raw, open: false }
            const next = node.expressions[index]
            return next ? [quasi, this.of(next)] : [quasi]
          }),
        )
      case 'ConditionalExpression':
        return either(this.of(node.consequent), this.of(node.alternate))
      case 'LogicalExpression':
        return node.operator === '&&' ? this.of(node.right) : either(this.of(node.left), this.of(node.right))
      case 'CallExpression':
      case 'NewExpression':
        return this.#call(node)
      default:
        return undefined
    }
  }

  #name(node: Node & { readonly name: string }): PathValue | undefined {
    const meaning = this.#names.meaning(node)
    if (meaning.kind === 'global') {
      if (node.name === '__dirname') return this.#at(dirname(this.#file))
      return node.name === '__filename' ? this.#at(this.#file) : undefined
    }
    return meaning.kind === 'value' ? this.of(meaning.node) : undefined
  }

  #at = (text: string): PathValue => ({ kind: 'path', text, open: false })

  #member(node: Node & { readonly type: 'MemberExpression' }): PathValue | undefined {
    const name = propertyName(node, node.property)
    const object = unwrap(node.object)
    if (object.type === 'MetaProperty') {
      if (name === 'dirname') return this.#at(dirname(this.#file))
      return name === 'url' || name === 'filename' ? this.#at(this.#file) : undefined
    }
    if (object.type === 'Identifier' && object.name === 'module' && this.#names.meaning(object).kind === 'global') {
      if (name === 'path') return this.#at(dirname(this.#file))
      return name === 'filename' ? this.#at(this.#file) : undefined
    }
    if (name === 'sep' && this.builtins.of(object) === 'path') return { kind: 'text', text: sep, open: false }
    const value = name === 'href' || name === 'pathname' ? this.of(object) : undefined
    return value?.kind === 'path' ? value : undefined
  }

  #call(node: Node & { readonly type: 'CallExpression' | 'NewExpression' }): PathValue | undefined {
    const values = (): (PathValue | undefined)[] =>
      node.arguments.map((argument) => (argument.type === 'SpreadElement' ? undefined : this.of(argument)))
    const callee = unwrap(node.callee)
    if (node.type === 'NewExpression') {
      const [written, base] = values()
      return this.#isGlobal(callee, 'URL') ? ofUrl(written, base) : undefined
    }
    if (callee.type === 'MemberExpression') {
      const name = propertyName(callee, callee.property)
      const object = unwrap(callee.object)
      if (name === 'toString' && node.arguments.length === 0) return this.of(object)
      const finds =
        name === 'resolve' &&
        node.arguments.length === 1 &&
        (this.#isGlobal(object, 'require') || object.type === 'MetaProperty' || this.#isRequire(object))
      if (finds) return this.#found(values()[0])
    }
    const called = this.builtins.called(callee)
    switch (called && `${called.from}.${called.name}`) {
      case 'path.join':
      case 'path.resolve':
      case 'path.normalize':
        return ofParts(values(), called?.name === 'resolve')
      case 'path.dirname': {
        const [value] = values()
        return value?.kind === 'path' && !value.open ? this.#at(dirname(value.text)) : undefined
      }
      case 'url.fileURLToPath':
      case 'url.pathToFileURL':
      case 'fs.realpathSync':
        return values()[0]
      default:
        return undefined
    }
  }

  #found(specifier: PathValue | undefined): PathValue | undefined {
    if (specifier?.kind !== 'text' || specifier.open) return undefined
    const file = this.#resolve(specifier.text)
    return file === undefined ? undefined : this.#at(file)
  }

  #isGlobal(node: Node, name: string): boolean {
    if (node.type !== 'Identifier' || node.name !== name) return false
    const { kind } = this.#names.meaning(node)
    return kind === 'global' || (name === 'URL' && kind === 'imported') || this.builtins.called(node)?.name === name
  }

  /** What `createRequire` of this module gave. */
  #isRequire(node: Node): boolean {
    const meaning = node.type === 'Identifier' ? this.#names.meaning(node) : undefined
    if (meaning?.kind !== 'value' || meaning.node.type !== 'CallExpression') return false
    return this.builtins.called(unwrap(meaning.node.callee))?.name === 'createRequire'
  }
}

/** One text behind another; what follows the first unknown one doesn't count. */
function joined(parts: readonly (PathValue | undefined)[]): PathValue | undefined {
  let text = ''
  let kind: PathValue['kind'] = 'text'
  for (const [index, part] of parts.entries()) {
    if (!part) return index === 0 ? undefined : { kind, text, open: true }
    if (part.kind === 'path') {
      if (text !== '') return undefined
      kind = 'path'
    }
    text += part.text
    if (part.open) return { kind, text, open: true }
  }
  return { kind, text, open: false }
}

/** As `path.join` and `path.resolve` do it. */
function ofParts(parts: readonly (PathValue | undefined)[], absolute: boolean): PathValue | undefined {
  const [first, ...rest] = parts
  if (!first || (absolute && first.kind === 'text')) return undefined
  let text = first.text
  if (first.open) return first
  for (const part of rest) {
    if (!part || part.kind === 'path') return { kind: first.kind, text: `${text}/`, open: true }
    text = absolute && isAbsolute(part.text) ? part.text : join(text, part.text)
    if (part.open) return { kind: first.kind, text, open: true }
  }
  return { kind: first.kind, text: absolute ? resolve(text) : normalize(text), open: false }
}

function ofUrl(written: PathValue | undefined, base: PathValue | undefined): PathValue | undefined {
  if (!base) return written?.kind === 'path' ? written : undefined
  if (base.kind !== 'path' || base.open || (written && written.kind !== 'text')) return undefined
  if (!written) return { kind: 'path', text: `${dirname(base.text)}/`, open: true }
  try {
    const url = new URL(written.text, pathToFileURL(base.text))
    url.search = ''
    url.hash = ''
    return url.protocol === 'file:' ? { kind: 'path', text: fileURLToPath(url), open: written.open } : undefined
  } catch {
    return undefined
  }
}

/** The known one of two values; undefined where both are known and differ. */
function either(a: PathValue | undefined, b: PathValue | undefined): PathValue | undefined {
  if (!a || !b) return a ?? b
  return a.kind === b.kind && a.text === b.text && a.open === b.open ? a : undefined
}
