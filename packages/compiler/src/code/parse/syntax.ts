import type { ESTree } from 'rolldown/utils'

export type Node = ESTree.Node

/** TypeScript nodes that hold values; all others are types, which no walk here looks into. */
const valueNodes = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSEnumDeclaration',
  'TSEnumBody',
  'TSEnumMember',
  'TSModuleDeclaration',
  'TSModuleBlock',
  'TSParameterProperty',
  'TSExportAssignment',
  'TSImportEqualsDeclaration',
  'TSExternalModuleReference',
  'TSQualifiedName',
])

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

/** The parts of a node that exist at run time, in source order. */
export function children(node: Node): Node[] {
  const out: Node[] = []
  const add = (value: unknown): void => {
    if (!isNode(value) || (value.type.startsWith('TS') && !valueNodes.has(value.type))) return
    // `namespace A.B {}` declares its names
    if (value.type === 'TSQualifiedName' && node.type === 'TSModuleDeclaration') return
    if ('declare' in value && value.declare === true) return
    if ('importKind' in value && value.importKind === 'type') return
    if ('exportKind' in value && value.exportKind === 'type') return
    out.push(value)
  }
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) for (const item of value) add(item)
    else add(value)
  }
  return out
}

/** An expression without the casts, `!` and parentheses around it. */
export function unwrap(node: Node): Node {
  let at = node
  for (;;) {
    switch (at.type) {
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSNonNullExpression':
      case 'TSTypeAssertion':
      case 'TSInstantiationExpression':
      case 'ParenthesizedExpression':
      case 'ChainExpression':
        at = at.expression
        break
      default:
        return at
    }
  }
}

/** The names that a pattern declares, as the identifiers that do. */
export function bindingNames(pattern: Node): ESTree.BindingIdentifier[] {
  const out: ESTree.BindingIdentifier[] = []
  const stack: (Node | null)[] = [pattern]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (at === null) continue
    switch (at.type) {
      case 'Identifier':
        out.push(at as ESTree.BindingIdentifier)
        break
      case 'ObjectPattern':
        stack.push(...[...at.properties].reverse())
        break
      case 'ArrayPattern':
        stack.push(...[...at.elements].reverse())
        break
      case 'Property':
        stack.push(at.value)
        break
      case 'AssignmentPattern':
        stack.push(at.left)
        break
      case 'RestElement':
        stack.push(at.argument)
        break
      case 'TSParameterProperty':
        stack.push(at.parameter)
        break
    }
  }
  return out
}

/** The text of a string literal, or of a template without expressions. */
export function literalText(node: Node | null | undefined): string | undefined {
  if (!node) return undefined
  const at = unwrap(node)
  if (at.type === 'Literal' && typeof at.value === 'string') return at.value
  if (at.type === 'TemplateLiteral' && at.expressions.length === 0) return at.quasis[0]?.value.cooked ?? undefined
  return undefined
}

/** The name of a property, where it doesn't have to be computed: of `x.a`, `x['a']`, `{ a: 1 }`, `{ 'a': 1 }`. */
export function propertyName(node: { readonly computed: boolean }, key: Node): string | undefined {
  if (!node.computed && key.type === 'Identifier') return key.name
  return literalText(key)
}

export const isFunction = (node: Node): node is ESTree.Function | ESTree.ArrowFunctionExpression =>
  node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration'

/** Finds the place of an offset: 1-based line and column, in UTF-16 code units. */
export function places(text: string): (offset: number) => { readonly line: number; readonly column: number } {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] as number) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] as number) + 1 }
  }
}
