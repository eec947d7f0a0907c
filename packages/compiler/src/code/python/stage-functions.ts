import type { PythonImport } from './python-import.ts'
import type { Token } from './token.ts'

/** A function at the top of a file that is decorated with `stage` of `millrace`. */
export interface StageFunction {
  readonly name: string
  /** Of its `def`, or `async`; from 1. */
  readonly line: number
  readonly column: number
}

export function stageFunctions(tokens: readonly Token[], imports: readonly PythonImport[]): StageFunction[] {
  const decorators = decoratorNames(imports)
  if (decorators.size === 0) return []
  const out: StageFunction[] = []
  let depth = 0
  let marked = false
  let startsLine = true
  for (let i = 0; i < tokens.length; i++) {
    const { kind, text, line, column } = tokens[i] as Token
    if (kind === 'indent') depth++
    else if (kind === 'dedent') depth--
    else if (startsLine && depth === 0) {
      if (text === '@') marked ||= decorators.has(decorator(tokens, i + 1))
      else {
        const name = tokens[text === 'async' ? i + 2 : i + 1]
        const isFunction = text === 'def' || (text === 'async' && tokens[i + 1]?.text === 'def')
        if (marked && isFunction && name?.kind === 'name') out.push({ name: name.text, line, column })
        marked = false
      }
    }
    startsLine = kind === 'newline' || kind === 'indent' || kind === 'dedent'
  }
  return out
}

/** `s` and `m.stage`, as the file may call it. */
function decoratorNames(imports: readonly PythonImport[]): Set<string> {
  const out = new Set<string>()
  for (const { form, module, level, names } of imports) {
    if (level > 0) continue
    if (form === 'import' && module.split('.')[0] === 'millrace') {
      const as = names[0]?.as
      if (as === undefined) out.add('millrace.stage')
      else if (module === 'millrace') out.add(`${as}.stage`)
    }
    if (form !== 'from' || module !== 'millrace') continue
    for (const { name, as } of names) if (name === 'stage' || name === '*') out.add(as ?? 'stage')
  }
  return out
}

/** The dotted name of a decorator that is only named, or called; else empty. */
function decorator(tokens: readonly Token[], at: number): string {
  let name = ''
  let i = at
  for (; tokens[i]?.kind === 'name' || tokens[i]?.text === '.'; i++) name += (tokens[i] as Token).text
  if (tokens[i]?.text === '(') {
    for (let open = 0; i < tokens.length; i++) {
      const { kind, text } = tokens[i] as Token
      if (kind !== 'operator') continue
      if (text === '(') open++
      else if (text === ')' && --open === 0) break
    }
    i++
  }
  return tokens[i]?.kind === 'newline' ? name : ''
}
