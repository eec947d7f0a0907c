import type { Json } from '@millrace/ir'
import type { Draft } from './generate.ts'
import type { Body, Call, Fields, MapOf, Operand, Operator, Pipe, Program, When } from './program.ts'
import {
  anyOf,
  bare,
  idOf,
  inList,
  inner,
  isJson,
  nullable,
  outer,
  outputs,
  refTo,
  type Scope,
  type Type,
  type Variable,
} from './variables.ts'

/** Makes the choices of a draft: any numbers give a program that is right. */
export class Author {
  readonly #luck: number
  readonly #json: readonly Json[]
  #slots = 0
  #x: readonly number[] = []
  #at = 0
  #outputs: Readonly<Record<string, Type>>[] = []

  constructor(luck: number, json: readonly Json[]) {
    this.#luck = luck
    this.#json = json
  }

  write(pipes: readonly (readonly Draft[])[], body: readonly Draft[]): Pick<Program, 'pipes' | 'body'> {
    const written = pipes.map((drafts, i) => this.#pipeline(drafts, inner, i, 2))
    return { pipes: written, body: this.#pipeline(body, outer, pipes.length, 6) }
  }

  #pipeline(drafts: readonly Draft[], input: Readonly<Record<string, Type>>, pipes: number, fields: number): Body {
    this.#slots = 1
    const variables = Object.entries(input).map(([path, type]) => ({ from: 0, path: path.split('.'), type }))
    const luck = this.#luck
    const scope = { variables, made: [], statements: [], counts: new Map(), pipes, maps: 0, luck }
    this.#block(drafts, scope)
    const result: [string, Operand][] = [['n', this.#number(scope)]]
    const types: Record<string, Type> = { n: 'n' }
    for (let i = 0; i < fields; i++) {
      const found = this.#choose(scope, () => true)
      if (!found) continue
      result.push([`r${i}`, refTo(found)])
      types[`r${i}`] = found.type
    }
    this.#outputs[pipes] = types
    return { statements: scope.statements, result: { fields: result } }
  }

  /** The next of the numbers to choose by. */
  #next(below: number): number {
    return (this.#x[this.#at++ % this.#x.length] ?? 0) % below
  }

  #block(drafts: readonly Draft[], scope: Scope): void {
    for (const { kind, x, body = [], other = [] } of drafts) {
      this.#x = x
      this.#at = 0
      if (kind === 'map' && scope.maps < 3) this.#map(scope, body)
      else if (kind === 'when') this.#when(scope, body, other)
      else if (kind === 'pipe' && scope.pipes > 0) this.#pipe(scope)
      else if (kind === 'again') this.#again(scope)
      else if (kind in outputs) this.#call(kind, scope)
      else this.#call('calc', scope)
    }
  }

  // ------------------------------------------------------------ operands

  /** A variable of some types, the later ones sooner. */
  #choose(scope: Scope, fits: (type: Type) => boolean): Variable | undefined {
    const found = scope.variables.filter(({ type }) => fits(type))
    const back = Math.floor(found.length * (this.#next(10_000) / 10_000) ** 2)
    return found[found.length - 1 - back]
  }

  #number(scope: Scope): Operand {
    const found = this.#next(5) === 4 ? undefined : this.#choose(scope, anyOf('n'))
    return found ? refTo(found) : { value: this.#next(19) - 6 }
  }

  #file(scope: Scope): Operand {
    const found = this.#choose(scope, anyOf('f'))
    return found ? refTo(found) : { from: this.#call('write', scope), path: ['file'] }
  }

  /** A field that may be left out: one time of two it is. */
  #optional(scope: Scope, key: string, ...types: readonly Type[]): Fields {
    const found = this.#next(2) === 1 ? this.#choose(scope, anyOf(...types)) : undefined
    return found ? [[key, refTo(found)]] : []
  }

  #listOf(scope: Scope, literal: () => Operand, ...types: readonly Type[]): Operand {
    const found = this.#next(3) < 2 ? this.#choose(scope, anyOf(...types)) : undefined
    return found ? refTo(found) : { items: Array.from({ length: this.#next(4) }, literal) }
  }

  #any(scope: Scope): Operand {
    const found = this.#choose(scope, isJson)
    const literal = { value: this.#json[this.#next(this.#json.length)] as Json }
    switch (this.#next(4)) {
      case 0:
        return literal
      case 1:
        return {
          fields: [
            ['__proto__', literal],
            ['ü', this.#number(scope)],
            ...(found ? [['list', { items: [refTo(found), literal] }] as const] : []),
          ],
        }
      default:
        return found ? refTo(found) : literal
    }
  }

  // ------------------------------------------------------------ statements

  #call(stage: string, scope: Scope): number {
    const args = this.#args(stage, scope)
    const o = this.#x[7] ?? 0
    const options = {
      ...(o % 12 === 1 ? { cache: false as const } : {}),
      ...(o % 10 === 2 ? { timeout: '10m' as const } : {}),
      ...(o % 9 === 3 ? { resources: { cpu: 1 } } : {}),
    }
    const after = o % 4 === 1 && scope.made.length > 0 ? [this.#made(scope).to] : []
    return this.#add(scope, { do: 'call', to: this.#slots++, id: idOf(scope, stage), stage, args, options, after })
  }

  #made(scope: Scope) {
    return scope.made[scope.made.length - 1 - this.#next(scope.made.length)] as Scope['made'][number]
  }

  #add(scope: Scope, call: Call): number {
    scope.statements.push(call)
    scope.made.push(call)
    for (const [field, type] of Object.entries(outputs[call.stage] ?? {}))
      scope.variables.push({ from: call.to, path: [field], type })
    return call.to
  }

  #args(stage: string, scope: Scope): Fields {
    const n: Fields = [['n', this.#number(scope)]]
    switch (stage) {
      case 'calc':
        return [
          ['a', this.#number(scope)],
          ['b', this.#number(scope)],
          ...this.#optional(scope, 'c', 'n', 'n~'),
          ...this.#optional(scope, 'd', 'n~', 'n'),
          ...this.#optional(scope, 'e', 'n', 'n?', 'n~', 'n?~'),
          ...(scope.luck > 0 ? [['luck', { value: scope.luck }] as const] : []),
        ]
      case 'fold':
        return [['of', this.#listOf(scope, () => this.#number(scope), 'n[]', 'n?[]')]]
      case 'say':
        return [...n, ...this.#optional(scope, 't', 't', 't~'), ...this.#optional(scope, 'u', 't', 't?', 't~', 't?~')]
      case 'echo':
      case 'measure':
        return [['value', this.#any(scope)]]
      case 'gate':
        return [...n, ['path', { from: 0, path: ['gate'] }]]
      case 'flaky':
        return [...n, ['at', { value: this.#next(8) === 7 ? 3 : 1 + this.#next(2) }]]
      case 'write': {
        const text = this.#choose(scope, anyOf('t'))
        return [['t', text ? refTo(text) : { value: 'ünwritten' }], ...n]
      }
      case 'read':
        return this.#next(4) === 0 ? this.#optional(scope, 'file', 'f', 'f~') : [['file', this.#file(scope)]]
      case 'pack':
        return [
          ['files', this.#listOf(scope, () => this.#file(scope), 'f[]', 'f?[]')],
          ...this.#optional(scope, 't', 't', 't~'),
        ]
      case 'look': {
        const tree = this.#choose(scope, anyOf('d'))
        return [['tree', tree ? refTo(tree) : { from: this.#call('pack', scope), path: ['tree'] }]]
      }
      case 'hand':
        return [['file', this.#file(scope)], ...this.#optional(scope, 'tree', 'd', 'd~')]
      default:
        return n
    }
  }

  /** A call that was made before, made again. */
  #again(scope: Scope): void {
    const before = scope.made.length > 0 ? this.#made(scope) : undefined
    if (before?.do !== 'call') return void this.#call('calc', scope)
    const after = this.#next(3) === 0 && before.after.length > 0 ? before.after : []
    const options = this.#next(3) === 0 ? before.options : {}
    this.#add(scope, { ...before, to: this.#slots++, id: idOf(scope, before.stage), options, after })
  }

  #pipe(scope: Scope): void {
    const pipe = this.#next(scope.pipes)
    const o: Fields = [...this.#optional(scope, 'x', 'n', 'n~'), ...this.#optional(scope, 'y', 'n', 'n~')]
    const args: Fields = [
      ['a', this.#number(scope)],
      ...this.#optional(scope, 'b', 'n', 'n~'),
      ...this.#optional(scope, 'c', 'n~', 'n'),
      ...this.#optional(scope, 'list', 'n[]', 'n[]~'),
      ...this.#optional(scope, 'doc', 'f', 'f~'),
      ...this.#optional(scope, 'text', 't', 't?', 't~'),
      ...(o.length > 0 ? [['o', { fields: o }] as const] : []),
    ]
    const made: Pipe = { do: 'pipe', to: this.#slots++, id: idOf(scope, `inner-${pipe}`), pipe, args }
    scope.statements.push(made)
    scope.made.push(made)
    for (const [field, type] of Object.entries(this.#outputs[pipe] ?? {}))
      scope.variables.push({ from: made.to, path: [field], type })
  }

  #map(scope: Scope, body: readonly Draft[]): void {
    const literal = () => this.#number(scope)
    const lists = scope.variables.filter(({ type }) => type.endsWith('[]'))
    const found = this.#next(6) < 5 ? this.#choose({ ...scope, variables: lists }, () => true) : undefined
    const list = found ? refTo(found) : this.#listOf(scope, literal)
    const [item, index, to] = [this.#slots++, this.#slots++, this.#slots++]
    const allow = this.#next(3) === 0
    const concurrency = this.#next(5)
    const inside = this.#inside(scope, [
      { from: index, path: [], type: 'n' },
      { from: item, path: [], type: found ? found.type.slice(0, -2) : 'n' },
    ])
    const luck = allow ? 5 : scope.luck
    const last = this.#next(10_000)
    const at: Scope = { ...inside, maps: scope.maps + 1, luck }
    this.#block(body, at)
    const { operand, types } = this.#result(at, last)
    const written = { statements: at.statements, result: operand }
    const made: MapOf = {
      do: 'map',
      to,
      list,
      item,
      index,
      body: written,
      ...(concurrency > 0 && concurrency < 4 ? { concurrency } : {}),
      allow,
    }
    scope.statements.push(made)
    scope.made.push(made)
    for (const [path, type] of types)
      scope.variables.push({ from: to, path, type: `${allow ? nullable(inList(type)) : inList(type)}[]` })
  }

  #when(scope: Scope, body: readonly Draft[], other: readonly Draft[]): void {
    const condition = this.#condition(scope)
    const to = this.#slots++
    const last = this.#next(10_000)
    const hasElse = this.#next(2) === 0
    const then = this.#inside(scope, [])
    this.#block(body, then)
    const { operand, types } = this.#result(then, last)
    const otherwise = this.#inside(scope, [])
    const counts = [...scope.counts]
    if (hasElse) this.#block(other, otherwise)
    const fallback = hasElse ? this.#same(otherwise, types) : undefined
    const made: When = {
      do: 'when',
      to,
      ...condition,
      then: { statements: then.statements, result: operand },
      ...(fallback ? { else: { statements: otherwise.statements, result: fallback } } : {}),
    }
    // an else that can't give the same is left out, and its calls don't count
    if (!fallback) {
      scope.counts.clear()
      for (const [name, count] of counts) scope.counts.set(name, count)
    }
    scope.statements.push(made)
    scope.made.push(made)
    for (const [path, type] of types) scope.variables.push({ from: to, path, type: fallback ? type : `${bare(type)}~` })
  }

  #condition(scope: Scope): Pick<When, 'left' | 'operator' | 'right'> {
    const pick = this.#next(5)
    const opened = this.#choose(scope, pick === 0 ? anyOf('b') : (type) => /[?~]$/.test(type))
    if (opened && pick === 0) return { left: refTo(opened) }
    if (opened && pick < 3) {
      const operator = this.#next(2) === 0 ? '===' : '!=='
      return { left: refTo(opened), operator, ...(opened.type.endsWith('~') ? {} : { right: { value: null } }) }
    }
    const operators: readonly Operator[] = ['>=', '<', '>', '<=', '===', '!==']
    const left = this.#choose(scope, anyOf('n'))
    if (!left) return { left: { from: this.#call('test', scope), path: ['yes'] } }
    return { left: refTo(left), operator: operators[this.#next(6)] as Operator, right: this.#number(scope) }
  }

  #inside(scope: Scope, more: readonly Variable[]): Scope {
    const { variables, made } = scope
    return { ...scope, variables: [...variables, ...more], made: [...made], statements: [] }
  }

  /** What a body gives, and the types of what can be read of it. */
  #result(scope: Scope, last: number): { operand: Operand; types: (readonly [string[], Type])[] } {
    const found = this.#choose(scope, () => true)
    if (last % 3 === 0 && found) return { operand: refTo(found), types: [[[], found.type]] }
    if (last % 3 === 1 && found) {
      const n = this.#number(scope)
      const fields: Fields = [
        ['n', n],
        ['e', refTo(found)],
      ]
      return {
        operand: { fields },
        types: [
          [['n'], 'n'],
          [['e'], found.type],
        ],
      }
    }
    return { operand: this.#number(scope), types: [[[], 'n']] }
  }

  /** A result of an else with the types of the then's; `undefined` where its body has no such value. */
  #same(scope: Scope, types: readonly (readonly [readonly string[], Type])[]): Operand | undefined {
    const fields: [string, Operand][] = []
    for (const [path, type] of types) {
      const found = type === 'n' ? undefined : this.#choose(scope, anyOf(type, bare(type)))
      const operand = type === 'n' ? this.#number(scope) : found && refTo(found)
      if (!operand) return undefined
      if (path.length === 0) return operand
      fields.push([path[0] as string, operand])
    }
    return { fields }
  }
}
