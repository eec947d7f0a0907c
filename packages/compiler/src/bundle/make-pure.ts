import type { ESTree } from 'rolldown/utils'
import type { Edit } from './edits.ts'
import type { Analysis } from './scopes.ts'
import { bindingNames, isFunction, type Node, unwrap } from './syntax.ts'

const pure = '/* @__PURE__ */ '

/**
 * Makes the initialisers of a module's top level droppable where nothing uses them, so that a stage's siblings leave
 * no trace in its code. An annotation on a call doesn't cover its arguments, templates, spreads or `await`, so the
 * whole initialiser becomes the body of one annotated call; the code is only digested, never run.
 */
export function makePure(text: string, program: ESTree.Program, { visits }: Analysis): Edit[] {
  const edits: Edit[] = []
  const inClasses: Node[] = []
  const wrap = (init: Node): void => {
    if (isInert(init)) return
    edits.push({ start: init.start, end: init.start, text: `${pure}(async()=>(` })
    edits.push({ start: init.end, end: init.end, text: '))()' })
  }
  for (const statement of program.body) {
    const declaration = 'declaration' in statement ? statement.declaration : statement
    switch (declaration?.type) {
      case 'FunctionDeclaration':
        break
      case 'VariableDeclaration':
        if (declaration.kind === 'using' || declaration.kind === 'await using' || declaration.declare) break
        for (const { id, init } of declaration.declarations) {
          if (init) wrap(init)
          if (init && !isFlat(id)) edits.push(...unfold(text, id, init))
        }
        break
      case 'ClassDeclaration':
      case 'TSEnumDeclaration':
        inClasses.push(declaration)
        break
      default:
        if (statement.type === 'ExportDefaultDeclaration' && !unwrap(statement.declaration).type.startsWith('TS'))
          wrap(statement.declaration)
    }
  }
  let next = 0
  for (const { node, deferred } of visits) {
    if (deferred || (node.type !== 'CallExpression' && node.type !== 'NewExpression')) continue
    while ((inClasses[next]?.end ?? Number.POSITIVE_INFINITY) <= node.start) next++
    const outer = inClasses[next]
    if (outer && outer.start <= node.start) edits.push({ start: node.start, end: node.start, text: pure })
  }
  return edits
}

/** Whether rolldown can drop the destructuring itself. */
function isFlat(pattern: Node): boolean {
  const isName = (node: Node | null): boolean => node === null || node.type === 'Identifier'
  if (pattern.type === 'ArrayPattern') return pattern.elements.every(isName)
  if (pattern.type !== 'ObjectPattern') return true
  return pattern.properties.every((property) => property.type === 'Property' && isName(property.value))
}

/** `[a, { b }] = x` becomes `a$all = x, a = pure(([a, { b }]) => a)(a$all), b = …`. */
function unfold(text: string, pattern: Node, init: Node): Edit[] {
  const names = bindingNames(pattern).map(({ name }) => name)
  if (names.length === 0) return []
  const all = `${names[0]}$all`
  const source = text.slice(pattern.start, pattern.end)
  return [
    { start: pattern.start, end: pattern.end, text: all },
    ...names.map((name) => ({
      start: init.end,
      end: init.end,
      text: `, ${name} = ${pure}((${source}) => ${name})(${all})`,
    })),
  ]
}

/** Whether evaluating an expression does nothing, and rolldown knows it. */
function isInert(expression: Node): boolean {
  const stack: (Node | null)[] = [expression]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next === null) continue
    const at = unwrap(next)
    if (isFunction(at) || at.type === 'Literal' || at.type === 'Identifier') continue
    if (at.type === 'TemplateLiteral' && at.expressions.length === 0) continue
    if (at.type === 'ArrayExpression') stack.push(...at.elements)
    else if (at.type === 'ObjectExpression') {
      for (const property of at.properties) {
        if (property.type !== 'Property' || property.computed) return false
        stack.push(property.value)
      }
    } else return false
  }
  return true
}
