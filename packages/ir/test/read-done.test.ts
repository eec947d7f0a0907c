import { expect, test } from 'vitest'
import {
  type DoneMarker,
  digestJson,
  type Foreign,
  type Json,
  outputLimit,
  readDone,
  readFailed,
} from '../src/index.ts'

const digest = digestJson(null)
const marker: DoneMarker = {
  inputDigest: digest,
  codeDigest: 'x',
  index: 0,
  generation: 0,
  key: digest,
  outputDigest: digest,
  output: { n: 1, text: '},]{["\\"', 'a"b': [[], {}] },
  files: [{ path: 'a,"]}.csv', digest, size: 1 }],
  metrics: [
    { name: 'a\n', value: 1, step: 2, time: '2026-01-02T03:04:05Z' },
    { name: '€', value: -1e-7, time: '2026-01-02T03:04:05Z' },
  ],
  cards: [],
  log: '',
}

function read(text: string): Foreign<DoneMarker> {
  const head = readDone(Buffer.from(text))
  return 'odd' in head ? head : head.value.read()
}
const json = (fields: object): string => JSON.stringify({ ...marker, ...fields })

test('what a runner writes is read, also with blanks and in another order', () => {
  expect(read(JSON.stringify(marker))).toEqual({ value: marker })
  expect(read(JSON.stringify(marker, undefined, 2))).toEqual({ value: marker })
  expect(read(JSON.stringify(Object.fromEntries(Object.entries(marker).reverse())))).toEqual({ value: marker })
  const empty = { ...marker, output: {}, files: [], metrics: [] }
  expect(read(JSON.stringify(empty))).toEqual({ value: empty })
})

test('the largest that a runner writes is read', () => {
  const time = '2026-01-02T03:04:05.678Z'
  const metrics = Array.from({ length: 50_000 }, (_, value) => ({ name: 'n'.repeat(20), value, step: value, time }))
  for (const output of ['"'.repeat(outputLimit / 2 - 1), Array(Math.floor(outputLimit / 3)).fill([])] as Json[]) {
    const all = { ...marker, output, metrics }
    expect(JSON.stringify(output).length).toBeLessThanOrEqual(outputLimit)
    expect(read(JSON.stringify(all))).toEqual({ value: all })
  }
})

test('what is short is known before the rest is parsed', () => {
  const head = readDone(Buffer.from(json({ output: 0 }).replace('"output":0', '"output":[1}')))
  if ('odd' in head) throw new Error(head.odd)
  expect([head.value.key, head.value.index, head.value.read()]).toEqual([digest, 0, { odd: 'it is not JSON' }])
})

const line = JSON.stringify(marker)
const keys = (count: number) => `{${Array.from({ length: count }, (_, i) => `"${i.toString(36)}":1`).join()}}`

