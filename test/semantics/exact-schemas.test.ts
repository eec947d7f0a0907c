import { checkJson, type Json } from '@millrace/ir'
import fc from 'fast-check'
import { map, pipeline, run, stage, toGraph } from 'millrace'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { program } from '../support/program.ts'
import { absent, schemas, takes } from '../support/schemas/schemas.ts'

/** `MILLRACE_SCHEMAS=100000 MILLRACE_SEED=7` looks further. */
const many = Number(process.env.MILLRACE_SCHEMAS ?? 400)
const seed = Number(process.env.MILLRACE_SEED ?? 1)

/** What a pipeline checks of its input `v`; nothing where the schema is refused. */
function portOf(schema: z.ZodType) {
  try {
    return toGraph(pipeline('p', { input: z.object({ v: schema }), build: () => ({}) })).input
  } catch {
    return undefined
  }
}

test('what zod takes, a port takes; what zod refuses, a port refuses; or no pipeline has such a port', () => {
  const differ: string[] = []
  let refused = 0
  for (const [i, { schema, values, told }] of fc.sample(schemas, { numRuns: many, seed }).entries()) {
    const port = portOf(schema)
    if (!port) refused++
    else
      for (const value of [absent, ...fc.sample(values, { numRuns: 12, seed: seed + i })]) {
        const given = value === absent ? {} : { v: JSON.parse(JSON.stringify(value)) as Json }
        const problem = checkJson(port, given)
        if (takes(z.object({ v: schema }), given) !== (problem === undefined))
          differ.push(`${told} of ${JSON.stringify(given)}: the port says ${problem ?? 'yes'}`)
      }
  }
  expect(differ).toEqual([])
  expect(refused / many).toBeLessThan(0.05)
})

interface Node {
  readonly name: string
  readonly kids?: readonly Node[] | undefined
}
const node: z.ZodType<Node> = z.object({
  name: z.string().regex(/^\p{L}+$/u),
  get kids() {
    return z.array(node).optional()
  },
})

describe('in a run, alone and inside another, by what a stage gives', () => {
  test.each<[string, z.ZodType, Json, Json]>([
    ['regex /i', z.string().regex(/^[a-z]+$/i), 'ABC', '1'],
    ['regex /u', z.string().regex(/^\p{L}+$/u), 'Größe', '1'],
    ['regex /s', z.string().regex(/^a.b$/s), 'a\nb', 'ab'],
    ['regex /m', z.string().regex(/^b$/m), 'a\nb', 'ab'],
    ['regex /v', z.string().regex(/^[\p{L}--[a-z]]+$/v), 'ABC', 'abc'],
    ['regex /y', z.string().regex(/b/y), 'ba', 'ab'],
    ['two regexes', z.string().regex(/a/i).regex(/^.$/u), 'A', 'AA'],
    ['emoji', z.emoji(), '😀', 'x'],
    ['guid', z.guid(), '123e4567-e89b-02d3-0456-426614174000', '123'],
    ['ipv6', z.ipv6(), '::ffff:1.2.3.4', '::@1'],
    ['email of its own', z.email({ pattern: /^[^@]+@[^@]+$/ }), 'a@b', 'a'],
    ['httpUrl', z.httpUrl(), 'https://a.example', 'ftp://a.example'],
    ['record key /i', z.record(z.string().regex(/^[a-z]+$/i), z.int()), { ABC: 1 }, { '1': 1 }],
    ['two divisors', z.number().multipleOf(2).multipleOf(3), 12, 4],
    ['a recursive schema', node, { name: 'ä', kids: [{ name: 'ö' }] }, { name: 'ä', kids: [{ name: '1' }] }],
    ['a tuple that may end', z.tuple([z.int(), z.int().optional()]), [1], []],
  ])('%s', async (_, schema, good, bad) => {
    const gives = stage('gives', {
      input: z.object({ v: z.unknown() }),
      output: z.object({ v: schema }),
      cache: false,
      run: ({ v }) => ({ v }) as never,
    })
    const one = pipeline('one', { input: z.object({ v: schema }), build: ({ v }) => ({ v }) })
    const direct = pipeline('direct', { input: z.object({ v: z.unknown() }), build: ({ v }) => one({ v } as never) })
    const mapped = pipeline('mapped', {
      input: z.object({ v: z.unknown() }),
      build: ({ v }) => ({ all: map([gives({ v } as never).v] as never[], (v) => one({ v } as never)) }),
    })
    const told = (given: Parameters<typeof run>[0], v: Json) =>
      run(given, { v } as never, { onEvent() {} }).then(JSON.stringify, (error) =>
        error.diagnostics.map(({ code }: { code: string }) => code).join(),
      )
    expect([await told(one, good), await told(direct, good), await told(mapped, good)]).toEqual([
      JSON.stringify({ v: good }),
      JSON.stringify({ v: good }),
      JSON.stringify({ all: [{ v: good }] }),
    ])
    expect([await told(one, bad), await told(direct, bad)]).toEqual(['invalid-parameter', 'invalid-input'])
  })
})

test('a default inside of what may be null, at the end of a tuple, of a whole that holds itself', async () => {
  const { run } = program(`
import { main, pipeline } from 'millrace'
import { z } from 'zod'
const input = z.object({
  lr: z.number().default(0.1).nullable(),
  size: z.tuple([z.int(), z.int().default(7)]).default([1, 2]),
  name: z.string().default('x'),
  get next() { return input.optional() },
})
const whole = pipeline('whole', { input, build: ({ lr, size, name, next }) => ({ lr, size, name, next }) })
main(import.meta, whole)
`)
  const ran = await run(['--param', 'size=[3]', '--param', 'next={"name":"y","next":{}}'])
  expect([ran.code, JSON.parse(ran.stdout)]).toEqual([
    0,
    { lr: 0.1, size: [3, 7], name: 'x', next: expect.objectContaining({ lr: 0.1, size: [1, 2], name: 'y' }) },
  ])
})

test('what comes out of a check that changes a value is bound by no check before it, wherever the stage runs', async () => {
  const { run } = program(`
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const names = z.record(z.enum(['a', 'b']), z.string().nullish())
const output = z.object({
  text: z.string().min(3).trim(),
  mail: z.string().email().max(30).toLowerCase(),
  whole: z.number().int().min(5).overwrite((n) => n - 4.5),
  list: z.array(z.number()).min(2).overwrite((list) => list.slice(1)),
  names,
})
const run = ({ names }) => ({ text: '  a ', mail: 'A@b.example', whole: 5, list: [1, 2], names })
const input = z.object({ names })
export const there = stage('there', { input, output, run })
export const apart = stage('apart', { isolate: 'process', input, output, run: (given) => ({ ...run(given) }) })
export const p = pipeline('p', { input: z.object({ names: names.default({}) }), build: ({ names }) => ({ there: there({ names }), apart: apart({ names }) }) })
main(import.meta, p)
`)
  const made = { text: 'a', mail: 'a@b.example', whole: 0.5, list: [2], names: {} }
  for (const words of [[], ['--in-process'], []]) {
    const { stdout, stderr } = await run(['--fresh', '--progress', 'quiet', ...words])
    expect([JSON.parse(stdout || 'null'), stderr]).toEqual([
      { apart: made, there: made },
      '2 ran, 0 cached, 0 skipped, 0 failed, <s>\n',
    ])
  }
})
