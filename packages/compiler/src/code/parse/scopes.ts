import type { ESTree } from 'rolldown/utils'
import { bindingNames, children, isFunction, type Node } from './syntax.ts'

export interface Binding {
  readonly name: string
  readonly kind: 'import' | 'variable' | 'parameter' | 'function' | 'other'
  /** What declares it: the import declaration, the declarator, the function, …; of a parameter the function. */
  readonly node: Node
  readonly identifier: Node
  /** Of an import: the module it names. */
  readonly from?: string
}

export interface Scope {
  readonly parent: Scope | null
  readonly names: Map<string, Binding>
  /** Whether `var` stops here. */
  readonly hoists: boolean
}

export interface Visit {
  readonly node: Node
  readonly parent: Node | null
  readonly scope: Scope
  /** Inside a function or a field of an instance: doesn't run when the module loads. */
  readonly deferred: boolean
}

export interface Analysis {
  /** Every node that exists at run time, parents first, in source order. */
  readonly visits: readonly Visit[]
  /** Identifiers that declare a name. */
  readonly declaring: ReadonlySet<Node>
  readonly root: Scope
}

export function lookup(scope: Scope, name: string): Binding | undefined {
  for (let at: Scope | null = scope; at; at = at.parent) {
    const found = at.names.get(name)
    if (found) return found
  }
  return undefined
}

/** One walk over a module: what is declared where, and each node with the scope it stands in. */
export function analyse(program: ESTree.Program): Analysis {
  const visits: Visit[] = []
  const declaring = new Set<Node>()
  const newScope = (parent: Scope | null, hoists: boolean): Scope => ({ parent, names: new Map(), hoists })
  const root = newScope(null, true)
  const declare = (scope: Scope, kind: Binding['kind'], node: Node, pattern: Node | null, from?: string): void => {
    for (const identifier of pattern ? bindingNames(pattern) : []) {
      const { name } = identifier
      declaring.add(identifier)
      // a name declared twice (var, function, merged namespaces) is the first
      if (!scope.names.has(name)) scope.names.set(name, { name, kind, node, identifier, ...(from ? { from } : {}) })
    }
  }
  const hoisting = (scope: Scope): Scope => {
    let at = scope
    while (!at.hoists && at.parent) at = at.parent
    return at
  }
  const stack: Visit[] = [{ node: program, parent: null, scope: root, deferred: false }]
  for (let visit = stack.pop(); visit; visit = stack.pop()) {
    const { node, parent, scope } = visit
    visits.push(visit)
    let inner = scope
    let { deferred } = visit
    if (isFunction(node)) {
      if (node.type === 'FunctionDeclaration') declare(scope, 'function', node, node.id)
      inner = newScope(scope, true)
      deferred = true
      for (const parameter of node.params) declare(inner, 'parameter', node, parameter)
      if (node.type === 'FunctionExpression') declare(inner, 'function', node, node.id)
    } else
      switch (node.type) {
        case 'ImportSpecifier':
        case 'ImportDefaultSpecifier':
        case 'ImportNamespaceSpecifier':
          if (parent?.type === 'ImportDeclaration') declare(root, 'import', node, node.local, parent.source.value)
          break
        case 'VariableDeclaration':
          for (const declarator of node.declarations)
            declare(node.kind === 'var' ? hoisting(scope) : scope, 'variable', declarator, declarator.id)
          break
        case 'ClassDeclaration':
          declare(scope, 'other', node, node.id)
          inner = newScope(scope, false)
          break
        case 'ClassExpression':
          inner = newScope(scope, false)
          declare(inner, 'other', node, node.id)
          break
        case 'PropertyDefinition':
        case 'AccessorProperty':
          deferred ||= !node.static
          break
        case 'TSEnumDeclaration':
          declare(scope, 'other', node, node.id)
          inner = newScope(scope, false)
          for (const member of node.body.members)
            if (member.id.type === 'Identifier') declare(inner, 'other', member, member.id)
          break
        case 'TSModuleDeclaration':
          declare(scope, 'other', node, firstName(node.id))
          inner = newScope(scope, true)
          break
        case 'TSImportEqualsDeclaration':
          declare(scope, 'other', node, node.id)
          break
        case 'CatchClause':
          inner = newScope(scope, false)
          declare(inner, 'other', node, node.param)
          break
        case 'StaticBlock':
          inner = newScope(scope, true)
          break
        case 'BlockStatement':
          if (!parent || !isFunction(parent)) inner = newScope(scope, false)
          break
        case 'ForStatement':
        case 'ForInStatement':
        case 'ForOfStatement':
        case 'SwitchStatement':
          inner = newScope(scope, false)
          break
      }
    const parts = children(node)
    for (let i = parts.length - 1; i >= 0; i--)
      stack.push({ node: parts[i] as Node, parent: node, scope: inner, deferred })
  }
  return { visits, declaring, root }
}

/** `A` of `namespace A.B {}`. */
function firstName(id: Node): Node {
  let at = id
  while (at.type === 'TSQualifiedName') at = at.left
  return at
}

/** Whether an identifier stands for the value of a name (and isn't a key, a label or a declaration). */
export function isReference(visit: Visit, declaring: ReadonlySet<Node>): boolean {
  const { node, parent } = visit
  if (node.type === 'JSXIdentifier')
    return parent?.type === 'JSXOpeningElement' || parent?.type === 'JSXMemberExpression'
  if (node.type !== 'Identifier' || declaring.has(node)) return false
  switch (parent?.type) {
    case 'MemberExpression':
      return parent.computed || parent.object === node
    case 'Property':
      return parent.computed ? true : parent.value === node
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'AccessorProperty':
      return parent.computed || parent.value === node
    case 'TSQualifiedName':
      return parent.left === node
    case 'TSEnumMember':
      return parent.initializer === node
    case 'ExportSpecifier':
      return parent.local === node
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'MetaProperty':
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
    case 'ImportAttribute':
    case 'ExportAllDeclaration':
      return false
    default:
      return true
  }
}

/** Whether a node names something that the module declares nowhere: a global, or what CommonJS gives. */
export const isFree = (visit: Visit, declaring: ReadonlySet<Node>): boolean =>
  visit.node.type === 'Identifier' && isReference(visit, declaring) && !lookup(visit.scope, visit.node.name)
