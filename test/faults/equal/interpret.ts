import { FileOf, FolderOf, perform, type Value } from './perform.ts'
import {
  type Body,
  type Call,
  callsUnder,
  type MapOf,
  type Operand,
  type Operator,
  type Pipe,
  type Program,
  type Statement,
  type When,
} from './program.ts'

/** What the program's file holds. */
export const doc = 'a file\nof two lines\n'

/** What lies outside the program. */
export interface World {
  /** The path that its gates ask for. */
  readonly gate: string
  /** Whether it is there. */
  readonly open: boolean
}

/** What must come out of a program. */
export interface Meaning {
  /** `undefined`: it fails. */
  readonly output: Value | undefined
  /** Each call with its end, sorted: `inner-0/calc.2[1] ok`. */
  readonly ends: readonly string[]
  /** Calls that run. */
  readonly calls: number
}

/** What a statement came to. */
interface Outcome {
  /** Failed, or not run because of a failure. */
  readonly bad: boolean
  /** `undefined`: absent. */
  readonly value?: Value
  /** Whether those that wait for it, and for all that it opened, must not run. */
  readonly stops?: boolean
  /** Of a sub-pipeline: where what it gives is to be looked up. */
  readonly inner?: { readonly result: Operand; readonly slots: Slots }
}
type Slots = Map<number, Outcome>

/** Where a body runs. */
interface Place {
  readonly slots: Slots
  readonly prefix: string
  readonly index: readonly number[]
  /** Whether a map around it forgives failures. */
  readonly forgiven: boolean
  /** Whether something in it failed; shared with the pipelines that it calls. */
  readonly frame: { failed: boolean }
}

class TooLong extends Error {}

/** Runs a program as it reads: one statement after the other, in plain values. Stops after so many calls. */
export function interpret(program: Program, world: World, most = Number.POSITIVE_INFINITY): Meaning {
  const told = new Interpreter(program, world, most)
  try {
    return told.meaning()
  } catch (error) {
    if (!(error instanceof TooLong)) throw error
    return { output: undefined, ends: [], calls: most + 1 }
  }
}

class Interpreter {
  readonly #program: Program
  readonly #world: World
  readonly #most: number
  readonly #ends: string[] = []
  #calls = 0
  #failed = false

  constructor(program: Program, world: World, most: number) {
    this.#program = program
    this.#world = world
    this.#most = most
  }

  meaning(): Meaning {
    const { n, flag, text = 'ünï', list = [3, 1], rows = [[1, 2], []] } = this.#program.input
    const input: Value = { n, flag, text, list, rows, doc: new FileOf(doc), gate: this.#world.gate }
    const slots: Slots = new Map([[0, { bad: false, value: input }]])
    const place: Place = { slots, prefix: '', index: [], forgiven: false, frame: { failed: false } }
    const result = this.#body(this.#program.body, place)
    const output = this.#failed || result.bad ? undefined : (result.value ?? {})
    return { output, ends: this.#ends.sort(), calls: this.#calls }
  }

  #body(body: Body, place: Place): Outcome {
    for (const statement of body.statements) {
      const outcome = this.#statement(statement, place)
      if (outcome.bad || outcome.stops) place.frame.failed = true
      place.slots.set(statement.to, outcome)
    }
    return this.#read(body.result, place.slots)
  }

  #statement(at: Statement, place: Place): Outcome {
    switch (at.do) {
      case 'call':
        return this.#call(at, place)
      case 'map':
        return this.#map(at, place)
      case 'when':
        return this.#when(at, place)
      case 'pipe':
        return this.#pipe(at, place)
    }
  }

  #call(at: Call, place: Place): Outcome {
    const args = this.#read({ fields: at.args }, place.slots)
    const stopped = at.after.some((slot) => stops(place.slots.get(slot)))
    if (args.bad || stopped) {
      this.#end(at, place, 'not-run')
      return { bad: true }
    }
    if (++this.#calls > this.#most) throw new TooLong()
    const value = perform(at.stage, args.value as { readonly [key: string]: Value }, this.#world.open)
    this.#end(at, place, value === undefined ? 'failed' : 'ok')
    if (value !== undefined) return { bad: false, value }
    if (!place.forgiven) this.#failed = true
    return { bad: true }
  }

  #map(at: MapOf, place: Place): Outcome {
    const list = this.#read(at.list, place.slots)
    if (list.bad) {
      this.#none(at.body, place, 'not-run')
      return { bad: true }
    }
    let [bad, failed] = [false, false]
    const value = (list.value as readonly Value[]).map((item, i): Value => {
      const slots: Slots = new Map(place.slots)
      slots.set(at.item, { bad: false, value: item }).set(at.index, { bad: false, value: i })
      const frame = { failed: false }
      const forgiven = place.forgiven || at.allow
      const outcome = this.#body(at.body, { ...place, slots, frame, forgiven, index: [...place.index, i] })
      bad ||= outcome.bad
      failed ||= frame.failed
      return outcome.bad ? null : (outcome.value ?? null)
    })
    if (at.allow) return { bad: false, value }
    return bad ? { bad } : { bad, value, stops: failed }
  }

