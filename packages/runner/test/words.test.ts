import type { Json, Schema, Words } from '@millrace/ir'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { fillWords } from '../src/words.ts'

const artifact = { artifact: { kind: 'file', media: 'text/csv' }, type: 'object' }
const schemaOf = (shape: z.ZodRawShape, more: object = {}): Schema => {
  const { $schema: _, ...schema } = z.toJSONSchema(z.object(shape), { io: 'input' })
  return { ...schema, properties: { ...schema.properties, ...more } } as Schema
}
const fill = (words: Words, shape: z.ZodRawShape, input: Json, more?: object): string[] =>
  fillWords(words, {
    node: 'score',
    input,
    inputSchema: schemaOf(shape, more),
    outputPath: (path) => `/out/${path.join('/')}`,
  })
const failure = (words: Words, shape: z.ZodRawShape, input: Json) => {
  try {
    fill(words, shape, input)
  } catch (error) {
    const { code, message, fix, retry, path } = error as Record<string, unknown>
    return { code, message, fix, retry, path }
  }
  return undefined
}
const table = { path: '/in/table.csv', digest: `sha256:${'0'.repeat(64)}`, size: 3 }

test('texts alone as they are, all else as canonical JSON, files and folders by their paths', () => {
  const shape = {
    text: z.string(),
    mode: z.enum(['fast', 'slow']),
    one: z.literal(['a', 'b']),
    at: z.iso.datetime(),
    either: z.union([z.literal('a'), z.string().min(3)]),
    nul: z.string().nullable(),
    mixed: z.union([z.string(), z.number()]),
    n: z.number(),
    flag: z.boolean(),
    list: z.array(z.string()),
    object: z.object({ b: z.number(), a: z.string() }),
    any: z.unknown(),
    odd: z.literal(['a', 1]),
  }
  const input = {
    text: 'a b\n"c"',
    mode: 'fast',
    one: 'a',
    at: '2026-01-01T00:00:00Z',
    either: 'abc',
    nul: 'n',
    mixed: 'm',
    n: 1e21,
    flag: false,
    list: ['a b', 'c'],
    object: { b: 1, a: 'x' },
    any: 'any',
    odd: 'a',
    table,
  }
  const words: Words = [
    ...Object.keys(input).map((key) => ({ input: [key] })),
    { input: [] },
    { input: ['object', 'a'] },
  ]
  const filled = fill(words, shape, input, { table: artifact })
  expect(filled.slice(0, -2)).toEqual([
    ...['a b\n"c"', 'fast', 'a', '2026-01-01T00:00:00Z', 'abc', 'n', '"m"', '1e+21', 'false'],
    ...['["a b","c"]', '{"a":"x","b":1}', '"any"', '"a"', '/in/table.csv'],
  ])
  expect(JSON.parse(filled.at(-2) as string)).toEqual(input)
  expect(filled.at(-1)).toBe('x')
})

test('parts are joined, outputs are asked for once, words of given and each stand as often as they are to', () => {
  const asked: string[] = []
  const words: Words = [
    'x',
    ['--n=', { input: ['n'] }, '/', { output: ['auc'] }],
    { output: ['auc'] },
    { given: { input: ['note'] }, words: ['--note', { input: ['note'] }] },
    { given: { input: ['nul'] }, words: ['--nul', { output: ['never'] }] },
    { given: { input: ['no'] }, words: ['--no'] },
    { given: { input: ['zero'] }, words: ['--zero'] },
    { given: { input: ['empty'] }, words: ['--empty', { input: ['empty'] }] },
    {
      each: { input: ['rows'] },
      words: [
        { item: ['name'] },
        { each: { item: ['parts'] }, words: [[{ item: ['name'], depth: 1 }, '=', { item: [] }]] },
      ],
    },
    { each: { input: ['rows', 'name'] }, words: [{ item: [] }] },
  ]
  const rows = [
    { name: 'a', parts: [1, 2] },
    { name: 'b', parts: [] },
  ]
  const filled = fillWords(words, {
    node: 'score',
    input: { n: 3, nul: null, no: false, zero: 0, empty: '', rows },
    inputSchema: schemaOf({
      n: z.number(),
      note: z.string().optional(),
      nul: z.string().nullable(),
      no: z.boolean(),
      zero: z.number(),
      empty: z.string(),
      rows: z.array(z.object({ name: z.string(), parts: z.array(z.number()) })),
    }),
    outputPath: (path) => {
      asked.push(path.join('.'))
      return `/out/${path.join('.')}`
    },
  })
  expect(filled).toEqual([
    ...['x', '--n=3//out/auc', '/out/auc', '--zero', '--empty', '', 'a', 'a=1', 'a=2', 'b', 'a', 'b'],
  ])
  expect(asked).toEqual(['auc'])
})

test('values that no process can be given', () => {
  const shape = { text: z.string(), big: z.array(z.string()), any: z.any() }
  const given = { text: 'a\0b', big: ['x'.repeat(131_067)], any: 3 }
  expect(failure(['x', ['--t=', { input: ['text'] }]], shape, given)).toEqual({
    code: 'invalid-word',
    message: '"score": the word of "input.text" holds a NUL character, which no word can',
    fix: 'Leave it out.',
    retry: false,
    path: 'text',
  })
  expect(fill(['x', { input: ['big'] }], shape, given)).toHaveLength(2)
  expect(failure([['-', { input: ['big'] }]], shape, given)).toMatchObject({
    code: 'invalid-word',
    message: '"score": the word of "input.big" has 129 KiB; a word may have 128 KiB',
    fix: 'Put it in a file, and give its path.',
  })
  expect(failure([{ input: ['gone'] }], shape, given)).toMatchObject({
    code: 'invalid-word',
    message: '"score": "input.gone" stands among its words, and is not there',
    fix: 'Put it in given(input.gone, [ … ]).',
  })
  expect(failure([{ each: { input: ['any'] }, words: [] }], shape, given)).toMatchObject({
    code: 'invalid-word',
    message: '"score": its words are to be given for each item of "input.any", which is not a list',
    retry: false,
  })
})
