import { expect, test } from 'vitest'
import { z } from 'zod'
import { checkJson, checkShape, type Json, type Schema } from '../src/index.ts'

/** So many that they are looked at otherwise than a few. */
const size = 30_000
const many = (value: Json): Json => Array(size).fill(value)
const tree = z.object({
  value: z.int(),
  get children() {
    return z.array(tree).optional()
  },
})

const point = z.object({ x: z.number(), y: z.number().optional(), tags: z.array(z.string().min(1)).max(3) })
const kinds = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('a'), n: z.int().min(0).max(9) }),
  z.object({ kind: z.literal('b'), s: z.string().nullable() }),
])

test.each<[string, z.ZodType, readonly Json[], readonly Json[]]>([
  ['text', z.string().min(2).max(3), ['ab', 'abc'], ['a', 'abcd', 1, null, [], {}]],
  ['whole numbers', z.int().gt(0).lt(9), [1, 8], [0, 9, 1.5, '1', true]],
  ['numbers', z.number().min(-1).max(1), [-1, 0.5], [-1.1, 2, '0']],
  ['what may be missing', z.boolean().nullable(), [true, null], [0, 'true']],
  ['choices', z.enum(['a', 'b']), ['a'], ['c', 1]],
  ['literals', z.literal([1, 'x', null]), [1, 'x', null], [2, 'y', true]],
  [
    'objects',
    point,
    [
      { x: 1, tags: [] },
      { x: 1, y: 2, tags: ['a'], z: 3 },
    ],
    [{}, { x: 'a', tags: [] }, { x: 1 }, { x: 1, tags: [''] }],
  ],
  ['lists in lists', z.array(z.array(z.int())), [[[1], []]], [[[1], ['a']], [1], {}]],
  ['tuples', z.tuple([z.int(), z.string()]), [[1, 'a']], [['a', 1], 'a']],
  ['records', z.record(z.string(), z.int()), [{ a: 1 }, {}], [{ a: 'x' }, []]],
  ['records of few names', z.partialRecord(z.enum(['a', 'b']), z.int()), [{ a: 1 }], [{ a: '1' }]],
  [
    'unions',
    kinds,
    [
      { kind: 'a', n: 1 },
      { kind: 'b', s: null },
    ],
    [{ kind: 'a', s: 'x' }, { kind: 'a', n: 10 }, { kind: 'c' }],
  ],
  [
    'both of two',
    z.intersection(z.object({ a: z.int() }), z.object({ b: z.int() })),
    [{ a: 1, b: 2 }],
    [{ a: 1 }, { b: 2 }],
  ],
  [
    'trees',
    tree,
    [{ value: 1, children: [{ value: 2 }] }],
    [{ value: 1, children: [{ value: 'x' }] }, { children: [] }],
  ],
  ['anything', z.json(), [1, 'a', { a: [null] }], []],
])('a list of many %s is judged as one of few', (_, item, right, wrong) => {
  const schema = z.toJSONSchema(z.object({ list: z.array(item) })) as Schema
  for (const value of right) {
    expect(checkShape(schema, { list: [value] }), JSON.stringify(value)).toBe(undefined)
    expect(checkShape(schema, { list: many(value) }), JSON.stringify(value)).toBe(undefined)
  }
  for (const value of wrong) {
    expect(checkShape(schema, { list: [value] }), JSON.stringify(value)).toMatch(/^list\[0\]/)
    expect(checkShape(schema, { list: many(value) }), JSON.stringify(value)).toMatch(/^list\[0\].*: Invalid input$/)
  }
})

test('what is wrong is named, also as the last of many', () => {
  const schema = z.toJSONSchema(z.object({ list: z.array(z.int()) })) as Schema
  const list = [...(many(0) as number[]), 'x']
  expect(checkShape(schema, { list })).toBe(`list[${size}]: Invalid input`)
  expect(checkShape(schema, many(0))).toBe('Invalid input')
  expect(checkJson(schema, { list })).toBe(`list[${size}]: Invalid input`)
})
