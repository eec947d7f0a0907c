import type { ESTree } from 'rolldown/utils'
import { applyEdits, type Edit } from '../parse/edits.ts'
import { sdkName } from '../parse/millrace-names.ts'
import type { ModuleNames } from '../parse/module-names.ts'
import type { Analysis } from '../parse/scopes.ts'
import { literalText, type Node, propertyName, unwrap } from '../parse/syntax.ts'
import { modulePrefix } from '../parse/tokens.ts'
import { meaningOfPath } from './receivers.ts'

/** A stage or pipeline that a module's top level defines, whose schemas may be used without it. */
export interface Definition {
  readonly file: string
  /** Number of the module. */
  readonly module: number
  readonly local: string
  readonly options: ESTree.ObjectExpression
  /** As it is written, where it is. */
  readonly name: Node | undefined
  /** Its `run` or `build`, with the key. */
  readonly body: { readonly start: number; readonly end: number } | undefined
  /** Whether some code uses a part of it alone. */
  isBorrowed: boolean
}

const definers = new Set(['stage', 'python', 'container', 'pipeline'])
const schemas = ['input', 'output'] as const
type Schema = (typeof schemas)[number]

/** The definitions of a module, by the calls that make them. */
export function findDefinitions(
  program: ESTree.Program,
  { root }: Analysis,
  names: ModuleNames,
  file: string,
  module: number,
): Map<Node, Definition> {
  const found = new Map<Node, Definition>()
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration') continue
    for (const { id, init } of declaration.declarations) {
      const call = init && unwrap(init)
      if (id.type !== 'Identifier' || call?.type !== 'CallExpression') continue
      const [name, given] = call.arguments
      const options = given && unwrap(given)
      const binding = names.binding(id)
      if (options?.type !== 'ObjectExpression' || !binding || names.isAssigned(binding)) continue
      if (!definers.has(sdkName(call.callee, root) ?? '') || root.names.has(`${id.name}$$input`)) continue
      const body = options.properties.find(
        (property) =>
          property.type === 'Property' && /^(?:run|build)$/.test(propertyName(property, property.key) ?? ''),
      )
      found.set(call, { file, module, local: id.name, options, name, body, isBorrowed: false })
    }
  }
  return found
}

/** Variables for the schemas of the definitions alone, as the code that is digested is never run. */
export function copySchemas(definitions: Iterable<Definition>, text: string, edits: readonly Edit[]): Edit[] {
  const lines: string[] = []
  for (const { local, options } of definitions)
    for (const schema of schemas) {
      const copy = schemaIn(options, schema, text, edits)
      if (copy) lines.push(`export const ${partName(local, schema)} = /* @__PURE__ */ (async()=>(${copy}))()`)
    }
  const end = text.length
  return lines.length > 0 ? [{ start: end, end, text: `\n${lines.join('\n')}` }] : []
}

const partName = (local: string, schema: Schema): string => `${local}$$${schema}`

/** The text of a schema among options: what is written out last, or what a spread gives. */
function schemaIn(
  { properties }: ESTree.ObjectExpression,
  schema: Schema,
  text: string,
  edits: readonly Edit[],
): string | undefined {
  const spreads: string[] = []
  for (const property of [...properties].reverse()) {
    if (property.type === 'SpreadElement') {
      spreads.unshift(`...${slice(property.argument, text, edits)}`)
      continue
    }
    const name = propertyName(property, property.key)
    if (name === undefined) return undefined
    if (name !== schema) continue
    if (property.kind !== 'init' || property.method) return undefined
    const value = slice(property.value, text, edits).replace(/^\w+:/, (key) => (property.shorthand ? '' : key))
    return spreads.length === 0 ? value : `({${schema}:${value},${spreads.join(',')}}).${schema}`
  }
  if (spreads.length === 0) return undefined
  return spreads.length === 1 ? `(${spreads[0]?.slice(3)}).${schema}` : `({${spreads.join(',')}}).${schema}`
}

/** A part of a text with its edits. */
const slice = ({ start, end }: Node, text: string, edits: readonly Edit[]): string =>
  applyEdits(
    text.slice(start, end),
    edits
      .filter((edit) => start <= edit.start && edit.end <= end)
      .map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start })),
  )

/**
 * Makes `profile.output`, and `const { output } = profile`, name that schema alone, wherever the stage comes from; and
 * `profile.name` its text.
 */
export function borrowParts(
  { visits }: Analysis,
  names: ModuleNames,
  own: { readonly module: number; readonly end: number },
  definitionOf: (call: Node) => Definition | undefined,
): Edit[] {
  const edits: Edit[] = []
  const imports = new Set<string>()
  const definitionBehind = (node: Node): Definition | undefined => {
    const meaning = meaningOfPath(node, names)
    const found = meaning?.kind === 'value' && !meaning.local ? definitionOf(meaning.node) : undefined
    // its own definition counts as a whole anyway
    const { start = 0, end = 0 } = found?.module === own.module ? found.options : {}
    return start <= node.start && node.end <= end ? undefined : found
  }
  const take = (definition: Definition, part: string): string | undefined => {
    if (part === 'name') {
      const name = literalText(definition.name)
      return name === undefined ? undefined : JSON.stringify(name)
    }
    if (part !== 'input' && part !== 'output') return undefined
    const variable = partName(definition.local, part)
    if (definition.module === own.module) return variable
    const alias = `${variable}$${definition.module}`
    imports.add(`import { ${variable} as ${alias} } from ${JSON.stringify(`${modulePrefix}${definition.module}`)}`)
    return alias
  }
  for (const visit of visits) {
    const { node, parent } = visit
    if (node.type === 'MemberExpression' && !isTarget(node, parent)) {
      const part = propertyName(node, node.property) ?? ''
      const definition = /^(?:input|output|name)$/.test(part) ? definitionBehind(node.object) : undefined
      const text = definition && take(definition, part)
      if (!definition || text === undefined) continue
      definition.isBorrowed = true
      edits.push({ start: node.start, end: node.end, text })
    } else if (node.type === 'VariableDeclarator' && node.init && node.id.type === 'ObjectPattern') {
      const definition = definitionBehind(node.init)
      const parts =
        definition &&
        node.id.properties.map((property) =>
          property.type === 'Property' ? propertyName(property, property.key) : undefined,
        )
      const texts = definition && parts?.map((part) => (part === undefined ? undefined : take(definition, part)))
      if (!definition || !parts || !texts || texts.includes(undefined)) continue
      definition.isBorrowed = true
      const fields = parts.map((part, i) => `${part}:${texts[i]}`)
      edits.push({ start: node.init.start, end: node.init.end, text: `({${fields.join(',')}})` })
    }
  }
  if (imports.size > 0) edits.push({ start: own.end, end: own.end, text: `\n${[...imports].join('\n')}` })
  return edits

  function isTarget(node: Node, parent: Node | null): boolean {
    if (parent?.type === 'UnaryExpression') return parent.operator === 'delete'
    if (parent?.type === 'AssignmentExpression') return parent.left === node
    return parent?.type === 'UpdateExpression'
  }
}
