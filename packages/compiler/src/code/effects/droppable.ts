import type { ESTree } from 'rolldown/utils'
import type { Edit } from '../parse/edits.ts'
import type { Analysis } from '../parse/scopes.ts'
import { bindingNames, isFunction, type Node, unwrap } from '../parse/syntax.ts'
import type { ModuleEffects } from './module-effects.ts'

const pure = '/* @__PURE__ */ '
const working = new Set([
  'CallExpression',
  'MemberExpression',
  'NewExpression',
  'SpreadElement',
  'TaggedTemplateExpression',
  'TemplateLiteral',
])

/**
 * Makes the initialisers of a module's top level droppable where evaluating them changes nothing, like `makePure`, but in
 * code that runs: what is awaited stays, and so do classes and deep patterns.
 */
export function makeDroppable(
  text: string,
  program: ESTree.Program,
  { visits }: Analysis,
  loadTime: ModuleEffects,
): Edit[] {
  const works: number[] = []
  const awaits: number[] = []
  for (const { node, deferred } of visits) {
    if (deferred) continue
    if (working.has(node.type)) works.push(node.start)
    if (node.type === 'AwaitExpression') awaits.push(node.start)
  }
  const edits: Edit[] = []
  const wrap = (init: Node, whole: Node): boolean => {
    const at = unwrap(init)
    // these take their names from the variable
    if (isFunction(at) || at.type === 'ClassExpression') return false
    if (!isWithin(init, works) || isWithin(init, awaits) || !loadTime.isPure([whole])) return false
    edits.push({ start: init.start, end: init.start, text: `${pure}(() => (` })
    edits.push({ start: init.end, end: init.end, text: '))()' })
    return true
  }
  for (const statement of program.body) {
    const declaration = 'declaration' in statement ? statement.declaration : statement
    if (declaration?.type === 'VariableDeclaration') {
      if (declaration.kind === 'using' || declaration.kind === 'await using' || declaration.declare) continue
      for (const declarator of declaration.declarations) {
        const { id, init } = declarator
        if (!init || (id.type !== 'Identifier' && !isFlat(id))) continue
        if (wrap(init, declarator) && id.type === 'ObjectPattern') edits.push(...unfold(text, id, init))
      }
    } else if (statement.type === 'ExportDefaultDeclaration' && declaration?.type !== 'ClassDeclaration')
      if (declaration && !declaration.type.startsWith('TS')) wrap(declaration, declaration)
  }
  return edits
}

/** Whether one of some places, in order, lies in a node. */
function isWithin({ start, end }: Node, places: readonly number[]): boolean {
  let low = 0
  let high = places.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((places[middle] as number) < start) low = middle + 1
    else high = middle
  }
  return (places[low] ?? end) < end
}

/** `{ a, b: c }` */
const isFlat = (pattern: Node): boolean =>
  pattern.type === 'ObjectPattern' &&
  pattern.properties.every(
    (property) => property.type === 'Property' && !property.computed && property.value.type === 'Identifier',
  )

/** `{ a, b: c } = x` becomes `a$all = x, a = pure(({ a, b: c }) => a)(a$all), c = …`. */
function unfold(text: string, pattern: Node, init: Node): Edit[] {
  const names = bindingNames(pattern).map(({ name }) => name)
  if (names.length === 0) return []
  const all = `${names[0]}$all`
  const source = text.slice(pattern.start, pattern.end)
  const parts = names.map((name) => `, ${name} = ${pure}((${source}) => ${name})(${all})`)
  return [
    { start: pattern.start, end: pattern.end, text: all },
    { start: init.end, end: init.end, text: parts.join('') },
  ]
}
