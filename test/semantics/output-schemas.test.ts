import { checkOutput, type Json, type Schema } from '@millrace/ir'
import fc from 'fast-check'
import { file, pipeline, stage, toGraph } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Made } from '../support/schemas/leaves.ts'
import { schemas } from '../support/schemas/schemas.ts'

/** `MILLRACE_SCHEMAS=100000 MILLRACE_SEED=7` looks further. */
const many = Number(process.env.MILLRACE_SCHEMAS ?? 400)
const seed = Number(process.env.MILLRACE_SEED ?? 1)

/** The schema of a stage's output `v` as a driver knows it; nothing where it is refused. */
function outputOf(v: z.ZodType): Schema | undefined {
  const gives = stage('gives', { input: z.object({}), output: z.object({ v }), run: () => ({}) as never })
  try {
    return toGraph(pipeline('p', { input: z.object({}), build: () => ({ v: gives({}).v }) as never })).stages.gives
      ?.output
  } catch {
    return undefined
  }
}

/** What a runner hands on of a value that a stage returned; undefined where it refuses it. */
function honest(v: z.ZodType, value: unknown): Json | undefined {
  try {
    const result = z.object({ v }).safeParse({ v: value })
    return result.success ? (JSON.parse(JSON.stringify(result.data)) as Json) : undefined
  } catch {
    return undefined
  }
}

/** What an output may have and a pipeline's input may not: effects. */
const effects: readonly (readonly [string, (schema: z.ZodType) => z.ZodType])[] = [
  ['as it is', (s) => s],
  ['refined', (s) => s.refine(() => true)],
  ['made by a transform', (s) => z.preprocess((value) => value, s)],
  ['beside a record', (s) => z.intersection(z.object({ s }), z.object({ n: z.int().default(1) }))],
  [
    'in both',
    (s) => z.intersection(z.object({ o: z.object({ s }) }), z.object({ o: z.object({ n: z.int().default(1) }) })),
  ],
  ['or else', (s) => z.union([z.object({ s }), z.string().trim(), s])],
]

test('no output that a runner takes is refused by who knows its JSON Schema alone', () => {
  const wrong: string[] = []
  let checked = 0
  for (const [i, { schema, values, told }] of (fc.sample(schemas, { numRuns: many, seed }) as Made[]).entries())
    for (const [how, make] of effects) {
      const made = make(schema)
      const output = outputOf(made)
      if (!output) continue
      for (const value of fc.sample(values, { numRuns: 8, seed: seed + i }))
        for (const given of [value, { s: value }, { o: { s: value } }]) {
          const out = honest(made, given)
          if (out === undefined) continue
          checked++
          const problem = checkOutput(output, out)
          if (problem !== undefined) wrong.push(`${how} ${told}: ${JSON.stringify(out)}: ${problem}`)
        }
    }
  expect(wrong.slice(0, 20)).toEqual([])
  expect(checked).toBeGreaterThan(many)
})

const own = z.object({ id: z.string() })
const more = { id: 'a', 'x\ny': { path: '/millrace/store/results/x', digest: 'sha256:0', size: 1 } }

test.each<[string, z.ZodType, Json, Json]>([
  ['what is trimmed after it was matched', z.string().regex(/^ /).trim(), 'a', 1],
  ['what is caught', z.email().catch('none'), 'none', 1],
  ['a default that no format has', z.email().default('none'), 'none', 1],
  ['a default with more than it declares', own.default(more), more, { name: 1 }],
  ['an object', own, { id: 'a' }, more],
  ['a strict one', z.strictObject({ id: z.string() }), { id: 'a' }, more],
  ['one in a list', z.array(own), [{ id: 'a' }], [{ id: 'a' }, more]],
  ['one in a tuple', z.tuple([z.int()]).rest(own), [1, { id: 'a' }], [1, more]],
  ['one in a record', z.record(z.string(), own), { y: { id: 'a' } }, { y: more }],
  ['one or another', z.union([own, z.null()]), { id: 'a' }, more],
  [
    'one of two',
    z.discriminatedUnion('id', [z.object({ id: z.literal('a') }), z.object({ id: z.literal('b') })]),
    { id: 'b' },
    more,
  ],
  ['both', z.intersection(own, z.object({ n: z.int() })), { id: 'a', n: 1 }, { ...more, n: 1 }],
  [
    'one that may hold itself',
    z.object({
      id: z.string(),
      get next() {
        return own.optional()
      },
    }),
    { id: 'a', next: { id: 'b' } },
    { id: 'a', next: more },
  ],
  [
    'a file',
    file(),
    { path: 'a', digest: `sha256:${'0'.repeat(64)}`, size: 1 },
    { path: 'a', digest: `sha256:${'0'.repeat(64)}`, size: 1, more },
  ],
])('%s', (_, schema, good, bad) => {
  const output = outputOf(schema) as Schema
  expect(checkOutput(output, { v: good })).toBe(undefined)
  expect(checkOutput(output, { v: bad })).toMatch(/^v.*: (Unrecognized key|Invalid input)/s)
})

test('what is open stays so', () => {
  const output = outputOf(z.looseObject({ id: z.unknown() })) as Schema
  expect(checkOutput(output, { v: { id: more, more } })).toBe(undefined)
})
