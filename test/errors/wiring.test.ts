import { expect, test } from 'vitest'
import { refused } from './told.ts'

/** A program whose pipeline wires `body`, from line 17 on; `any` lets it write what tsc refuses. */
const wiring = (body: string): string => `
import { asset, is, map, main, pipeline as pipe, stage, when } from 'millrace'
import { z } from 'zod'

const pipeline = pipe as any
const input = z.object({
  x: z.int(), maybe: z.int().optional(), orNull: z.int().nullable(), has: z.int().default(1),
  rows: z.array(z.int()).optional(), deep: z.object({ a: z.object({ b: z.int() }) }).optional(),
})
const output = z.object({ y: z.int(), ok: z.boolean(), rows: z.array(z.object({ id: z.int() })), gap: z.int().optional() })
const free = z.object({ value: z.any().optional() })
export const clean: any = stage('clean', { input: input.partial({ orNull: true }), output, run: () => ({}) as any })
export const strict: any = stage('strict', { input: input.pick({ orNull: true }), output, run: () => ({}) as any })
export const take: any = stage('take', { input: free, output: free, run: () => ({}) as any })
const sub: any = pipeline('sub', { input: z.object({ v: z.int(), w: z.int().optional() }), build: ({ v }: any) => ({ y: clean({ x: v }).y }) })
const demo = pipeline('demo', { input: z.object({ p: z.int().optional(), yes: z.boolean().default(true) }), build: ({ p, yes }: any): any => {
${body}
} })
main(import.meta, demo)
`

test('fields that are missing or unknown at a call', async () => {
  const text = wiring(`  clean()
  clean({})
  clean({ x: 1, maybee: 2, hsa: 1, zebra: 1 })
  clean({ x: 1, deep: { a: { c: clean({ x: 1 }).y } } })
  sub({})
  sub({ v: 1, vv: 2 })
  strict.with({ retries: 1 })({})`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[missing-field]: "clean" is called without its input "x"
      at program.ts:17:3
      fix: Give "x", or give it a default or .optional() in the schema.
    error[missing-field]: "clean.2" is called without its input "x"
      at program.ts:18:3
      fix: Give "x", or give it a default or .optional() in the schema.
    error[unknown-field]: "clean.3" has no input "maybee" (did you mean "maybe"?)
      at program.ts:19:3
      fix: Use one of: x, maybe, orNull, has, rows, deep.
    error[unknown-field]: "clean.3" has no input "hsa" (did you mean "has"?)
      at program.ts:19:3
      fix: Use one of: x, maybe, orNull, has, rows, deep.
    error[unknown-field]: "clean.3" has no input "zebra"
      at program.ts:19:3
      fix: Use one of: x, maybe, orNull, has, rows, deep.
    error[missing-field]: "clean.5" is called without its input "deep.a.b"
      at program.ts:20:3
      fix: Give "deep.a.b", or give it a default or .optional() in the schema.
    error[missing-field]: "sub" is called without its input "v"
      at program.ts:21:3
      fix: Give "v", or give it a default or .optional() in the schema.
    error[unknown-field]: "sub.2" has no input "vv" (did you mean "v"?)
      at program.ts:22:3
      fix: Use one of: v, w.
    error[missing-field]: "strict" is called without its input "orNull"
      at program.ts:23:30
      fix: Give "orNull", or give it a default or .optional() in the schema.
    "
  `)
})

test('fields of what a call gives', async () => {
  const text = wiring(`  const made = clean({ x: 1 })
  take({ value: made.z })
  take({ value: made.okay })
  take({ value: { list: [made.rows.idd, made.y.deep, made.rows.id.deep] } })
  take({ value: sub({ v: 1 }).z })
  take({ value: p.deep })
  map(made.rows, (row: any) => take({ value: row.name }))
  when(made.passed, () => take())
  when(is(made.oks, '===', true), () => take())
  return { last: made.row }`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[unknown-output]: "clean" has no field "z"
      at program.ts:18:3
      fix: Use one of: y, ok, rows, gap.
    error[unknown-output]: "clean" has no field "okay"
      at program.ts:19:3
      fix: Use one of: y, ok, rows, gap.
    error[unknown-output]: "clean.rows" has no field "idd" (did you mean "id"?)
      at program.ts:20:3
      fix: Use one of: id.
    error[unknown-output]: "clean.y" has no field "deep"
      at program.ts:20:3
      fix: Use "clean.y" itself; it has no fields.
    error[unknown-output]: "clean.rows.id" has no field "deep"
      at program.ts:20:3
      fix: Use "clean.rows.id" itself; it has no fields.
    error[unknown-output]: "sub" has no field "z"
      at program.ts:21:3
      fix: Use one of: y.
    error[unknown-output]: "input.p" has no field "deep"
      at program.ts:22:3
      fix: Use "input.p" itself; it has no fields.
    error[unknown-output]: "item" has no field "name"
      at program.ts:23:32
      fix: Use one of: id.
    error[unknown-output]: "clean" has no field "passed"
      at program.ts:24:3
      fix: Use one of: y, ok, rows, gap.
    error[unknown-output]: "clean" has no field "oks" (did you mean "ok"?)
      at program.ts:25:3
      fix: Use one of: y, ok, rows, gap.
    error[unknown-output]: "clean" has no field "row" (did you mean "rows"?)
      at program.ts:17:16
      fix: Use one of: y, ok, rows, gap.
    "
  `)
})

