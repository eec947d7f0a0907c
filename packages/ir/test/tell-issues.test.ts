import { expect, test } from 'vitest'
import { z } from 'zod'
import { tellIssues } from '../src/index.ts'

const circle = z.object({ kind: z.literal('circle'), radius: z.number() })
const box = z.object({ kind: z.literal('box'), width: z.number(), height: z.number() })
const shape = z.union([circle, box])

const said = (schema: z.ZodType, value: unknown): string => {
  const { error } = schema.safeParse(value)
  return tellIssues(error?.issues ?? []).text
}

test.each([
  [
    'the literal tells which is meant',
    shape,
    { kind: 'box', width: 1, height: 'tall' },
    'height: Invalid input: expected number, received string (by the 2nd of 2 alternatives, the nearest)',
  ],
  [
    'none is meant, and the first has the fewest complaints',
    shape,
    { kind: 'line' },
    'kind: Invalid input: expected "circle"; radius: Invalid input: expected number, received undefined (by the 1st of 2 alternatives, the nearest)',
  ],
  [
    'a value of no alternative’s type',
    z.union([z.string(), z.number()]),
    null,
    'Invalid input: expected string or number, received null',
  ],
  [
    'within lists and unions',
    z.object({ all: z.array(z.union([shape, z.string()])) }),
    { all: ['a', { kind: 'circle', radius: '1' }] },
    'all[1].radius: Invalid input: expected number, received string (by the 1st of 2 alternatives, the nearest)',
  ],
  [
    'a discriminated one',
    z.discriminatedUnion('kind', [circle, box]),
    { kind: 'c' },
    "kind: Invalid discriminator value. Expected 'circle' | 'box'",
  ],
  [
    'what fits several',
    z.xor([z.object({ a: z.number().optional() }), z.object({ b: z.number().optional() })]),
    {},
    'Invalid input: more than one option matched',
  ],
])('%s', (_, schema, value, text) => {
  expect(said(schema, value)).toBe(text)
})

test.each([
  [z.object({ n: z.number() }), { n: 'two' }, 'n: Invalid input: expected number, received string (it is "two")'],
  [z.number().positive(), -3, 'Too small: expected number to be >0 (it is -3)'],
  [z.number(), Number.NaN, 'Invalid input: expected number, received NaN'],
  [z.union([z.number(), z.null()]), true, 'Invalid input: expected number or null, received boolean (it is true)'],
  [z.enum(['a', 'b']), 'c\n', 'Invalid option: expected one of "a"|"b" (it is "c\\n")'],
  [z.number(), '🙂'.repeat(30), `Invalid input: expected number, received string (it is "${'🙂'.repeat(19)}\ufffd…")`],
  [z.number(), ['x'], 'Invalid input: expected number, received array'],
])('what the value was is told where it is short and not told yet', (schema, value, text) => {
  const { error } = (schema as z.ZodType).safeParse(value, { reportInput: true })
  expect(tellIssues(error?.issues ?? []).text).toBe(text)
})

test('a value that is wrong in many places is told in few', () => {
  const { error } = z.array(z.number()).safeParse(Array(100).fill('x'))
  const { text, path } = tellIssues(error?.issues ?? [])
  expect([text.split('; ').length, text.split('; ').at(-1), path]).toEqual([6, 'and 95 more', '[0]'])
})
