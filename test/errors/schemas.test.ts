import { expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { refused } from './told.ts'

const head = `
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
`

test('in the input of a pipeline, what JSON Schema can not tell', async () => {
  const text = `${head}const input = z.object({
  piped: z.string().pipe(z.email()), codec: z.codec(z.string(), z.int(), { decode: Number, encode: String }), yes: z.stringbool(),
  clean: z.url({ normalize: true }), two: z.string().url().base64(), own: z.stringFormat('own', (text) => text.length > 3),
  loose: z.looseRecord(z.string().regex(/^a/i), z.int()), high: z.record(z.number().min(5), z.int()),
  pair: z.tuple([z.int(), z.int().default(1)]).check(z.minLength(2)),
  both: z.intersection(z.object({ a: z.int() }), z.object({ constructor: z.int() })), sized: z.string().check(z.property('length', z.int())),
  constructor: z.string().optional(), ['__proto__']: z.string(), short: z.string().min(3).default('x'),
})
const demo = pipeline('demo', { input, build: () => ({}) })
const short = pipeline('short', { input: z.object({ name: z.string().min(3).default('x'), to: z.object({ n: z.int().default(0.5) }).prefault({}) }), build: () => ({}) })
main(import.meta, demo, short)
`
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[bad-schema]: pipeline "demo": the input field "__proto__" has a name that JavaScript keeps for itself
      at program.ts:12:14
      fix: Give the field another name.
    error[bad-schema]: pipeline "demo": the input field "constructor" has a name that JavaScript keeps for itself
      at program.ts:12:14
      fix: Give the field another name.
    error[bad-schema]: pipeline "demo": the input field "piped" has a transform or a refinement, which nobody would run: a pipeline checks its input by JSON Schema
      at program.ts:12:14
      fix: Move the transform or refinement into the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "codec" has a transform or a refinement, which nobody would run: a pipeline checks its input by JSON Schema
      at program.ts:12:14
      fix: Move the transform or refinement into the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "yes" has a transform or a refinement, which nobody would run: a pipeline checks its input by JSON Schema
      at program.ts:12:14
      fix: Move the transform or refinement into the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "clean" has z.url({ normalize: true }), which JSON Schema can't tell: a pipeline checks its input by that alone
      at program.ts:12:14
      fix: Check it in the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "two" has two formats, the second of which is base64, which JSON Schema can't tell: a pipeline checks its input by that alone
      at program.ts:12:14
      fix: Check it in the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "own" has the format own, which JSON Schema can't tell: a pipeline checks its input by that alone
      at program.ts:12:14
      fix: Check it in the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "loose" has z.looseRecord(), which JSON Schema can't tell: a pipeline checks its input by that alone
      at program.ts:12:14
      fix: Check it in the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "high" has a bound of a numeric key, which JSON Schema can't tell: a pipeline checks its input by that alone
      at program.ts:12:14
      fix: Check it in the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "pair" has a check of the length of a tuple, which JSON Schema can't tell: a pipeline checks its input by that alone
      at program.ts:12:14
      fix: Check it in the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "both" has a field "constructor" in an intersection, which JSON Schema can't tell: a pipeline checks its input by that alone
      at program.ts:12:14
      fix: Check it in the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "sized" has the check property, which JSON Schema can't tell: a pipeline checks its input by that alone
      at program.ts:12:14
      fix: Check it in the input of the stage that reads the field.
    "
  `)
  expect(await refused(text, ['--pipeline', 'short'])).toMatchInlineSnapshot(`
    "error[bad-schema]: pipeline "short": the input field "name" has a default that its schema refuses: Too small: expected string to have >=3 characters
      at program.ts:13:15
      fix: Give a default that the schema takes.
    error[bad-schema]: pipeline "short": the input field "to" has a default that its schema refuses: n: Invalid input: expected int, received number
      at program.ts:13:15
      fix: Give a default that the schema takes.
    error[bad-schema]: pipeline "short": the input field "to.n" has a default that its schema refuses: Invalid input: expected int, received number
      at program.ts:13:15
      fix: Give a default that the schema takes.
    "
  `)
})

test('what a stage of the same schemas takes by zod itself', async () => {
  const text = `${head}
const input = z.object({ piped: z.string().pipe(z.email()), yes: z.stringbool(), own: z.stringFormat('own', (text) => text.length > 3) })
export const reads = stage('reads', { input, output: z.object({ yes: z.boolean() }), run: ({ yes }) => ({ yes }) })
export const demo = pipeline('demo', { input: z.object({}), build: () => reads({ piped: 'a', yes: 'yes', own: 'long' }) })
main(import.meta, demo)
`
  const { stderr } = await program(text).run()
  expect(stderr).toContain('"reads" got an input that its schema refuses: piped: Invalid email address')
})

/** Where recursion can stand: each makes its schema anew at each turn. */
const endless: readonly (readonly [string, string])[] = [
  [
    'a getter',
    `const f = (): any => z.object({ n: z.int(), get kids() { return z.array(f()) } })\nconst input = z.object({ v: f() })`,
  ],
  [
    'an option of a union',
    `const f = (): any => z.discriminatedUnion('t', [z.object({ t: z.literal('a') }), z.object({ t: z.literal('b'), get in() { return f() } })])\nconst input = z.object({ v: f() })`,
  ],
  [
    'lazy in a record',
    `const f = (): any => z.lazy(() => z.record(z.string(), z.union([z.int(), f()])))\nconst input = z.object({ v: f() })`,
  ],
  [
    'lazy in a tuple',
    `const f = (): any => z.tuple([z.int(), z.lazy(() => f()).optional()])\nconst input = z.object({ v: f() })`,
  ],
  ['lazy alone', `const f = (): any => z.lazy(() => f())\nconst input = z.object({ v: f() })`],
  [
    'two that make each other',
    `const f = (): any => z.object({ get g() { return g().optional() } })\nconst g = (): any => z.object({ get f() { return f().nullable() } })\nconst input = z.object({ v: f() })`,
  ],
  [
    'many at each turn',
    `const f = (): any => z.object({ get a() { return f() }, get b() { return f() }, get c() { return z.array(f()) } })\nconst input = z.object({ v: f() })`,
  ],
  ['a getter of the whole', `const f = (): any => z.object({ get v() { return f() } })\nconst input = f()`],
]

const endsNot = (
  what: string,
) => `error[bad-schema]: ${what} field "<path>" is nested more than 500 levels deep: it is made anew at each turn of a recursion, or has no end
  at program.ts:<place>
  fix: Make a recursive schema once, outside of a function: const node = z.object({ get children() { return z.array(node) } }).
`
const plain = (text: string) => text.replace(/(?<=field ")v[^"]*/, '<path>').replace(/(?<=ts:)\d+:\d+/, '<place>')
const reads = `
export const reads = stage('reads', { input, output: z.object({}), run: () => ({}) })
const demo = pipeline('demo', { input: z.object({}), build: () => { reads({} as any) } })
main(import.meta, demo)
`

test.each(endless)('a schema without an end: %s', async (_, lines) => {
  expect(plain(await refused(head + lines + reads))).toBe(endsNot('stage "reads": the input'))
})

test('a schema without an end, of an output and of a pipeline; --help does not wait for it', async () => {
  const [, lines] = endless[0] as readonly [string, string]
  const output = reads.replace('input, output: z.object({})', 'input: z.object({}), output: input')
  expect(plain(await refused(head + lines + output))).toBe(endsNot('stage "reads": the output'))
  const ports = program(`${head}${lines}\nmain(import.meta, pipeline('demo', { input, build: () => ({}) }))\n`)
  expect(plain(await refused(ports))).toBe(endsNot('pipeline "demo": the input'))
  expect((await ports.run(['--help'])).code).toBe(0)
})

test('a schema of too many parts, and deep ones that end', async () => {
  const many = `${head}const f = (n: number): any => n === 0 ? z.int() : z.object({ a: f(n - 1), b: f(n - 1) })
const demo = pipeline('demo', { input: z.object({ v: f(17) }), build: () => ({}) })
main(import.meta, demo)
`
  expect(await refused(many)).toMatchInlineSnapshot(`
    "error[bad-schema]: pipeline "demo": the input field "v.a.b" is made of more than 100000 schemas
      at program.ts:5:14
      fix: Make each schema once, and use it where it is needed.
    "
  `)
  const deep = `${head}
let eager: z.ZodType = z.int()
let later: z.ZodType = z.int()
for (let i = 0; i < 200; i++) {
  const [one, other] = [eager, later]
  eager = z.object({ a: one.optional() })
  later = z.object({ get a() { return z.array(other).optional() } })
}
const once = z.object({ n: z.int(), get kids() { return z.array(once) } })
const input = z.object({ eager: eager.optional(), later: later.optional(), once: once.default({ n: 1, kids: [{ n: 2, kids: [] }] }) })
export const reads = stage('reads', { input, output: z.object({ n: z.int() }), run: ({ once }) => ({ n: once.kids.length }) })
export const demo = pipeline('demo', { input, build: ({ eager, later, once }) => reads({ eager, later, once }) })
main(import.meta, demo)
`
  const ran = await program(deep).run(['--param', 'later={"a":[{"a":[{}]}]}'])
  expect([ran.code, ran.stdout]).toEqual([0, '{"n":1}\n'])
})
