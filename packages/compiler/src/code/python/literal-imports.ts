import type { ImportStatement } from './python-import.ts'
import type { Token } from './token.ts'

/** `import_module('a.b')`, `__import__('a')`, where the name of the call stands at that place. */
export function literalImport(tokens: readonly Token[], at: number): ImportStatement | undefined {
  const name = tokens[at]?.text
  if (name !== 'import_module' && name !== '__import__') return undefined
  if (tokens[at - 1]?.text === 'def' || tokens[at + 1]?.text !== '(') return undefined
  const module = plainString(tokens[at + 2])
  const next = tokens[at + 3]?.text
  if (module === undefined) return undefined
  if (next === ')') return called(module)
  if (next !== ',') return undefined
  if (name === '__import__') return called(module)
  const second = tokens[at + 4]?.text === 'package' && tokens[at + 5]?.text === '=' ? at + 6 : at + 4
  const package_ = tokens[second]
  if (!module.startsWith('.') || package_?.text === ')' || package_?.text === '__package__') return called(module)
  const base = plainString(package_)
  return base === undefined ? undefined : called(absolute(module, base))
}

/** Those in the braces of an f-string. */
export function literalImportsIn(text: string): ImportStatement[] {
  if (!/^\w*[ft]/i.test(text) || !text.includes('import')) return []
  const calls = text.matchAll(/\b(?:__import__|import_module)\(\s*(['"])([\p{XIDC}.]+)\1/gu)
  return [...calls].flatMap(({ index, 2: module = '' }) => (isOpen(text.slice(0, index)) ? [called(module)] : []))
}

/** Whether a brace that is no `{{` is open. */
const isOpen = (text: string): boolean => {
  const braces = text.replace(/\{\{|\}\}|[^{}]/g, '')
  return braces.lastIndexOf('{') > braces.lastIndexOf('}')
}

function called(written: string): ImportStatement {
  const module = written.replace(/^\.+/, '')
  return { form: 'call', module, level: written.length - module.length, names: [] }
}

function absolute(module: string, base: string): string {
  const name = module.replace(/^\.+/, '')
  const parts = base.split('.')
  const kept = parts.slice(0, parts.length - (module.length - name.length - 1))
  return [...kept, name].filter((part) => part !== '').join('.')
}

/** The value of a string that stands for itself. */
function plainString(token: Token | undefined): string | undefined {
  if (token?.kind !== 'string') return undefined
  return /^[ru]?(['"])([\p{XIDC}.]+)\1$/iu.exec(token.text)?.[2]
}
