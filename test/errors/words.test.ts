import { expect, test } from 'vitest'
import { refused } from './told.ts'

/** A program that calls one container, whose options stand from line 8 on. */
const demo = (options: string): string => `
import { container, file, main, pipeline } from 'millrace'
import { z } from 'zod'
const score = container('score', {
  image: 'busybox',
  input: z.object({ table: file(), note: z.string().optional(), parts: z.array(z.string()), n: z.number() }),
  output: z.object({ report: file('text/html'), auc: z.number() }),
${options}
} as any) as any
const demo = pipeline('demo', { input: z.object({}), build: (): any => score({ table: 'x' as any, parts: [], n: 1 }) })
main(import.meta, demo)
`

test('words that no process can be given', async () => {
  expect(
    await refused(demo(`  command: ['score', 'a\\0b', ['--long=', 'x'.repeat(131_072)], '\\ud800'],`)),
  ).toMatchInlineSnapshot(`
      "error[invalid-word]: stage "score": command[1] holds a NUL character, which no word can
        at program.ts:4:15
        fix: Leave it out.
      error[invalid-word]: stage "score": command[2] has 129 KiB; a word may have 128 KiB
        at program.ts:4:15
        fix: Put it in a file, and give its path.
      error[invalid-word]: stage "score": command[3] is not well-formed Unicode
        at program.ts:4:15
        fix: Give whole characters.
      "
    `)
})

test('a placeholder used as a value, where it is used', async () => {
  expect(
    await refused(
      demo(`  command: ({ input }) => ['score', \`--n=\${input.n}\`],
  local: ({ input }) => ['score', ...input.parts],`),
    ),
  ).toMatchInlineSnapshot(`
    "error[ref-as-value]: "input.n" is a value to come: it has no text or number while the stage is defined
      at program.ts:8:50
      fix: Put it in a list with its text, which is joined: ['--name=', input.n].
    error[ref-as-value]: "input.parts" is a value to come: it can not be iterated while the stage is defined
      at program.ts:9:44
      fix: Use each(input.parts, (item) => [ … ]) instead.
    "
  `)
})

test('what may be absent, what is not there, what is no word, what is no list', async () => {
  expect(
    await refused(
      demo(`  command: ({ input, output, given, each }) => [
    'score',
    ['--note=', input.note],
    given(input.note, [input.note, input.tabel]),
    each(input.n, (one) => [one]),
    undefined,
    output,
  ],`),
    ),
  ).toMatchInlineSnapshot(`
    "error[maybe-absent]: stage "score": command[1][1] needs a value, and "input.note" may be absent
      at program.ts:4:15
      fix: Put it in given(input.note, [ … ]), or give it a default in the schema.
    error[unknown-output]: stage "score": command[2][1]: "input" has no field "tabel" (did you mean "table"?)
      at program.ts:4:15
      fix: Use one of: table, note, parts, n.
    error[bad-option]: stage "score": command[3] is each() of "input.n", which is not a list
      at program.ts:4:15
      fix: Give it a list.
    error[bad-option]: stage "score": command[4] is undefined, which is no word
      at program.ts:4:15
      fix: Give texts, numbers and placeholders.
    error[bad-option]: stage "score": command[5] is the whole output
      at program.ts:4:15
      fix: Name a field of it, for example output.report.
    "
  `)
})

test('a function that throws, or is async', async () => {
  expect(
    await refused(
      demo(`  command: () => {
    throw new TypeError('no plan')
  },
  local: async () => ['score'],`),
    ),
  ).toMatchInlineSnapshot(`
    "error[bad-option]: stage "score": command threw TypeError: no plan
      at program.ts:9:11
      fix: Mend the function; it runs once, as the stage is defined, with placeholders instead of values.
    error[bad-option]: stage "score": local is async
      at program.ts:4:15
      fix: Remove async and await: the values come when the stage runs.
    "
  `)
})

test('a placeholder given to a call of a stage', async () => {
  const text = demo(`  command: ({ input }) => {
    kept = input.n
    return ['score']
  },`)
    .replace('const score', 'let kept: any\nconst score')
    .replace('n: 1', 'n: kept')
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[ref-out-of-scope]: "input.n" was made in the words of stage "score" and is used outside it
      at program.ts:14:72
      fix: Use it in those words alone.
    "
  `)
})

test('conditions on placeholders, which only the source shows', async () => {
  expect(
    await refused(
      demo(`  command: ({ input, output, given, each }) => [
    'score',
    input.note ? '--noted' : '--plain',
    ['--n=', input.n ?? 3],
    ...(input.n === 3 ? ['--three'] : []),
    each(input.parts, (part) => [part || 'none', given(input.note && input.n, [!output.auc ? 'a' : 'b'])]),
  ],
  local(places) {
    if (places.input.note) return ['noted']
    return ['plain']
  },`),
    ),
  ).toMatchInlineSnapshot(`
    "error[ref-as-value]: "input.note" is a value to come: it is always true here
      at program.ts:10:5
      fix: Use given(input.note, [ … ]) instead.
    error[ref-as-value]: "input.n" is a value to come: "??" never comes to its right side
      at program.ts:11:14
      fix: Use given(input.n, [ … ]), or give it a default in the schema.
    error[ref-as-value]: "input.n" is a value to come: "===" compares the placeholder itself, not what it will hold
      at program.ts:12:9
      fix: Compare in the program that is called, or in a stage before.
    error[ref-as-value]: "part" is a value to come: it is always true here
      at program.ts:13:34
      fix: Use given(part, [ … ]) instead.
    error[ref-as-value]: "input.note" is a value to come: it is always true here
      at program.ts:13:56
      fix: Use given(input.note, [ … ]) instead.
    error[ref-as-value]: "output.auc" is a value to come: it is always true here
      at program.ts:13:81
      fix: Use given(output.auc, [ … ]) instead.
    error[ref-as-value]: "places.input.note" is a value to come: it is always true here
      at program.ts:16:9
      fix: Use given(places.input.note, [ … ]) instead.
    "
  `)
})
