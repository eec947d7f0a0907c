import { expect, test } from 'vitest'
import { z } from 'zod'
import { container, file, folder, python, type StageDefinition, stageDefinition } from '../src/index.ts'

const part = z.object({ name: z.string(), note: z.string().nullable(), parts: z.array(z.number()) })
const io = {
  input: z.object({
    table: file('text/csv'),
    parts: z.array(file()),
    threshold: z.number(),
    note: z.string().optional(),
    steps: z.int().default(3),
    nul: z.string().nullable(),
    rows: z.array(part),
    deep: z.object({ leaf: z.string(), more: z.string().optional() }).optional(),
    flag: z.boolean(),
    maybe: z.array(z.string()).nullish(),
    open: z.unknown(),
  }),
  output: z.object({
    report: file('text/html'),
    auc: z.number(),
    model: folder(),
    more: z.object({ x: z.number(), y: z.string() }).optional(),
    rows: z.array(z.object({ name: z.string() })),
  }),
}
type Options = Parameters<typeof container<typeof io.input, typeof io.output>>[1]
type Command = Options['command']

const define = (command: unknown, more: object = {}): StageDefinition =>
  stageDefinition(container('score', { ...io, image: 'busybox', command: command as Command, ...more })) as never
const codeOf = (command: Command) => {
  const { code, problems } = define(command)
  expect(problems).toEqual([])
  return 'command' in code ? code.command : []
}
const problemsOf = (command: unknown): string[] =>
  define(command).problems.map(({ code, message, fix, at }) => `${code}: ${message} (${at.path}) ${fix}`)

test('a list of texts is the same in the Graph; numbers are texts, lists are joined', () => {
  expect(codeOf(['sh', '-c', 'true'])).toEqual(['sh', '-c', 'true'])
  expect(codeOf(['n', 3, 0.5, -0, 1e21, ['--n=', 3], ['a', 'b'], [], ''])).toEqual([
    ...['n', '3', '0.5', '0', '1e+21', '--n=3', 'ab', '', ''],
  ])
})

test('the example: placeholders, joined words, given and each', () => {
  const words = codeOf(({ input, output, given, each }) => [
    'score',
    '--table',
    input.table,
    ['--threshold=', input.threshold],
    each(input.parts, (one) => ['--part', one]),
    given(input.note, ['--note', input.note]),
    '--out',
    output.report,
    ['--', 'auc-file=', output.auc, '!'],
  ])
  expect(words).toEqual([
    'score',
    '--table',
    { input: ['table'] },
    ['--threshold=', { input: ['threshold'] }],
    { each: { input: ['parts'] }, words: ['--part', { item: [] }] },
    { given: { input: ['note'] }, words: ['--note', { input: ['note'] }] },
    '--out',
    { output: ['report'] },
    ['--auc-file=', { output: ['auc'] }, '!'],
  ])
  expect(JSON.parse(JSON.stringify(words))).toEqual(words)
})

test('nested fields, each in each, what a given covers', () => {
  const words = codeOf(({ input, output, given, each }) => [
    'x',
    input,
    input.steps,
    input.rows.name,
    each(input.rows, (row) => [
      row.name,
      each(row.parts, (n) => [[row.name, '=', n, '/', input.threshold]]),
      given(row.note, [row.note]),
    ]),
    given(input.deep, [input.deep.leaf]),
    given(input.deep.more, [input.deep.leaf, input.deep.more, input.deep]),
    given(input.nul, [each(input.rows, (row) => [[input.nul, row.name]])]),
    given(input.maybe, [each(input.maybe, (one) => [one])]),
    given(input.flag, ['--flag']),
    each(input.rows.note, (note) => [given(note, [note])]),
    input.open,
    output.more.x,
    output.rows,
  ])
  expect(words).toEqual([
    'x',
    { input: [] },
    { input: ['steps'] },
    { input: ['rows', 'name'] },
    {
      each: { input: ['rows'] },
      words: [
        { item: ['name'] },
        {
          each: { item: ['parts'] },
          words: [[{ item: ['name'], depth: 1 }, '=', { item: [] }, '/', { input: ['threshold'] }]],
        },
        { given: { item: ['note'] }, words: [{ item: ['note'] }] },
      ],
    },
    { given: { input: ['deep'] }, words: [{ input: ['deep', 'leaf'] }] },
    {
      given: { input: ['deep', 'more'] },
      words: [{ input: ['deep', 'leaf'] }, { input: ['deep', 'more'] }, { input: ['deep'] }],
    },
    {
      given: { input: ['nul'] },
      words: [{ each: { input: ['rows'] }, words: [[{ input: ['nul'] }, { item: ['name'] }]] }],
    },
    { given: { input: ['maybe'] }, words: [{ each: { input: ['maybe'] }, words: [{ item: [] }] }] },
    { given: { input: ['flag'] }, words: ['--flag'] },
    { each: { input: ['rows', 'note'] }, words: [{ given: { item: [] }, words: [{ item: [] }] }] },
    { input: ['open'] },
    { output: ['more', 'x'] },
    { output: ['rows'] },
  ])
})