test('values that may be absent', async () => {
  const text = wiring(`  const made = when(yes, () => clean({ x: 1 })) as any
  clean({ x: made.y })
  strict({ orNull: made.y })
  map(made.rows, (row: any) => take({ value: row.id }))
  clean({ x: 1, rows: [1, made.y] })
  clean({ x: 1, deep: { a: { b: made.y } } })
  sub({ v: made.y })
  const inner: any = pipeline('inner', { input: z.object({}), build: () => ({ y: when(yes2(), () => take().value) }) })
  clean({ x: inner().y })
  clean({ x: p })
  clean({ x: clean({ x: 1 }).gap })
  const fine = when(yes, () => clean({ x: 1 }).y, () => 3)
  clean({ x: fine, maybe: made.y, has: made.y })
  function yes2() { return is(clean({ x: 2 }).ok, '===', true) }`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[maybe-absent]: "x" of "clean.2" needs a value, and "when.y" may be absent
      at program.ts:18:3
      fix: Put "clean.2" inside the when that makes the value, or give that when an else.
    error[maybe-absent]: "orNull" of "strict" needs a value, and "when.y" may be absent
      at program.ts:19:3
      fix: Put "strict" inside the when that makes the value, or give that when an else.
    error[maybe-absent]: the list of "map" needs a value, and "when.rows" may be absent
      at program.ts:20:3
      fix: Put "map" inside the when that makes the value, or give that when an else.
    error[maybe-absent]: "rows[1]" of "clean.3" needs a value, and "when.y" may be absent
      at program.ts:21:3
      fix: Put "clean.3" inside the when that makes the value, or give that when an else.
    error[maybe-absent]: "deep.a.b" of "clean.4" needs a value, and "when.y" may be absent
      at program.ts:22:3
      fix: Put "clean.4" inside the when that makes the value, or give that when an else.
    error[maybe-absent]: "v" of "sub" needs a value, and "when.y" may be absent
      at program.ts:23:3
      fix: Put "sub" inside the when that makes the value, or give that when an else.
    error[maybe-absent]: "x" of "clean.5" needs a value, and "inner.y" may be absent
      at program.ts:25:3
      fix: Give "inner.y" a value in each case: a default, or an else where a when makes it; or make "x" optional.
    error[maybe-absent]: "x" of "clean.6" needs a value, and "input.p" may be absent
      at program.ts:26:3
      fix: Give "input.p" a value in each case: a default, or an else where a when makes it; or make "x" optional.
    error[maybe-absent]: "x" of "clean.8" needs a value, and "clean.7.gap" may be absent
      at program.ts:27:3
      fix: Give "clean.7.gap" a value in each case: a default, or an else where a when makes it; or make "x" optional.
    "
  `)
})

test('literals that JSON can not carry', async () => {
  const text = wiring(`  const cycle: any = { list: [] }
  cycle.list.push(cycle)
  class Own {}
  let deep: any = 1
  for (let i = 0; i < 600; i++) deep = [deep]
  take({ value: Number.NaN })
  take({ value: { deep: [1, Infinity] } })
  take({ value: () => 1 })
  take({ value: new Date(0) })
  take({ value: cycle })
  take({ value: take })
  take({ value: { of: [demo] } })
  take({ value: 10n })
  take({ value: 2 ** 53 })
  take({ value: Symbol('x') })
  take({ value: new Own() })
  take({ value: new Map() })
  take({ value: Promise.resolve(1) })
  take({ value: '\\ud800' })
  take({ value: { '\\ud800': 1 } })
  take({ value: deep })
  take({ value: [clean({ x: 1 }).y, Number.NaN] })
  map([Number.NaN], () => take())
  return { last: Number.NaN }`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[literal-not-json]: "value" is NaN, which JSON can't carry
      at program.ts:22:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value.deep[1]" is Infinity, which JSON can't carry
      at program.ts:23:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value" is a function, which JSON can't carry
      at program.ts:24:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value" is a Date, which JSON can't carry
      at program.ts:25:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value.list[0]" contains itself
      at program.ts:26:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value" is the stage "take" itself, not what a call of it gives
      at program.ts:27:3
      fix: Call it: take({ … }).
    error[literal-not-json]: "value.of[0]" is the pipeline "demo" itself, not what a call of it gives
      at program.ts:28:3
      fix: Call it: demo({ … }).
    error[literal-not-json]: "value" is a bigint, which JSON can't carry
      at program.ts:29:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value" is an integer beyond 2^53, which JSON can't carry
      at program.ts:30:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value" is a symbol, which JSON can't carry
      at program.ts:31:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value" is a Own, which JSON can't carry
      at program.ts:32:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value" is a Map, which JSON can't carry
      at program.ts:33:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value" is a Promise, which JSON can't carry
      at program.ts:34:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value" is not well-formed Unicode, which JSON can't carry
      at program.ts:35:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value" has a key that is not well-formed Unicode, which JSON can't carry
      at program.ts:36:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value[0][0]" is nested more than 500 levels deep
      at program.ts:37:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "value[1]" is NaN, which JSON can't carry
      at program.ts:38:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "[0]" is NaN, which JSON can't carry
      at program.ts:39:3
      fix: Give a value that JSON can carry.
    error[literal-not-json]: "last" is NaN, which JSON can't carry
      at program.ts:16:14
      fix: Give a value that JSON can carry.
    "
  `)
})

