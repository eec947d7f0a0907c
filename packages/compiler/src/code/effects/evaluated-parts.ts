import type { Node } from '../parse/syntax.ts'

type Parts = (Node | null | undefined)[]

/**
 * The nodes that are evaluated with a node, if it calls and assigns nothing itself; undefined where it may change
 * something. For classes see `classParts`.
 */
export function partsOf(node: Node): Parts | undefined {
  switch (node.type) {
    case 'Literal':
    case 'Identifier':
    case 'PrivateIdentifier':
    case 'MetaProperty':
    case 'TemplateElement':
    case 'ThisExpression':
    case 'Super':
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
    case 'EmptyStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return []
    case 'VariableDeclaration':
      return node.kind === 'using' || node.kind === 'await using' ? undefined : [...node.declarations]
    case 'VariableDeclarator':
      return [node.id, node.init]
    case 'ObjectPattern':
      return node.properties.flatMap(
        (property): Parts =>
          property.type === 'RestElement' ? [property] : [property.computed ? property.key : null, property.value],
      )
    case 'ArrayPattern':
      return [...node.elements]
    case 'RestElement':
    case 'SpreadElement':
    case 'AwaitExpression':
    case 'ThrowStatement':
    case 'ReturnStatement':
      return [node.argument]
    case 'TSParameterProperty':
      return node.decorators.length > 0 ? undefined : [node.parameter]
    case 'AssignmentPattern':
      return [node.left, node.right]
    case 'TemplateLiteral':
    case 'SequenceExpression':
      return [...node.expressions]
    case 'UnaryExpression':
      return node.operator === 'delete' ? undefined : [node.argument]
    case 'BinaryExpression':
    case 'LogicalExpression':
      return [node.left, node.right]
    case 'ConditionalExpression':
    case 'IfStatement':
      return [node.test, node.consequent, node.alternate]
    case 'MemberExpression':
      return [node.object, node.computed ? node.property : null]
    case 'ArrayExpression':
      return [...node.elements]
    case 'ObjectExpression':
      return [...node.properties]
    case 'Property':
      return [node.computed ? node.key : null, node.value]
    case 'BlockStatement':
    case 'StaticBlock':
      return [...node.body]
    case 'ExpressionStatement':
      return [node.expression]
    case 'LabeledStatement':
      return [node.body]
    case 'ForStatement':
      return [node.init, node.test, node.update, node.body]
    case 'ForOfStatement':
    case 'ForInStatement':
      return node.left.type === 'VariableDeclaration' ? [node.left, node.right, node.body] : undefined
    case 'WhileStatement':
    case 'DoWhileStatement':
      return [node.test, node.body]
    case 'SwitchStatement':
      return [node.discriminant, ...node.cases]
    case 'SwitchCase':
      return [node.test, ...node.consequent]
    case 'TryStatement':
      return [node.block, node.handler?.body, node.finalizer]
    default:
      return undefined
  }
}

/** What a class does when it is declared: by itself, and with `this` as the class. Undefined where decorators run. */
export function classParts(node: Node): { readonly own: Parts; readonly onItself: Parts } | undefined {
  if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return undefined
  if (node.decorators.length > 0) return undefined
  const own: Parts = [node.superClass]
  const onItself: Parts = []
  for (const member of node.body.body)
    switch (member.type) {
      case 'StaticBlock':
        onItself.push(member)
        break
      case 'MethodDefinition':
      case 'PropertyDefinition':
      case 'AccessorProperty':
        if (member.decorators.length > 0) return undefined
        if (member.computed) own.push(member.key)
        if (member.type !== 'MethodDefinition' && member.static) onItself.push(member.value)
        break
    }
  return { own, onItself }
}

/** What `new` runs of a class itself: its fields and its constructor. */
export function instanceParts(node: Node): Parts {
  if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return []
  return node.body.body.flatMap((member): Parts => {
    if ((member.type === 'PropertyDefinition' || member.type === 'AccessorProperty') && !member.static)
      return [member.value]
    if (member.type !== 'MethodDefinition' || member.kind !== 'constructor') return []
    return [...member.value.params, member.value.body]
  })
}
