import type { Json } from '@millrace/ir'

/** A random program, as data: what an author would wire, with every choice made. */
export interface Program {
  /** Sub-pipelines; each calls only those before it. */
  readonly pipes: readonly Body[]
  readonly body: Body
  readonly input: Input
}

/** What the program is run with, besides its file and its gate. */
export interface Input {
  readonly n: number
  readonly flag: boolean
  readonly text?: string
  readonly list?: readonly number[]
  readonly rows?: readonly (readonly number[])[]
}

export interface Body {
  readonly statements: readonly Statement[]
  readonly result: Operand
}

/** Numbers stand for what a statement gives; 0 is the pipeline's input. */
export type Operand =
  | { readonly value: Json }
  | { readonly from: number; readonly path: readonly string[] }
  | { readonly fields: Fields }
  | { readonly items: readonly Operand[] }

/** Pairs, so that a key may be any text. */
export type Fields = readonly (readonly [string, Operand])[]

export type Statement = Call | MapOf | When | Pipe

export interface Call {
  readonly do: 'call'
  readonly to: number
  /** Within its pipeline. */
  readonly id: string
  readonly stage: string
  readonly args: Fields
  readonly options: { readonly cache?: false; readonly timeout?: '10m'; readonly resources?: { readonly cpu: number } }
  readonly after: readonly number[]
}

export interface MapOf {
  readonly do: 'map'
  readonly to: number
  readonly list: Operand
  readonly item: number
  readonly index: number
  readonly body: Body
  readonly concurrency?: number
  readonly allow: boolean
}

export type Operator = '===' | '!==' | '<' | '<=' | '>' | '>='

export interface When {
  readonly do: 'when'
  readonly to: number
  readonly left: Operand
  /** Missing: the left side is a boolean itself. */
  readonly operator?: Operator
  /** Missing: `undefined`. */
  readonly right?: Operand
  readonly then: Body
  readonly else?: Body
}

export interface Pipe {
  readonly do: 'pipe'
  readonly to: number
  readonly id: string
  readonly pipe: number
  readonly args: Fields
}

/** Every body of a program with all those inside it. */
function statementsOf(body: Body): Statement[] {
  return body.statements.flatMap((at) => {
    if (at.do === 'map') return [at, ...statementsOf(at.body)]
    if (at.do === 'when') return [at, ...statementsOf(at.then), ...(at.else ? statementsOf(at.else) : [])]
    return [at]
  })
}

/** The calls of a body, with the bodies in it and the pipelines that it calls, under their whole ids. */
export function callsUnder(program: Program, body: Body, prefix = ''): { readonly id: string; readonly call: Call }[] {
  return statementsOf(body).flatMap((at) => {
    if (at.do === 'call') return [{ id: prefix + at.id, call: at }]
    if (at.do === 'pipe') return callsUnder(program, program.pipes[at.pipe] as Body, `${prefix}${at.id}/`)
    return []
  })
}

export const isUncached = ({ stage, options }: Call): boolean => stage === 'effect' || options.cache === false