test('literals that are too large, alone and together', async () => {
  const text = wiring(`  take({ value: 'x'.repeat(65 * 1024) })
  const y = clean({ x: 1 }).y
  take({ value: { one: ['x'.repeat(40 * 1024), y], two: ['x'.repeat(40 * 1024), y] } })
  return { text: 'x'.repeat(66 * 1024) }`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[literal-too-large]: a literal of 66 KiB is written into "take"; the limit is 64 KiB
      at program.ts:17:3
      fix: Put it in a file and give it with asset() or a file parameter.
    error[literal-too-large]: a literal of 81 KiB is written into "take.2"; the limit is 64 KiB
      at program.ts:19:3
      fix: Put it in a file and give it with asset() or a file parameter.
    error[literal-too-large]: a literal of 67 KiB is written into "demo"; the limit is 64 KiB
      at program.ts:16:14
      fix: Put it in a file and give it with asset() or a file parameter.
    "
  `)
})

test('what map, when and is take', async () => {
  const text = wiring(`  const made = clean({ x: 1 })
  map(made as any, (item: any) => take({ value: item }))
  map(made.y, (item: any) => take({ value: item }))
  map(3 as any, () => take())
  map([1, 2], () => take(), { concurrency: 0, failures: 'all' } as any)
  when(true as any, () => take())
  when(is(3 as any, '>', made.y), () => take())
  when(is(made.y, '==' as any, 3), () => take())`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[bad-option]: "map.3": what it maps over is not a list
      at program.ts:20:3
      fix: Give a ref to a list, or an array.
    error[bad-option]: "map.4": concurrency is 0
      at program.ts:21:3
      fix: Give a whole number from 1, or leave it out.
    error[bad-option]: "map.4": failures is "all"
      at program.ts:21:3
      fix: Give 'allow', or leave it out.
    error[bad-option]: "when": its condition is neither a ref to a boolean nor is(…)
      at program.ts:22:3
      fix: Give a ref, or is(ref, '>=', 0.9).
    error[bad-option]: "when.2": the left side of is(…) is not a ref
      at program.ts:23:3
      fix: Put the ref first: is(ref, operator, literal).
    error[bad-option]: "when.3": its condition is neither a ref to a boolean nor is(…)
      at program.ts:24:3
      fix: Give a ref, or is(ref, '>=', 0.9).
    error[bad-option]: "map": "clean", which it maps over, is not a list
      at program.ts:18:3
      fix: Give a ref to a list, or an array.
    error[bad-option]: "map.2": "clean.y", which it maps over, is not a list
      at program.ts:19:3
      fix: Give a ref to a list, or an array.
    "
  `)
})