  #when(at: When, place: Place): Outcome {
    const left = this.#read(at.left, place.slots)
    const right = at.right ? this.#read(at.right, place.slots) : { bad: false }
    if (left.bad || right.bad) {
      this.#none(at.then, place, 'not-run')
      if (at.else) this.#none(at.else, place, 'not-run')
      return { bad: true }
    }
    const holds = at.operator ? compare(left.value, at.operator, right.value) : left.value === true
    const [taken, other] = holds ? [at.then, at.else] : [at.else, at.then]
    if (other) this.#none(other, place, 'skipped')
    if (!taken) return { bad: false }
    const frame = { failed: false }
    const { bad, value } = this.#body(taken, { ...place, slots: new Map(place.slots), frame })
    return bad ? { bad } : { bad, ...(value === undefined ? {} : { value }), stops: frame.failed }
  }

  #pipe(at: Pipe, place: Place): Outcome {
    const body = this.#program.pipes[at.pipe] as Body
    const given = new Map(at.args.map(([key, field]) => [key, this.#read(field, place.slots)]))
    const fields = ['a', 'b', 'c', 'list', 'doc', 'text', 'o'].flatMap((key): [string, Outcome][] => {
      const field = given.get(key)
      const outcome = field?.bad ? field : this.#field(key, field?.value, place)
      if (outcome.bad) place.frame.failed = true
      return outcome.bad || outcome.value !== undefined ? [[key, outcome]] : []
    })
    const slots: Slots = new Map()
    for (const [i, [, field]] of fields.entries()) slots.set(-1 - i, field)
    const input = { fields: fields.map(([key], i) => [key, { from: -1 - i, path: [] }] as const) }
    slots.set(0, { bad: false, inner: { result: input, slots } })
    const within = { ...place, slots, prefix: `${place.prefix}${at.id}/` }
    this.#body(body, within)
    const stopped = body.statements.some(({ to }) => stops(slots.get(to)))
    return { bad: false, stops: stopped, inner: { result: body.result, slots } }
  }

  /** A field of a sub-pipeline's input, with its defaults, checked. */
  #field(key: string, given: Value | undefined, place: Place): Outcome {
    const defaults: { readonly [key: string]: Value } = { b: 7, list: [1, 2], text: null, o: {} }
    let value = given === undefined ? defaults[key] : given
    if (key === 'o') value = { x: 4, ...(value as object) }
    if (key !== 'b' || (value as number) <= 600) return { bad: false, ...(value === undefined ? {} : { value }) }
    if (!place.forgiven) this.#failed = true
    return { bad: true }
  }

  #end({ id }: { readonly id: string }, { prefix, index }: Place, end: string): void {
    this.#ends.push(`${prefix}${id}${index.map((i) => `[${i}]`).join('')} ${end}`)
  }

  /** All calls of a body that never began. */
  #none(body: Body, place: Place, end: string): void {
    for (const at of callsUnder(this.#program, body)) this.#end(at, place, end)
  }

  #read(at: Operand, slots: Slots): Outcome {
    if ('value' in at) return { bad: false, value: at.value }
    if ('from' in at) return this.#follow(slots.get(at.from) as Outcome, at.path)
    if ('items' in at) {
      const items = at.items.map((item) => this.#read(item, slots))
      return { bad: items.some(({ bad }) => bad), value: items.map(({ value }) => value ?? null) }
    }
    const value: { [key: string]: Value } = {}
    let some = false
    for (const [key, field] of at.fields) {
      const outcome = this.#read(field, slots)
      some ||= outcome.bad
      if (outcome.value !== undefined) Object.defineProperty(value, key, { value: outcome.value, ...open })
    }
    return { bad: some, value }
  }

  #follow(outcome: Outcome, path: readonly string[]): Outcome {
    if (!outcome.inner) {
      if (outcome.bad) return { bad: true }
      const value = within(outcome.value, path)
      return { bad: false, ...(value === undefined ? {} : { value }) }
    }
    const { result, slots } = outcome.inner
    const [first, ...rest] = path
    if (first === undefined) return this.#read(result, slots)
    const field = 'fields' in result ? result.fields.find(([key]) => key === first)?.[1] : undefined
    return field ? this.#follow(this.#read(field, slots), rest) : { bad: false }
  }
}

const open = { enumerable: true, writable: true, configurable: true }
const stops = (outcome: Outcome | undefined): boolean => outcome?.bad === true || outcome?.stops === true

function compare(left: Value | undefined, operator: Operator, right: Value | undefined): boolean {
  if (operator === '===') return left === right
  if (operator === '!==') return left !== right
  const [a, b] = [left as number, right as number]
  return operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b
}

/** A field of a value; of a list, that field of each item. */
function within(value: Value | undefined, path: readonly string[]): Value | undefined {
  const [key, ...rest] = path
  if (key === undefined || value === undefined || value === null) return value
  if (Array.isArray(value)) return value.map((item: Value) => within(item, path) ?? null)
  if (typeof value !== 'object' || value instanceof FileOf || value instanceof FolderOf) return undefined
  return within((value as { readonly [key: string]: Value })[key], rest)
}
