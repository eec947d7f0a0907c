import type { ParseResult } from 'rolldown/utils'
import type { Edit } from './edits.ts'
import type { Analysis } from './scopes.ts'
import type { TypescriptOptions } from './typescript-options.ts'

type Options = ReturnType<TypescriptOptions['of']>

/** What tsconfig.json says of how a module runs, written into its code where that uses it. */
export interface TypescriptMarks {
  readonly edits: readonly Edit[]
  /** Names that JSX stands for. */
  readonly inJsx: readonly string[]
}

export function typescriptMarks(parsed: ParseResult, analysis: Analysis, options: Options, isTyped: boolean) {
  const jsx = jsxMarks(parsed, analysis, options)
  return { edits: [...jsx.edits, ...(isTyped ? classMarks(analysis, options) : [])], inJsx: jsx.inJsx }
}

function jsxMarks({ program, comments }: ParseResult, { visits }: Analysis, options: Options): TypescriptMarks {
  if (!visits.some(({ node }) => node.type === 'JSXElement' || node.type === 'JSXFragment'))
    return { edits: [], inJsx: [] }
  const written = (name: string): string | undefined => {
    for (const { value } of comments) {
      const found = new RegExp(`@${name}\\s+([\\w$./@-]+)`).exec(value)
      if (found) return found[1]
    }
    return undefined
  }
  const [runtime, source, factory, fragment] = ['jsxRuntime', 'jsxImportSource', 'jsx', 'jsxFrag'].map(written)
  const automatic = runtime
    ? runtime === 'automatic'
    : source !== undefined || /^react-jsx/.test(String(options?.jsx ?? ''))
  const marks: Record<string, string | undefined> = { jsxRuntime: automatic ? 'automatic' : 'classic' }
  const make = options?.jsxFactory ?? 'React.createElement'
  const group = options?.jsxFragmentFactory ?? 'React.Fragment'
  if (automatic) marks.jsxImportSource = source ?? options?.jsxImportSource ?? undefined
  else Object.assign(marks, { jsx: factory ?? make, jsxFrag: fragment ?? group })
  const text = Object.entries(marks).map(([name, value]) =>
    value && !written(name) ? `/** @${name} ${value} */ ` : '',
  )
  const start = program.hashbang?.end ?? 0
  const inJsx = automatic ? [] : [marks.jsx, marks.jsxFrag].map((name) => name?.split('.')[0] ?? '')
  return { edits: [{ start, end: start, text: `${start > 0 ? '\n' : ''}${text.join('')}` }], inJsx }
}

/** Marks classes with assigned fields (no `useDefineForClassFields`) or with legacy decorators. */
function classMarks({ visits }: Analysis, options: Options): Edit[] {
  const assigned = !definesFields(options)
  const legacy = options?.experimentalDecorators === true
  if (!assigned && !legacy) return []
  const edits: Edit[] = []
  for (const { node } of visits) {
    if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') continue
    const { start, body } = node.body
    const fields = body.some((member) => member.type === 'PropertyDefinition' && !member.declare)
    const decorated = [node, ...body].some((at) => 'decorators' in at && at.decorators.length > 0)
    const marks = [assigned && fields ? 'assigned' : '', legacy && decorated ? 'legacy' : ''].filter(Boolean)
    if (marks.length > 0)
      edits.push({ start: start + 1, end: start + 1, text: `static ${JSON.stringify(`millrace ${marks.join(' ')}`)};` })
  }
  return edits
}

function definesFields(options: Options): boolean {
  if (typeof options?.useDefineForClassFields === 'boolean') return options.useDefineForClassFields
  const version = /^es(\d+)$/i.exec(String(options?.target ?? ''))?.[1]
  return version === undefined || Number(version) >= 2022
}
