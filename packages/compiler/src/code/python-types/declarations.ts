import type { Expression } from './expression.ts'
import { fieldComments } from './field-comments.ts'
import { pascal, quoted } from './python-text.ts'
import type { Shape, ShapeTree } from './shape.ts'
import { TypeNames } from './type-names.ts'
import type { TypedDict } from './typed-dict.ts'
import { variantNames } from './variant-names.ts'

/** A type with a name. */
export type Declaration =
  | { readonly kind: 'dict'; readonly dict: TypedDict }
  | { readonly kind: 'alias'; readonly name: string; readonly type: Expression }

/** The tree that types are made from, what it is called, and what its parts are called that it refers to. */
interface Scope {
  readonly tree: ShapeTree
  readonly owner: string
  readonly names: Map<string, string>
}

/** The types of one module, each after those that it is made of. */
export class Declarations {
  readonly all: Declaration[] = []
  readonly names = new TypeNames()
  /** What they need of `typing` and of `millrace`. */
  readonly used = new Set<string>()

  /** @param owner its name, which was claimed */
  add(owner: string, tree: ShapeTree): void {
    const names = new Map(tree.rootId === undefined ? [] : [[tree.rootId, owner]])
    this.#declare(owner, tree.root, { tree, owner, names })
  }

  #declare(name: string, shape: Shape, scope: Scope): void {
    if (shape.kind !== 'fields') {
      this.all.push({ kind: 'alias', name, type: this.#type(shape, name, scope) })
      return
    }
    const { description, isOpen } = shape
    const fields = shape.fields.map((field) => {
      const fieldName = `${name}${pascal(field.key) || 'Field'}`
      const type = this.#type(field.shape, fieldName, scope)
      return { key: field.key, type, isRequired: field.isRequired, comments: fieldComments(field) }
    })
    this.used.add('TypedDict')
    const dict = { name, fields, isOpen, ...(description === undefined ? {} : { description }) }
    this.all.push({ kind: 'dict', dict })
  }

  /** @param name for it, if it needs one */
  #type(shape: Shape, name: string, scope: Scope): Expression {
    switch (shape.kind) {
      case 'plain':
        return this.#plain(shape.name)
      case 'literal':
        return this.#of('Literal', shape.values.map(literalText))
      case 'list':
        return this.#of('list', [this.#type(shape.item, `${name}Item`, scope)])
      case 'dict': {
        const value = this.#type(shape.value, `${name}Value`, scope)
        return this.#of('dict', [this.#type(shape.key, name, scope), value])
      }
      case 'union':
        return this.#union(shape.options, name, scope)
      case 'fields': {
        const claimed = this.names.claim([name], contentOf(shape, scope.tree))
        if (claimed.isNew) this.#declare(claimed.name, shape, scope)
        return { text: claimed.name, isLate: true }
      }
      case 'named':
        return this.#named(shape.id, name, scope)
    }
  }

  #plain(name: string): Expression {
    if (name === 'Any' || name === 'File' || name === 'Folder') this.used.add(name)
    return { text: name, isLate: name === 'File' || name === 'Folder' }
  }

  #of(head: string, parts: readonly Expression[]): Expression {
    this.used.add(head)
    return { head, parts }
  }

  #union(options: readonly Shape[], name: string, scope: Scope): Expression {
    const variants = variantNames(options)
    const parts = options.map((option, i) => this.#type(option, `${name}${variants[i]}`, scope))
    const [first, second, ...more] = parts as [Expression, Expression]
    const isNone = 'text' in second && second.text === 'None'
    return isNone && more.length === 0 ? this.#of('Optional', [first]) : this.#of('Union', parts)
  }

  /** What an author gave a name has it here too; else only what holds itself needs one. */
  #named(id: string, name: string, scope: Scope): Expression {
    const known = scope.names.get(id)
    if (known !== undefined) return { text: known, isLate: true }
    const shape = scope.tree.named.get(id) ?? { kind: 'plain', name: 'Any' }
    const own = /^__schema\d+$/.test(id) ? '' : pascal(id)
    const isSimple = shape.kind === 'plain' || shape.kind === 'named'
    const reached = reachedFrom(shape, scope.tree)
    if (!reached.has(id) && (isSimple || (own === '' && shape.kind !== 'fields'))) return this.#type(shape, name, scope)
    const candidates = own === '' ? [name] : [...(/^\p{L}/u.test(own) ? [own] : []), `${scope.owner}${own}`]
    const claimed = this.names.claim(candidates, contentOf(shape, scope.tree))
    scope.names.set(id, claimed.name)
    if (claimed.isNew) this.#declare(claimed.name, shape, scope)
    return { text: claimed.name, isLate: true }
  }
}

function literalText(value: string | number | boolean): Expression {
  if (typeof value === 'string') return { text: quoted(value) }
  return { text: value === true ? 'True' : value === false ? 'False' : String(value) }
}

/** What tells a type from all others. */
export const contentOf = (shape: Shape, tree: ShapeTree): string =>
  JSON.stringify([shape, ...[...reachedFrom(shape, tree)].sort().map((id) => [id, tree.named.get(id) ?? null])])

/** The names that a shape refers to, and those that they refer to. */
function reachedFrom(shape: Shape, { named }: ShapeTree): ReadonlySet<string> {
  const found = new Set<string>()
  const open: Shape[] = [shape]
  for (let at = open.pop(); at; at = open.pop()) {
    if (at.kind === 'list') open.push(at.item)
    else if (at.kind === 'dict') open.push(at.key, at.value)
    else if (at.kind === 'union') open.push(...at.options)
    else if (at.kind === 'fields') open.push(...at.fields.map((field) => field.shape))
    else if (at.kind === 'named' && !found.has(at.id)) {
      found.add(at.id)
      open.push(named.get(at.id) ?? { kind: 'plain', name: 'Any' })
    }
  }
  return found
}