test('what may be absent outside of its given', () => {
  const found = problemsOf(({ input, given, each }: never) => [
    'x',
    (input as { note: unknown }).note,
    ...more(input, given, each),
  ])
  expect(found).toEqual([
    'maybe-absent: stage "score": command[1] needs a value, and "input.note" may be absent (command[1]) Put it in given(input.note, [ … ]), or give it a default in the schema.',
    'maybe-absent: stage "score": command[2][0] needs a value, and "input.nul" may be absent (command[2][0]) Put it in given(input.nul, [ … ]), or give it a default in the schema.',
    'maybe-absent: stage "score": command[3][0] needs a value, and "input.deep.more" may be absent (command[3][0]) Put it in given(input.deep.more, [ … ]), or give it a default in the schema.',
    'maybe-absent: stage "score": command[4] needs a value, and "input.maybe" may be absent (command[4]) Put it in given(input.maybe, [ … ]), or give it a default in the schema.',
    'maybe-absent: stage "score": command[5][0] needs a value, and "item.note" may be absent (command[5][0]) Put it in given(item.note, [ … ]), or give it a default in the schema.',
  ])
})

// biome-ignore lint/suspicious/noExplicitAny: what JavaScript allows
type Any = any
const more = (input: Any, given: Any, each: Any) => [
  [input.nul],
  given(input.deep, [input.deep.more]),
  each(input.maybe, () => []),
  each(input.rows, (row: Any) => [row.note]),
]

test('what is no list of words', () => {
  const of = (one: unknown) => problemsOf(['x', one])
  expect([undefined, true, {}, ['a', ['b']], Number.NaN, () => 1].flatMap(of)).toEqual([
    'bad-option: stage "score": command[1] is undefined, which is no word (command[1]) Give texts, numbers and placeholders.',
    'bad-option: stage "score": command[1] is true, which is no word (command[1]) Give texts, numbers and placeholders.',
    'bad-option: stage "score": command[1] is an object, which is no word (command[1]) Give texts, numbers and placeholders.',
    'bad-option: stage "score": command[1][1] is a list in a list, which is no word (command[1][1]) Give texts, numbers and placeholders.',
    'bad-option: stage "score": command[1] is NaN, which is no word (command[1]) Give texts, numbers and placeholders.',
    'bad-option: stage "score": command[1] is a function, which is no word (command[1]) Give texts, numbers and placeholders.',
  ])
  expect(['sh', undefined, [], [''], () => 'sh', async () => ['x']].flatMap(problemsOf)).toEqual([
    'bad-option: stage "score": command is "sh", which is no list of words (command) Give a list: [\'score\', \'--fast\'].',
    "bad-option: stage \"score\": command names no program (command) Give the program first: ['score', '--fast'].",
    "bad-option: stage \"score\": command names no program (command) Give the program first: ['score', '--fast'].",
    "bad-option: stage \"score\": command names no program (command) Give the program first: ['score', '--fast'].",
    'bad-option: stage "score": command is "sh", which is no list of words (command) Give a list: [\'score\', \'--fast\'].',
    'bad-option: stage "score": command is async (command) Remove async and await: the values come when the stage runs.',
  ])
  const [threw] = define(() => {
    throw new Error('no plan')
  }).problems
  expect([threw?.message, threw?.at.file, threw?.fix]).toEqual([
    'stage "score": command threw Error: no plan',
    import.meta.filename,
    'Mend the function; it runs once, as the stage is defined, with placeholders instead of values.',
  ])
})