test.each<[string, string, string]>([
  ['', '', 'it is not JSON'],
  ['a half', line.slice(0, -1), 'it is not JSON'],
  ['two', line + line, 'it is not JSON'],
  ['a closed list', `${line.slice(0, -1)}]`, 'it is not JSON'],
  ['a comma more', line.replace('"index"', ',"index"'), 'it is not JSON'],
  ['a comma at the end', `${line.slice(0, -1)},}`, 'it is not JSON'],
  ['no commas', line.replace(',"index"', '"index"'), 'it is not JSON'],
  ['a colon more', line.replace('"index":', '"index"::'), 'it is not JSON'],
  ['a value alone', line.replace('"index":0', '0'), 'it is not JSON'],
  ['a number for a key', line.replace('"index"', '1'), 'it is not JSON'],
  ['a list', `[${line}]`, 'it is not an object'],
  ['a text', '"x"', 'it is not an object'],
  ['a field twice', line.replace('{', '{"output":1,'), 'it has a field twice'],
  ['a field twice, otherwise written', line.replace('{', '{"\\u006futput":1,'), 'it has a field twice'],
  ['a field more', line.replace('{', '{"x":1,'), 'it has the unknown field "x"'],
  ['the prototype', line.replace('{', '{"__proto__":{},'), 'it has the unknown field "__proto__"'],
  ['many fields more', keys(600_000), 'it has the unknown field "0"'],
  ['no output', line.replace('"output":', '"metrics":'), 'it has a field twice'],
  [
    'a long index',
    json({ index: [] }).replace('"index":[]', `"index":[${'[],'.repeat(9000)}0]`),
    'index is not a count',
  ],
  ['an object for files', json({ files: { a: 1 } }), 'files is not a list'],
  ['a file of more', json({ files: [{ path: 'a', digest, size: 1, x: 1 }] }), 'files[0] has the unknown field "x"'],
  ['a comma more in a list', line.replace('"metrics":[', '"metrics":[,'), 'it is not JSON'],
  ['a comma at the end of a list', line.replace('],"cards"', ',],"cards"'), 'it is not JSON'],
  ['an output that is too large', json({ output: 'x'.repeat(outputLimit) }), 'its output has more than 1048576 bytes'],
  [
    'an output of many keys',
    line.replace(/"output":\{.*?\},"files"/, `"output":${keys(695_000)},"files"`),
    'its output has more than 1048576 bytes',
  ],
  [
    'a metric of many keys',
    json({ metrics: [] }).replace('"metrics":[]', `"metrics":[${keys(690_000)}]`),
    'metrics[0] has more than 25600 bytes',
  ],
])('a marker with %s is refused', (_, text, odd) => expect(read(text)).toEqual({ odd }))

test('a marker that is nothing but large is refused before it is a value', () => {
  const text = Buffer.from(line.replace(/"output":\{.*?\},"files"/, `"output":${keys(695_000)},"files"`))
  const before = process.memoryUsage().heapUsed
  const head = readDone(text)
  expect('odd' in head ? head : head.value.read()).toEqual({ odd: 'its output has more than 1048576 bytes' })
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10e6)
})

test('of a failure only what it may say is kept', () => {
  const at = { pipeline: 'p', node: null, path: 'a', line: 1, x: [1] }
  const cause = { code: 'stage-threw', severity: 'error', message: 'm', at, fix: 'f', more: { a: 1 } }
  const { x: _, ...place } = at
  const { more: __, ...rest } = cause
  expect(readFailed(Buffer.from(JSON.stringify({ cause, retry: true, log: 'l' })))).toEqual({
    value: { cause: { ...rest, at: place }, retry: true, log: 'l' },
  })
  const frame = { function: 'run', file: '/a.ts', line: 1, column: 2 }
  const stacks = { stack: [frame], causes: [{ name: 'Error', message: 'inner', stack: [frame] }] }
  expect(readFailed(Buffer.from(JSON.stringify({ cause: { ...cause, ...stacks }, retry: true, log: 'l' })))).toEqual({
    value: { cause: { ...rest, at: place, ...stacks }, retry: true, log: 'l' },
  })
  for (const [odd, why] of [
    [{ stack: [{ ...frame, line: '1' }] }, 'cause.stack[0].line is not a count'],
    [{ stack: Array(51).fill(frame) }, 'cause.stack holds more than 50'],
    [{ stack: [], causes: Array(9).fill(stacks.causes[0]) }, 'cause.causes holds more than 8'],
    [{ stack: [{ ...frame, x: 1 }] }, 'cause.stack[0] has the unknown field "x"'],
  ] as const)
    expect(readFailed(Buffer.from(JSON.stringify({ cause: { ...cause, ...odd }, retry: true, log: 'l' })))).toEqual({
      odd: why,
    })
  const large = { ...cause, more: Array(5000).fill(0) }
  expect(readFailed(Buffer.from(JSON.stringify({ cause: large, retry: true, log: 'l' })))).toEqual({
    odd: 'it holds more than 4000 values',
  })
})
