import { expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { refused, sameAsJson } from './told.ts'

const text = `
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
import { score } from './score.ts'

export const use = stage('use', { input: z.object({ x: z.any() }), output: z.object({ y: z.any() }), run: ({ x }) => ({ y: x }) })
export const demo = pipeline('demo', {
  input: z.object({ limit: z.int().default(3), ok: z.boolean().default(true) }),
  build: ({ limit, ok }): any => {
    const made = score({ limit })
    if (made.value === limit) use({ x: 1 })
    if (made.value !== 3) use({ x: 2 })
    if (!ok) use({ x: 3 })
    if (made.passed) use({ x: 4 })
    const one = ok ? use({ x: 5 }) : undefined
    const two = made.passed && use({ x: 6 })
    const three = made.value || 7
    const four = made.value ?? 8
    switch (made.grade) {
      case 'a':
        use({ x: 9 })
    }
    while (made.passed) break
    const listed = map([1, 2], (item) => (item === 1 ? use({ x: item }) : use({ x: 10 })))
    return { one, two, three, four, listed, fine: limit && [made][0] === made }
  },
})
main(import.meta, demo)
`
const score = `
import { stage } from 'millrace'
import { z } from 'zod'
export const score = stage('score', {
  input: z.object({ limit: z.int() }),
  output: z.object({ value: z.int(), passed: z.boolean(), grade: z.string() }),
  run: () => ({ value: 1, passed: true, grade: 'a' }),
})
`

test('what no proxy can trap is found in the source of a build', async () => {
  const one = program({ 'program.ts': text, 'score.ts': score })
  const ran = await one.run(['--json'])
  expect(ran.code).toBe(2)
  expect(sameAsJson(ran, one)).toMatchObject({ run: null, status: 'failed' })
  expect(ran.stderr).toMatchInlineSnapshot(`
    "error[ref-as-value]: "made.value" is a value to come: "===" compares the ref itself, not what it will hold
      at program.ts:11:9
      fix: Use when(is(made.value, '===', …), () => …) instead.
    error[ref-as-value]: "made.value" is a value to come: "!==" compares the ref itself, not what it will hold
      at program.ts:12:9
      fix: Use when(is(made.value, '!==', …), () => …) instead.
    error[ref-as-value]: "ok" is a value to come: it is always true here
      at program.ts:13:10
      fix: Use when(ok, () => …, () => …) instead.
    error[ref-as-value]: "made.passed" is a value to come: it is always true here
      at program.ts:14:9
      fix: Use when(made.passed, () => …, () => …) instead.
    error[ref-as-value]: "ok" is a value to come: it is always true here
      at program.ts:15:17
      fix: Use when(ok, () => …, () => …) instead.
    error[ref-as-value]: "made.passed" is a value to come: it is always true here
      at program.ts:16:17
      fix: Use when(made.passed, () => …, () => …) instead.
    error[ref-as-value]: "made.value" is a value to come: it is always true here
      at program.ts:17:19
      fix: Use when(made.value, () => …, () => …) instead.
    error[ref-as-value]: "made.value" is a value to come: "??" never comes to its right side
      at program.ts:18:18
      fix: Use when(is(made.value, '===', undefined), () => …, () => …) instead.
    error[ref-as-value]: "made.grade" is a value to come: "switch" compares the ref itself, not what it will hold
      at program.ts:19:13
      fix: Use when(is(made.grade, '===', …), () => …) instead.
    error[ref-as-value]: "made.passed" is a value to come: it is always true here
      at program.ts:23:12
      fix: Use when(made.passed, () => …, () => …) instead.
    error[ref-as-value]: "item" is a value to come: "===" compares the ref itself, not what it will hold
      at program.ts:24:43
      fix: Use when(is(item, '===', …), () => …) instead.
    error[ref-as-value]: "limit" is a value to come: it is always true here
      at program.ts:25:51
      fix: Use when(limit, () => …, () => …) instead.
    error[ref-as-value]: "[made][0]" is a value to come: "===" compares the ref itself, not what it will hold
      at program.ts:25:60
      fix: Use when(is([made][0], '===', …), () => …) instead.
    "
  `)
  // the same from the cache, and by plain Node
  expect(await refused(one, [], { how: 'node' })).toBe(ran.stderr)
})

const short = text.replace(/\n {4}if \(made.value !==[\s\S]*fine: /, '\n    return { fine: ').replace('limit &&', '')

test('together with what tracing finds', async () => {
  const both = short.replace('    const made', '    use({ x: Number.NaN })\n    const made')
  expect(await refused({ 'program.ts': both, 'score.ts': score })).toMatchInlineSnapshot(`
    "error[literal-not-json]: "x" is NaN, which JSON can't carry
      at program.ts:10:5
      fix: Give a value that JSON can carry.
    error[ref-as-value]: "made.value" is a value to come: "===" compares the ref itself, not what it will hold
      at program.ts:12:9
      fix: Use when(is(made.value, '===', …), () => …) instead.
    error[ref-as-value]: "[made][0]" is a value to come: "===" compares the ref itself, not what it will hold
      at program.ts:13:21
      fix: Use when(is([made][0], '===', …), () => …) instead.
    "
  `)
})

test('in graph and in plan too', async () => {
  const one = program({ 'program.ts': short, 'score.ts': score })
  const told = await refused(one, ['graph'])
  expect(told).toMatchInlineSnapshot(`
    "error[ref-as-value]: "made.value" is a value to come: "===" compares the ref itself, not what it will hold
      at program.ts:11:9
      fix: Use when(is(made.value, '===', …), () => …) instead.
    error[ref-as-value]: "[made][0]" is a value to come: "===" compares the ref itself, not what it will hold
      at program.ts:12:21
      fix: Use when(is([made][0], '===', …), () => …) instead.
    "
  `)
  expect(await refused(one, ['plan'])).toBe(told)
})