test('placeholders where they can not be', () => {
  let kept: Any
  let item: Any
  define(({ input, each }: Any) => {
    kept = input.table
    const keep = (row: Any) => {
      item = row
      return [row.name]
    }
    return ['x', each(input.rows, keep)]
  })
  const found = problemsOf(({ input, output, given, each }: Any) => [
    'x',
    kept,
    item.name,
    input.tabel,
    input.table.path,
    input.rows.length,
    output,
    output.rows.name,
    [given(input.note, ['a'])],
    given(output.auc, ['a']),
    given(true, ['a']),
    each(input.threshold, () => ['a']),
    each(['a'], () => ['a']),
    given(input.note, 'a'),
    output.more,
    output.more.x,
    output.typo,
  ])
  expect(found).toEqual([
    'ref-out-of-scope: stage "score": command[1] is "input.table", which was made for another function (command[1]) Use the placeholders that the function itself is given.',
    'ref-out-of-scope: stage "score": command[2] is "item.name", which was made for another function (command[2]) Use the placeholders that the function itself is given.',
    'unknown-output: stage "score": command[3]: "input" has no field "tabel" (did you mean "table"?) (command[3]) Use one of: table, parts, threshold, note, steps, nul, rows, deep, flag, maybe, open.',
    'unknown-output: stage "score": command[4]: "input.table" has no field "path" (command[4]) Use "input.table" itself; it has no fields.',
    'unknown-output: stage "score": command[5]: "input.rows" has no field "length" (command[5]) Use one of: name, note, parts.',
    'bad-option: stage "score": command[6] is the whole output (command[6]) Name a field of it, for example output.report.',
    'bad-option: stage "score": command[7] is "output.rows.name", a field of each item of a list (command[7]) Give output.rows: the file that is written there holds the whole list.',
    'bad-option: stage "score": command[8][0] is given() or each() inside of a word (command[8][0]) Put it beside other words: it gives whole words.',
    'bad-option: stage "score": command[9] is given() of "output.auc" (command[9]) Give it a field of the input: given(input.note, [ … ]).',
    'bad-option: stage "score": command[10] is given() of true (command[10]) Give it a field of the input: given(input.note, [ … ]).',
    'bad-option: stage "score": command[11] is each() of "input.threshold", which is not a list (command[11]) Give it a list.',
    'bad-option: stage "score": command[12] is each() of a list in a list (command[12]) Give it a list in the input: each(input.parts, (part) => [ … ]).',
    'bad-option: stage "score": command[13] is "a", which is no list of words (command[13]) Give a list: [\'score\', \'--fast\'].',
    'unknown-output: stage "score": command[16]: "output" has no field "typo" (command[16]) Use one of: report, auc, model, more, rows.',
    'bad-option: stage "score": command gives "output.more" and "output.more.x", which is a part of it (command) Name the whole, or each of its parts.',
  ])
})

test('words that no process can be given', () => {
  expect(problemsOf(['x', 'a\0b', 'é'.repeat(65_535), 'é'.repeat(65_536), ['\ud800', 'x']])).toEqual([
    'invalid-word: stage "score": command[1] holds a NUL character, which no word can (command[1]) Leave it out.',
    'invalid-word: stage "score": command[3] has 129 KiB; a word may have 128 KiB (command[3]) Put it in a file, and give its path.',
    'invalid-word: stage "score": command[4] is not well-formed Unicode (command[4]) Give whole characters.',
  ])
})

