import type { ESTree } from 'rolldown/utils'
import type { Edit } from './edits.ts'
import { sdkName } from './millrace-names.ts'
import type { Analysis, Scope } from './scopes.ts'
import { type Node, propertyName, unwrap } from './syntax.ts'

const definers = new Set(['stage', 'python', 'container'])
const uncounted = new Set(['resources', 'retries', 'timeout', 'cache', 'isolate', 'workers'])

/** Cuts what no code digest counts: the top-level `main(…)`, the names of stages and how they are to run. */
export function cutOptions(program: ESTree.Program, { visits, root }: Analysis): Edit[] {
  const edits: Edit[] = []
  for (const statement of program.body)
    if (isMain(statement, root)) edits.push({ start: statement.start, end: statement.end, text: ';', cut: true })
  for (const { node, scope } of visits) {
    if (node.type !== 'CallExpression' || !definers.has(sdkName(node.callee, scope) ?? '')) continue
    const [name, options] = node.arguments
    if (name && name.type !== 'SpreadElement') edits.push({ start: name.start, end: name.end, text: '0', cut: true })
    const object = options && unwrap(options)
    if (object?.type === 'ObjectExpression') edits.push(...cutProperties(object))
  }
  return edits
}

function isMain(statement: Node, root: Scope): boolean {
  if (statement.type !== 'ExpressionStatement') return false
  let at = unwrap(statement.expression)
  while (at.type === 'AwaitExpression' || at.type === 'UnaryExpression') at = unwrap(at.argument)
  return at.type === 'CallExpression' && sdkName(at.callee, root) === 'main'
}

function cutProperties({ properties, end }: ESTree.ObjectExpression): Edit[] {
  return properties.flatMap((property, index) => {
    const name = property.type === 'Property' ? propertyName(property, property.key) : undefined
    if (name === undefined || !uncounted.has(name)) return []
    // with the comma behind it; of the last one with all up to the brace
    return [{ start: property.start, end: properties[index + 1]?.start ?? end - 1, text: '', cut: true }]
  })
}
