import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { readFileSync } from 'node:fs'
import { asset, file, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const read = stage('read', {
  input: z.object({ of: file('text/plain') }),
  output: z.object({ text: z.string() }),
  run: ({ of }) => ({ text: readFileSync(of.path, 'utf8') }),
})
export const echo = pipeline('echo', {
  input: z.object({
    text: z.string().default('none'),
    n: z.number().default(0),
    flag: z.boolean().default(false),
    choice: z.enum(['a', 'b']).default('a'),
    maybe: z.union([z.string(), z.int(), z.null()]).default(null),
    words: z.array(z.string()).default([]),
    numbers: z.array(z.number()).default([]),
    model: z.object({ lr: z.number().default(0.5), name: z.string().default('m'), deep: z.object({ on: z.boolean().default(false), list: z.array(z.int()).default([]) }).prefault({}) }).prefault({}),
    any: z.record(z.string(), z.unknown()).default({}),
    data: file('text/plain').default(asset(new URL('./default.txt', import.meta.url))),
  }),
  build: ({ text, n, flag, choice, maybe, words, numbers, model, any, data }) => {
    return { text, n, flag, choice, maybe, words, numbers, model, any, data: read({ of: data }).text }
  },
})
main(import.meta, echo)
`
const defaults = {
  text: 'none',
  n: 0,
  flag: false,
  choice: 'a',
  maybe: null,
  words: [],
  numbers: [],
  model: { lr: 0.5, name: 'm', deep: { on: false, list: [] } },
  any: {},
  data: 'by default',
}
const files = { 'program.ts': text, 'default.txt': 'by default' }
const params = (...given: string[]) => given.flatMap((one) => ['--param', one])

test('strings are taken as they are, others as JSON; dots nest, repeating appends', async () => {
  const { run } = program({ ...files, 'in/data.txt': 'from a path' })
  const none = await run()
  expect(JSON.parse(none.stdout)).toEqual(defaults)
  const { code, stdout } = await run(
    params(
      'text=123',
      'n=-1.5e3',
      'flag=true',
      'choice=b',
      'maybe=7',
      'words=one',
      'words=two',
      'numbers=1',
      'numbers=[2,3]',
      'model.lr=0.1',
      'model.name={"a":1}',
      'model.deep.list=4',
      'model.deep.list=5',
      'any.a.b=[null]',
      'any.c="text"',
      'data=in/data.txt',
    ),
  )
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {
      text: '123',
      n: -1500,
      flag: true,
      choice: 'b',
      maybe: 7,
      words: ['one', 'two'],
      numbers: [1, 2, 3],
      model: { lr: 0.1, name: '{"a":1}', deep: { on: false, list: [4, 5] } },
      any: { a: { b: [null] }, c: 'text' },
      data: 'from a path',
    },
  ])
})

test('edges: an empty text, =, a whole list, null, __proto__', async () => {
  const { run } = program(files)
  const { code, stdout } = await run(
    params('text=', 'maybe=seven', 'words=["a","b"]', 'numbers=[]', 'model={"lr":1}', 'any={"__proto__":{"x":1}}'),
  )
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    text: '',
    maybe: 'seven',
    words: ['a', 'b'],
    numbers: [],
    model: { lr: 1, name: 'm', deep: { on: false } },
  })
  const equals = await run(params('text=a=b=c', 'maybe=null'))
  expect(JSON.parse(equals.stdout)).toMatchObject({ text: 'a=b=c', maybe: null })
})

test('--params reads YAML or JSON; --param goes over it; a file in it is looked for beside it', async () => {
  const yaml = 'text: "yes"   # a comment\nn: 1\nwords: [x]\nmodel:\n  lr: 0.25\ndata: data.txt\n'
  const { folder, run } = program({ ...files, 'set/params.yaml': yaml, 'set/data.txt': 'beside the file' })
  const { code, stdout } = await run(['--params', 'set/params.yaml', ...params('n=2', 'model.name=over', 'words=y')])
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {
      ...defaults,
      text: 'yes',
      n: 2,
      words: ['y'],
      model: { ...defaults.model, lr: 0.25, name: 'over' },
      data: 'beside the file',
    },
  ])
  mkdirSync(join(folder, 'set'), { recursive: true })
  writeFileSync(join(folder, 'set/params.json'), JSON.stringify({ text: 'json', data: join(folder, 'set/data.txt') }))
  const json = await run(['--params', 'set/params.json'])
  expect(JSON.parse(json.stdout)).toMatchObject({ text: 'json', data: 'beside the file' })
})

test('what is wrong is told with its place', async () => {
  const yaml = 'text: 1\nmodel:\n  lr: fast\n  naem: x\nunknown: 1\n'
  const { run } = program({ ...files, 'params.yaml': yaml })
  const { code, stdout, stderr } = await run([
    '--params',
    'params.yaml',
    ...params('choice=c', 'data=nowhere.txt', 'n=x'),
  ])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr.match(/^error.*|^ {2}at .*/gm)).toEqual([
    'error[invalid-parameter]: the parameter "n" of pipeline "echo" is not JSON: x',
    'error[unknown-parameter]: the parameter "model" has no field "naem" (did you mean "name"?)',
    '  at params.yaml:4:3',
    'error[unknown-parameter]: pipeline "echo" has no parameter "unknown"',
    '  at params.yaml:5:1',
    `error[missing-file]: the parameter "data" names "nowhere.txt", which isn't there`,
    'error[invalid-parameter]: the parameter "text" of pipeline "echo" is refused by its schema: Invalid input: expected string, received number',
    '  at params.yaml:1:1',
    'error[invalid-parameter]: the parameter "choice" of pipeline "echo" is refused by its schema: Invalid option: expected one of "a"|"b"',
    'error[invalid-parameter]: the parameter "model.lr" of pipeline "echo" is refused by its schema: Invalid input: expected number, received string',
    '  at params.yaml:3:3',
  ])
  const values = await run(params('choice=c', 'numbers=["a"]'))
  expect(values.stderr.match(/^error\[.*"\w+" of pipeline/gm)).toEqual([
    'error[invalid-parameter]: the parameter "choice" of pipeline',
    'error[invalid-parameter]: the parameter "numbers" of pipeline',
  ])
})
