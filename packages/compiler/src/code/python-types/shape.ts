/** What Python sees of a JSON Schema. */
export type Shape =
  | { readonly kind: 'plain'; readonly name: PlainName }
  | { readonly kind: 'literal'; readonly values: readonly Literal[] }
  /** `first`: what each of its first items is, where the schema says so; then `rest` tells whether more may follow. */
  | { readonly kind: 'list'; readonly item: Shape; readonly first?: readonly Shape[]; readonly rest?: boolean }
  | { readonly kind: 'dict'; readonly key: Shape; readonly value: Shape }
  | { readonly kind: 'union'; readonly options: readonly Shape[] }
  | Fields
  /** What the schema names, for itself or others to refer to. */
  | { readonly kind: 'named'; readonly id: string }

/** A dict whose keys are known. */
interface Fields {
  readonly kind: 'fields'
  readonly fields: readonly Field[]
  readonly description?: string
  /** It may hold more keys. */
  readonly isOpen: boolean
}

export interface Field {
  readonly key: string
  readonly shape: Shape
  readonly isRequired: boolean
  readonly description?: string
}

export type PlainName = 'str' | 'int' | 'float' | 'bool' | 'None' | 'Any' | 'File' | 'Folder'
export type Literal = string | number | boolean

/** The two sides of a stage's function: what it is given, and what it gives. */
export type FunctionSide = 'received' | 'returned'

/** The shape of a schema, and those of what it names. */
export interface ShapeTree {
  readonly root: Shape
  readonly named: ReadonlyMap<string, Shape>
  /** The name by which the root refers to itself. */
  readonly rootId?: string
}

export const plain = (name: PlainName): Shape => ({ kind: 'plain', name })