test('a placeholder used as a value, at once, at its place', () => {
  const used: ((places: Any) => unknown)[] = [
    ({ input }) => ['x', `--n=${input.threshold}`],
    ({ input }) => ['x', input.threshold + 1],
    ({ input }) => ['x', input.threshold * 2],
    ({ input }) => ['x', JSON.stringify(input)],
    ({ input }) => ['x', ...input.parts],
    ({ input }) => ['x', { ...input }],
    ({ input }) => ('note' in input ? ['x'] : ['y']),
    ({ input }) => ['x', input.parts.map((one: string) => one)],
    ({ output }) => ['x', output.report()],
    ({ input }) => ['x', Object.assign(input, { note: 3 })],
    ({ input }) => ['x', delete input.note],
    ({ output }) => ['x', String(output.auc)],
    ({ input, each }) => ['x', each(input.rows, (row: Any) => [`${row.name}`])],
    ({ input }) => ['x', input.note.then(() => 1)],
  ]
  const problems = used.map((command) => define(command).problems)
  expect(problems.map((one) => one.map(({ code, at }) => [code, at.node, at.file]))).toEqual(
    used.map(() => [['ref-as-value', 'score', import.meta.filename]]),
  )
  expect(problems.flat().map(({ message, fix }) => `${message}. ${fix}`)).toEqual([
    `"input.threshold" is a value to come: it has no text or number while the stage is defined. Put it in a list with its text, which is joined: ['--name=', input.threshold].`,
    `"input.threshold" is a value to come: it has no text or number while the stage is defined. Put it in a list with its text, which is joined: ['--name=', input.threshold].`,
    '"input.threshold" is a value to come: it has no text or number while the stage is defined. Compute with it in the program that is called, or in a stage before.',
    '"input" is a value to come: it can not be put in JSON while the stage is defined. Give input itself as a word: what is no text becomes JSON.',
    '"input.parts" is a value to come: it can not be iterated while the stage is defined. Use each(input.parts, (item) => [ … ]) instead.',
    '"input" is a value to come: it can not be spread or listed while the stage is defined. Name the fields that you need one by one.',
    '"input" is a value to come: it can not be tested with "in" while the stage is defined. Use given(…, [ … ]) instead.',
    '"input.parts.map" is a value to come: it is not a function. Use each(input.parts, (item) => [ … ]) instead.',
    '"output.report" is a value to come: it is not a function. Give it as a word: what is no text becomes JSON.',
    '"input" is a value to come: "note" can not be assigned. Compute the changed value in a stage before, and take it as an input.',
    '"input" is a value to come: "note" can not be deleted. Compute the changed value in a stage before, and take it as an input.',
    `"output.auc" is a value to come: it has no text or number while the stage is defined. Put it in a list with its text, which is joined: ['--name=', output.auc].`,
    `"item.name" is a value to come: it has no text or number while the stage is defined. Put it in a list with its text, which is joined: ['--name=', item.name].`,
    '"input.note" is a value to come: it can not be awaited. Remove the await: the values come when the stage runs.',
  ])
})

test('local and args are words too; include and image of python', () => {
  const script = new URL('./train.py', import.meta.url)
  const local = define(['x'], { local: ({ input }: Any) => ['python3', input.table] }).code
  expect(local).toMatchObject({ command: ['x'], local: ['python3', { input: ['table'] }] })
  const train = python('train', {
    args: ({ input, output }) => ['--table', input.table, ['--out=', output.model]],
    script,
    include: [new URL('./helpers/', import.meta.url), new URL('./data.csv', import.meta.url)],
    image: 'python:3.13',
    ...io,
  })
  expect(stageDefinition(train)).toMatchObject({
    problems: [],
    code: {
      kind: 'python',
      script: script.href,
      args: ['--table', { input: ['table'] }, ['--out=', { output: ['model'] }]],
      include: [new URL('./helpers', import.meta.url).href, new URL('./data.csv', import.meta.url).href],
      image: 'python:3.13',
    },
  })
  expect(stageDefinition(python('train', { ...io, script }))?.code).toEqual({ kind: 'python', script: script.href })
  const odd: Any = { ...io, script: './a.py', include: ['./b.py'], image: 3, args: 'x', local: [] }
  expect(stageDefinition(python('train', odd))?.problems.map(({ message, at }) => [message, at.path])).toEqual([
    ['stage "train": there is no option "local"', 'local'],
    ['stage "train": script is no file URL', 'script'],
    ['stage "train": include is no list of file URLs', 'include'],
    ['stage "train": args is "x", which is no list of words', 'args'],
    ['stage "train": image is 3', 'image'],
  ])
  const none: Any = undefined
  expect(stageDefinition(container('box', none))?.problems.map(({ message }) => message)).toEqual([
    'stage "box": the input is not a z.object(…)',
    'stage "box": the output is not a z.object(…)',
    'stage "box": image is undefined',
    'stage "box": command names no program',
  ])
})
