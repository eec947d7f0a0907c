import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const echo = `export const echo = stage('echo', { input: z.object({ j: z.unknown() }), output: z.object({ j: z.string() }), run: ({ j }) => ({ j: JSON.stringify(j) }) })`
const text = `
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
${echo}
const fields = {
  text: z.string(), num: z.number(), int: z.int(), flag: z.boolean(), list: z.array(z.string()), nums: z.array(z.number()),
  lists: z.array(z.array(z.number())), obj: z.object({ a: z.int() }), pair: z.tuple([z.int(), z.string().optional()]),
  json: z.json(), unk: z.unknown(), any: z.any(),
  autoN: z.union([z.literal('auto'), z.number()]), sOrL: z.union([z.string(), z.array(z.string())]), lOrS: z.union([z.array(z.string()), z.string()]),
  nOrL: z.union([z.number(), z.array(z.number())]), enumOrN: z.union([z.enum(['sqrt', 'log2']), z.int(), z.null()]), jl: z.array(z.json()),
  rj: z.record(z.string(), z.json()), bOrS: z.union([z.boolean(), z.string()]), dt: z.iso.datetime().nullable(), tl: z.templateLiteral(['v', z.int()]),
  lits: z.literal(['a', 'b', null]), ones: z.literal(['1', 2]), two: z.string().regex(/a/i).regex(/^.$/u), nul: z.string().nullable(),
}
const input = z.object(fields).partial()
export const p = pipeline('texts', { input, build: (i: any) => ({ j: echo({ j: Object.fromEntries(Object.keys(fields).map((key) => [key, i[key]])) }).j }) })
main(import.meta, p)
`

/** What stands for a refusal: by the schema, or as no JSON. */
const refused = Symbol('refused')
const notJson = Symbol('not JSON')
type Row = Readonly<Record<string, unknown>>

/** By field: what each text means there. */
const texts = ['auto', '1', '"1"', 'null', 'true', '[1]', '{}', '', 'a,b', ' 1 ', 'größe 😀'] as const
const meanings: readonly (readonly [string, readonly unknown[]])[] = [
  ['text', ['auto', '1', '"1"', 'null', 'true', '[1]', '{}', '', 'a,b', ' 1 ', 'größe 😀']],
  ['num', [notJson, 1, refused, refused, refused, refused, refused, notJson, notJson, 1, notJson]],
  ['flag', [notJson, refused, refused, refused, true, refused, refused, notJson, notJson, refused, notJson]],
  ['list', [['auto'], ['1'], ['"1"'], ['null'], ['true'], refused, ['{}'], [''], ['a,b'], [' 1 '], ['größe 😀']]],
  ['nums', [notJson, [1], refused, refused, refused, [1], refused, notJson, notJson, [1], notJson]],
  ['lists', [notJson, [[1]], refused, refused, refused, [[1]], refused, notJson, notJson, [[1]], notJson]],
  ['obj', [notJson, refused, refused, refused, refused, refused, refused, notJson, notJson, refused, notJson]],
  ['pair', [notJson, [1], refused, refused, refused, [1], refused, notJson, notJson, [1], notJson]],
  ...['json', 'unk', 'any'].map(
    (name) => [name, ['auto', 1, '1', null, true, [1], {}, '', 'a,b', 1, 'größe 😀']] as const,
  ),
  ['autoN', ['auto', 1, refused, refused, refused, refused, refused, refused, refused, 1, refused]],
  ...['sOrL', 'lOrS'].map(
    (name) => [name, ['auto', '1', '"1"', 'null', 'true', refused, '{}', '', 'a,b', ' 1 ', 'größe 😀']] as const,
  ),
  ['nOrL', [notJson, 1, refused, refused, refused, [1], refused, notJson, notJson, 1, notJson]],
  ['enumOrN', [refused, 1, refused, null, refused, refused, refused, refused, refused, 1, refused]],
  ['jl', [['auto'], [1], ['1'], [null], [true], [1], [{}], [''], ['a,b'], [1], ['größe 😀']]],
  ['rj', [notJson, refused, refused, refused, refused, refused, {}, notJson, notJson, refused, notJson]],
  ['bOrS', ['auto', '1', '"1"', 'null', true, '[1]', '{}', '', 'a,b', ' 1 ', 'größe 😀']],
  ['dt', [refused, refused, refused, null, refused, refused, refused, refused, refused, refused, refused]],
  ['lits', [refused, refused, refused, null, refused, refused, refused, refused, refused, refused, refused]],
  ['nul', ['auto', '1', '"1"', null, 'true', '[1]', '{}', '', 'a,b', ' 1 ', 'größe 😀']],
]

