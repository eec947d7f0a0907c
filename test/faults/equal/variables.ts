import type { Call, MapOf, Operand, Pipe, Statement, When } from './program.ts'

/**
 * What a value to come is: `n` number, `t` text, `b` boolean, `f` file, `d` folder, `j` any JSON; after it, in the order
 * of writing, `[]` a list of it, `?` it or null; at the end `~` it may be absent.
 */
export type Type = string

export interface Variable {
  readonly from: number
  readonly path: readonly string[]
  readonly type: Type
}

/** What a body may use, and where it stands. */
export interface Scope {
  readonly variables: Variable[]
  /** Calls that others may wait for, and those that may be made again. */
  readonly made: (Call | MapOf | When | Pipe)[]
  readonly statements: Statement[]
  readonly counts: Map<string, number>
  /** Pipelines that may be called. */
  readonly pipes: number
  readonly maps: number
  readonly luck: number
}

/** What each stage gives. */
export const outputs: Readonly<Record<string, Readonly<Record<string, Type>>>> = {
  calc: { n: 'n' },
  range: { list: 'n[]' },
  fold: { n: 'n' },
  say: { text: 't' },
  maybe: { maybe: 'n~', filled: 'n' },
  test: { yes: 'b' },
  echo: { value: 'j' },
  measure: { n: 'n' },
  large: { value: 'j', n: 'n' },
  effect: { n: 'n' },
  gate: { n: 'n' },
  flaky: { n: 'n' },
  write: { file: 'f', n: 'n' },
  read: { text: 't', n: 'n', digest: 't' },
  pack: { tree: 'd', n: 'n' },
  look: { lines: 't[]', digest: 't', n: 'n' },
  hand: { file: 'f', tree: 'd~', n: 'n' },
}

/** The input of sub-pipelines. */
export const inner = { a: 'n', b: 'n', c: 'n~', list: 'n[]', doc: 'f~', text: 't?', 'o.x': 'n', 'o.y': 'n~' }
/** The input of the program. */
export const outer = { n: 'n', flag: 'b', text: 't', list: 'n[]', rows: 'n[][]', doc: 'f' }

export const bare = (type: Type): Type => type.replace('~', '')
export const nullable = (type: Type): Type => (type.endsWith('?') ? type : `${type}?`)
/** As an item of a list: what is absent is null there. */
export const inList = (type: Type): Type => (type.endsWith('~') ? nullable(bare(type)) : type)
export const isJson = (type: Type): boolean => /^[ntbj]/.test(type) && !type.endsWith('~')
export const anyOf =
  (...types: readonly Type[]) =>
  (type: Type): boolean =>
    types.includes(type)

export const refTo = ({ from, path }: Variable): Operand => ({ from, path })

/** `clean`, the second call `clean.2`. */
export function idOf({ counts }: Scope, name: string): string {
  const count = (counts.get(name) ?? 0) + 1
  counts.set(name, count)
  return count === 1 ? name : `${name}.${count}`
}
