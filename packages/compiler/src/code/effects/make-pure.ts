import type { ESTree } from 'rolldown/utils'
import type { Edit } from '../parse/edits.ts'
import type { Analysis } from '../parse/scopes.ts'
import { bindingNames, isFunction, type Node, unwrap } from '../parse/syntax.ts'
import { ModuleEffects } from './module-effects.ts'

const pure = '/* @__PURE__ */ '
/** Nothing that the bundler knows, so that a call of it stays. */
const kept = 'globalThis.kept'

/**
 * Makes the initialisers of a module's top level droppable where nothing uses them and evaluating them changes nothing,
 * so that a stage's siblings leave no trace in its code; all others stay. An annotation on a call doesn't cover its
 * arguments, templates, spreads or `await`, so the whole initialiser becomes the body of one annotated call; the code
 * is only digested, never run.
 */
export function makePure(
  text: string,
  program: ESTree.Program,
  analysis: Analysis,
  loadTime = new ModuleEffects(analysis),
): Edit[] {
  const edits: Edit[] = []
  const inClasses: Node[] = []
  const around = (node: Node, before: string, after: string): void => {
    edits.push({ start: node.start, end: node.start, text: before }, { start: node.end, end: node.end, text: after })
  }
  const wrap = (init: Node): void => {
    if (!isInert(init)) around(init, `${pure}(async()=>(`, '))()')
  }
  for (const statement of program.body) {
    const declaration = 'declaration' in statement ? statement.declaration : statement
    switch (declaration?.type) {
      case 'FunctionDeclaration':
        break
      case 'VariableDeclaration':
        if (declaration.kind === 'using' || declaration.kind === 'await using' || declaration.declare) break
        for (const declarator of declaration.declarations) {
          const { id, init } = declarator
          if (!init) continue
          if (!loadTime.isPure([declarator])) around(init, `${kept}(`, ')')
          else {
            wrap(init)
            if (!isFlat(id)) edits.push(...unfold(text, id, init))
          }
        }
        break
      case 'ClassDeclaration':
        if (declaration.declare) break
        if (loadTime.isPure([declaration])) inClasses.push(declaration)
        else if (declaration.id) edits.push(keep(statement, declaration.id.name))
        break
      case 'TSEnumDeclaration':
        if (loadTime.isPure(declaration.body.members.map(({ initializer }) => initializer))) inClasses.push(declaration)
        else edits.push(keep(statement, declaration.id.name))
        break
      case 'ExpressionStatement':
        // rolldown takes the reading of a property for harmless, whatever getter it runs
        if (isRead(declaration.expression) && !loadTime.isPure([declaration.expression]))
          around(declaration.expression, `;${kept}(`, ')')
        break
      default:
        if (statement.type === 'ExportDefaultDeclaration' && !unwrap(statement.declaration).type.startsWith('TS')) {
          if (loadTime.isPure([statement.declaration])) wrap(statement.declaration)
          else around(statement.declaration, `${kept}(`, ')')
        }
    }
  }
  let next = 0
  for (const { node, deferred } of analysis.visits) {
    if (deferred || (node.type !== 'CallExpression' && node.type !== 'NewExpression')) continue
    while ((inClasses[next]?.end ?? Number.POSITIVE_INFINITY) <= node.start) next++
    const outer = inClasses[next]
    if (outer && outer.start <= node.start) edits.push({ start: node.start, end: node.start, text: pure })
  }
  return edits
}

/** Makes what a statement declares stay. */
const keep = ({ end }: Node, name: string): Edit => ({ start: end, end, text: `;${kept}(${name})` })

function isRead(expression: Node): boolean {
  const at = unwrap(expression)
  return at.type !== 'CallExpression' && at.type !== 'AssignmentExpression' && at.type !== 'Literal'
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