test.each(texts)('what %j means for each kind of field', async (given) => {
  const one = program(text)
  const ran = (names: readonly string[]) =>
    one.run([...names.flatMap((name) => ['--param', `${name}=${given}`]), '--progress', 'quiet'])
  // all that is refused is told at once; what is left is taken
  const told: Record<string, unknown> = {}
  for (const [, error = '', name = ''] of (await ran(meanings.map(([name]) => name))).stderr.matchAll(
    /^(error.*?"(\w+).*)$/gm,
  ))
    told[name] = error.includes(' is not JSON: ') ? notJson : refused
  const left = meanings.map(([name]) => name).filter((name) => !(name in told))
  const { code, stdout } = await ran(left)
  expect(code).toBe(0)
  const taken = JSON.parse(JSON.parse(stdout).j) as Row
  for (const name of left) told[name] = taken[name]
  expect(told).toEqual(Object.fromEntries(meanings.map(([name, means]) => [name, means[texts.indexOf(given)]])))
})

test('literals by their text, several texts, a literal that is a text before one that is a number', async () => {
  const { run } = program(text)
  const params = (...given: string[]) => [...given.flatMap((one) => ['--param', one]), '--progress', 'quiet']
  const value = async (...given: string[]) => {
    const { code, stdout, stderr } = await run(params(...given))
    return code === 0 ? (JSON.parse(JSON.parse(stdout).j) as Row) : stderr
  }
  const several = [
    'sOrL=a',
    'sOrL=b',
    'lOrS=a',
    'lOrS=["b","c"]',
    'nOrL=1',
    'nOrL=2',
    'json=1',
    'json=x',
    'unk=a',
    'unk=[2]',
    'pair=3',
    'pair=x',
  ]
  expect(
    await value(
      ...several,
      'lists=[1]',
      'lists=[[2],[3]]',
      'ones=1',
      'tl=v7',
      'two=A',
      'rj.a=auto',
      'rj.b.c=1',
      'int=-0',
    ),
  ).toEqual({
    sOrL: ['a', 'b'],
    lOrS: ['a', 'b', 'c'],
    nOrL: [1, 2],
    json: [1, 'x'],
    unk: ['a', 2],
    pair: [3, 'x'],
    lists: [[1], [2], [3]],
    ones: '1',
    tl: 'v7',
    two: 'A',
    rj: { a: 'auto', b: { c: 1 } },
    int: 0,
  })
  expect(await value('ones=2')).toEqual({ ones: 2 })
  expect(await value('bOrS=a', 'bOrS=b')).toMatchInlineSnapshot(`
    "error[invalid-parameter]: the parameter "bOrS" is given twice, and it is not a list
      fix: Give it once.
    "
  `)
})

test('names with dots and equals signs, names of objects, and what JavaScript keeps for itself', async () => {
  const { run } = program(`
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
${echo}
const input = z.object({
  'model.lr': z.number().default(0.1), model: z.object({ lr: z.number().default(1), 'a.b': z.object({ c: z.int() }).optional() }).default({ lr: 2 }),
  'k=v': z.string().default(''), rec: z.record(z.string(), z.int()).default({}), constructor: z.int(), any: z.unknown().optional(), text: z.union([z.string(), z.object({ a: z.int() })]).optional(),
})
export const p = pipeline('constructor', { input, build: (i) => {
  const j = echo({ j: { lr: i['model.lr'], model: i.model, kv: i['k=v'], rec: i.rec, c: i.constructor, any: i.any, text: i.text } as never }).j
  return { j, clean: JSON.stringify([({} as any).b, ({} as any).x]) }
} })
main(import.meta, p)
`)
  const params = (...given: string[]) => [...given.flatMap((one) => ['--param', one]), '--progress', 'quiet']
  const ran = await run(
    params('constructor=1', 'model.lr=0.5', 'model.a.b.c=3', 'k=v=x=y', 'rec.a.b=4', 'any.constructor.prototype.x=1'),
  )
  expect([ran.code, JSON.parse(JSON.parse(ran.stdout).j), JSON.parse(ran.stdout).clean]).toEqual([
    0,
    {
      lr: 0.5,
      model: { lr: 1, 'a.b': { c: 3 } },
      kv: 'x=y',
      rec: { 'a.b': 4 },
      c: 1,
      any: { constructor: { prototype: { x: 1 } } },
    },
    '[null,null]',
  ])
  const wrong = [
    'constructor=1',
    'any.__proto__.b=1',
    'rec.__proto__=1',
    'rec.a.__proto__=1',
    '__proto__.x=1',
    'model.lrr=1',
    'model.constructor=1',
    'constructor.prototype=1',
  ]
  expect((await run(params(...wrong))).stderr).toMatchInlineSnapshot(`
    "error[unknown-parameter]: the parameter "any" has no field "__proto__"
      fix: Leave it out: there is nothing to set.
    error[unknown-parameter]: the parameter "rec" has no field "__proto__"
      fix: Leave it out: there is nothing to set.
    error[unknown-parameter]: the parameter "rec.a" has no field "__proto__"
      fix: Leave it out: there is nothing to set.
    error[unknown-parameter]: pipeline "constructor" has no parameter "__proto__.x"
      fix: Use one of: model.lr, model, k=v, rec, constructor, any, text.
    error[unknown-parameter]: the parameter "model" has no field "lrr" (did you mean "lr"?)
      fix: Use one of: lr, a.b.
    error[unknown-parameter]: the parameter "model" has no field "constructor"
      fix: Use one of: lr, a.b.
    error[unknown-parameter]: the parameter "constructor" has no field "prototype"
      fix: Leave it out: there is nothing to set.
    "
  `)
  expect((await run(params('constructor=1', 'text=a', 'text.a=1'))).stderr).toMatchInlineSnapshot(`
    "error[invalid-parameter]: the parameter "text" is given as a whole, and "text.a" is a part of it
      fix: Give the whole first, as an object, or only its parts.
    "
  `)
  expect((await run(params('constructor=1', 'text.a=1', 'text=a'))).stderr).toMatchInlineSnapshot(`
    "error[invalid-parameter]: the parameter "text" is given as a whole, and "text.a" is a part of it
      fix: Give the whole first, as an object, or only its parts.
    "
  `)
})

test('from code, a key that changes the prototype of all objects is data like any other', async () => {
  const { run } = program(`
import { pipeline, run, stage } from 'millrace'
import { z } from 'zod'
${echo}
const p = pipeline('p', { input: z.object({ a: z.unknown(), r: z.record(z.string(), z.unknown()) }), build: ({ a, r }) => ({ a, r, j: echo({ j: { a } as never }).j }) })
const input = JSON.parse('{"a":{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}}},"r":{"__proto__":{"z":3}}}')
console.log(JSON.stringify(await run(p, input)))
console.log(JSON.stringify([({} as any).x, ({} as any).y, ({} as any).z, Object.keys(Object.prototype)]))
`)
  const { code, stdout } = await run([])
  const [output, clean] = stdout.trimEnd().split('\n')
  expect([code, clean]).toEqual([0, '[null,null,null,[]]'])
  expect(JSON.parse(output as string).j).toBe('{"a":{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}}}}')
})
