import type { Json } from '@millrace/ir'
import fc from 'fast-check'
import { Author } from './author.ts'
import { interpret } from './interpret.ts'
import type { Input, Program } from './program.ts'

/** A statement before its choices are made: which kind, numbers to choose by, and the bodies in it. */
export interface Draft {
  readonly kind: string
  readonly x: readonly number[]
  readonly body?: readonly Draft[]
  readonly other?: readonly Draft[]
}

const kinds = {
  calc: 8,
  pipe: 4,
  range: 4,
  fold: 4,
  say: 3,
  again: 3,
  write: 3,
  read: 3,
  pack: 2,
  look: 2,
  hand: 2,
  maybe: 3,
  test: 2,
  echo: 2,
  measure: 2,
  large: 1,
  effect: 2,
} as const

const x = fc.array(fc.nat(9999), { minLength: 8, maxLength: 8 })
const leaf = fc.record({
  kind: fc.oneof(...Object.entries(kinds).map(([kind, weight]) => ({ arbitrary: fc.constant(kind), weight }))),
  x,
})

const { block } = fc.letrec<{ block: readonly Draft[]; map: Draft; when: Draft }>((tie) => {
  const statement = fc.oneof(
    { maxDepth: 3, depthIdentifier: 'body' },
    { arbitrary: leaf, weight: 7 },
    { arbitrary: tie('map'), weight: 3 },
    { arbitrary: tie('when'), weight: 2 },
  )
  return {
    block: fc.array(statement, { minLength: 1, maxLength: 5, depthIdentifier: 'body', size: 'max' }),
    map: fc.record({ kind: fc.constant('map'), x, body: tie('block') }),
    when: fc.record({ kind: fc.constant('when'), x, body: tie('block'), other: tie('block') }),
  }
})

/** What texts are made of: letters of every width, what JSON escapes, what paths and prototypes trip over. */
const unit = fc.constantFrom(...'aB0_ "\\\n\0\u007f\u2028\ufeff\u202eü漢🦉\u{10ffff}$%', 'e\u0301', '../', '__proto__')

/** JSON with every kind of character and name, as a stage may hand on. */
const json = fc.jsonValue({ maxDepth: 4, stringUnit: unit }).map(deepened)

/** Now and then as deep as a stack of brackets in earnest. */
function deepened(value: unknown): Json {
  let at = JSON.parse(JSON.stringify(value)) as Json
  if (typeof at === 'number') for (let i = 0; i < 120; i++) at = i % 2 === 0 ? [at] : { '': at }
  return safe(at)
}

/** Without the integers that no reader keeps. */
function safe(at: Json): Json {
  if (typeof at === 'number')
    return Number.isInteger(at) && !Number.isSafeInteger(at) && Math.abs(at) < 2 ** 64 ? 0 : at
  if (typeof at !== 'object' || at === null) return at
  if (Array.isArray(at)) return at.map(safe)
  return Object.fromEntries(Object.entries(at).map(([key, item]) => [key, safe(item)]))
}

const small = fc.integer({ min: -20, max: 20 })
const input: fc.Arbitrary<Input> = fc.record(
  {
    n: small,
    flag: fc.boolean(),
    text: fc.string({ unit, maxLength: 8 }),
    list: fc.array(small, { maxLength: 4 }),
    rows: fc.array(fc.array(small, { maxLength: 3 }), { maxLength: 3 }),
  },
  { requiredKeys: ['n', 'flag'] },
)

/** Rare ones: what waits for a second, and what fails until something outside has changed. */
const special = fc.oneof(
  { arbitrary: fc.constant([]), weight: 8 },
  { arbitrary: x.map((x) => [{ kind: 'flaky', x }]), weight: 1 },
  { arbitrary: x.map((x) => [{ kind: 'gate', x }]), weight: 2 },
)

const drafts = fc.record({
  pipes: fc.array(block, { minLength: 1, maxLength: 3, size: 'max' }),
  begin: block,
  special,
  end: fc.array(block, { minLength: 1, maxLength: 3, size: 'max' }),
  luck: fc.constantFrom(0, 0, 0, 7, 13, 29),
  json: fc.array(json, { minLength: 1, maxLength: 3 }),
  input,
})

/** Programs of at least a few calls that run, and at most so many. */
export const programs = (most: number): fc.Arbitrary<Program> =>
  drafts
    .map(({ pipes, begin, special, end, luck, json, input }) => {
      const author = new Author(luck, json)
      return { ...author.write(pipes, [...begin, ...special, ...end.flat()]), input }
    })
    .filter((program) => {
      const { calls } = interpret(program, { gate: '', open: true }, most)
      return calls >= 3 && calls <= most
    })
