import { type Analysis, lookup, type Visit } from '../parse/scopes.ts'
import { type Node, unwrap } from '../parse/syntax.ts'
import type { BuildValues } from './build-values.ts'

/** A use of a value to come that no proxy can trap. */
export interface RefUse {
  readonly node: Node
  readonly how: 'equality' | 'truth' | 'absence' | 'switch'
  /** `===`, `&&`, …; of a condition none. */
  readonly operator: string
}

/** Finds the uses inside a function, in source order. */
export function refUses({ visits }: Analysis, within: Node, values: BuildValues): RefUse[] {
  const uses: RefUse[] = []
  const truth = (node: Node, operator = ''): void => {
    for (const at of outcomes(node)) if (values.isRef(at)) uses.push({ node: at, how: 'truth', operator })
  }
  for (const visit of visits) {
    const { node } = visit
    if (node.start < within.start || node.end > within.end) continue
    switch (node.type) {
      case 'BinaryExpression': {
        const { operator, left, right } = node
        if (!/^[=!]==?$/.test(operator)) break
        const first = values.isRef(left) ? left : right
        if (values.isRef(first)) uses.push({ node: unwrap(first), how: 'equality', operator })
        break
      }
      case 'UnaryExpression':
        if (node.operator === '!') truth(node.argument, '!')
        break
      case 'IfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'ConditionalExpression':
        truth(node.test)
        break
      case 'ForStatement':
        if (node.test) truth(node.test)
        break
      case 'LogicalExpression':
        logical(node.left, node.operator)
        break
      case 'AssignmentExpression':
        if (/^(?:&&|\|\||\?\?)=$/.test(node.operator)) logical(node.left, node.operator)
        break
      case 'SwitchStatement':
        for (const at of [node.discriminant, ...node.cases.map(({ test }) => test)])
          if (at && values.isRef(at)) uses.push({ node: unwrap(at), how: 'switch', operator: 'switch' })
        break
      case 'CallExpression':
        if (isBoolean(visit) && node.arguments[0]) truth(node.arguments[0])
        break
    }
  }
  return uses

  function logical(left: Node, operator: string): void {
    if (!operator.startsWith('??')) truth(left, operator)
    else if (values.isRef(left)) uses.push({ node: unwrap(left), how: 'absence', operator })
  }
}

/** The expressions whose truth decides on the truth of an expression, less those that are looked at by themselves. */
function outcomes(node: Node): Node[] {
  const out: Node[] = []
  const stack = [node]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const at = unwrap(next)
    if (at.type === 'LogicalExpression') stack.push(at.right)
    else if (at.type === 'ConditionalExpression') stack.push(at.alternate, at.consequent)
    else if (at.type === 'SequenceExpression') stack.push(at.expressions.at(-1) as Node)
    else out.push(at)
  }
  return out
}

/** `Boolean(x)` */
const isBoolean = ({ node, scope }: Visit): boolean =>
  node.type === 'CallExpression' &&
  node.callee.type === 'Identifier' &&
  node.callee.name === 'Boolean' &&
  !lookup(scope, 'Boolean')
