import { type Block, openedBlock, topBlock } from './blocks.ts'
import { literalImport, literalImportsIn } from './literal-imports.ts'
import { type ImportedName, type ImportStatement, identifier, type PythonImport } from './python-import.ts'
import type { Token } from './token.ts'

type Found = Omit<PythonImport, 'guarded'> & { readonly block: Block }

/** All imports of a file, in their order. */
export function importsOf(tokens: readonly Token[]): PythonImport[] {
  const found: Found[] = []
  const blocks = [topBlock()]
  let block = blocks[0] as Block
  let startsLine = true
  let starts = true
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as Token
    if (token.kind === 'newline') startsLine = true
    else if (token.kind === 'indent') blocks.push({ ...block })
    else if (token.kind === 'dedent') blocks.pop()
    else {
      if (startsLine) block = openedBlock(tokens, i, blocks.at(-1) as Block)
      const place = { line: token.line, column: token.column, top: blocks.length === 1 }
      const add = (one: ImportStatement): void => {
        found.push({ ...one, ...place, top: place.top && block === blocks[0], typeChecking: block.typeChecking, block })
      }
      if (token.kind === 'string') for (const one of literalImportsIn(token.text)) add(one)
      if (token.kind === 'name') {
        const called = literalImport(tokens, i)
        if (called) add(called)
        else if (token.text === 'import' && starts) for (const one of importStatement(tokens, i)) add(one)
        else if (token.text === 'from' && starts) {
          const one = fromStatement(tokens, i)
          if (one) add(one)
        }
      }
      starts = token.text === ';' || token.text === ':'
      startsLine = false
      continue
    }
    starts = true
  }
  return found.map(({ block: { tries }, ...one }) => ({ ...one, guarded: tries.some(({ guards }) => guards) }))
}

function dottedName(tokens: readonly Token[], at: number): { readonly name: string; readonly end: number } {
  let name = ''
  let i = at
  for (; tokens[i]?.kind === 'name' && tokens[i]?.text !== 'import' && tokens[i]?.text !== 'as'; i += 2) {
    name += `${name && '.'}${identifier((tokens[i] as Token).text)}`
    if (tokens[i + 1]?.text !== '.') return { name, end: i + 1 }
  }
  return { name, end: i }
}

function asName(tokens: readonly Token[], at: number): { readonly as?: string } {
  const name = tokens[at]?.text === 'as' ? tokens[at + 1]?.text : undefined
  return name === undefined ? {} : { as: identifier(name) }
}

function importStatement(tokens: readonly Token[], at: number): ImportStatement[] {
  const out: ImportStatement[] = []
  for (let i = at + 1; ; i++) {
    const { name, end } = dottedName(tokens, i)
    const alias = asName(tokens, end)
    if (name !== '') out.push({ form: 'import', module: name, level: 0, names: [{ name, ...alias }] })
    i = end + (alias.as === undefined ? 0 : 2)
    if (tokens[i]?.text !== ',') return out
  }
}

function fromStatement(tokens: readonly Token[], at: number): ImportStatement | undefined {
  let i = at + 1
  let level = 0
  for (; tokens[i]?.text === '.' || tokens[i]?.text === '...'; i++) level += (tokens[i] as Token).text.length
  const { name: module, end } = dottedName(tokens, i)
  if (tokens[end]?.text !== 'import') return undefined
  const names: ImportedName[] = []
  for (i = end + 1; i < tokens.length; i++) {
    const { kind, text } = tokens[i] as Token
    if (kind === 'newline' || text === ')' || text === ';') break
    if (text === '*') names.push({ name: '*' })
    if (kind !== 'name') continue
    const alias = asName(tokens, i + 1)
    names.push({ name: identifier(text), ...alias })
    if (alias.as !== undefined) i += 2
  }
  return { form: 'from', module, level, names }
}
