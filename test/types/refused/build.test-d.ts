// Each line under a directive is one mistake that tsc must refuse: inside a build, and pipelines as a whole.
import { type Condition, type InputOf, is, map, type OutputOf, pipeline, type Ref, toGraph, when } from 'millrace'
import { z } from 'zod'
import { source, strict } from '../stages.ts'

const o = source()
const maybe = when(o.flag, () => o)
const input = z.object({ text: z.string(), n: z.number().default(1) })

// @ts-expect-error a method of an array on a list to come
o.words.map((word: string) => word)

// @ts-expect-error the length of a list to come
o.list.length

// @ts-expect-error an item of a list to come
o.words[0]

// @ts-expect-error a loop over a list to come
for (const word of o.words) strict({ text: word })

// @ts-expect-error a list to come spread into a list
map([...o.words], (word) => word)

// @ts-expect-error the length of a string to come
o.text.length

// @ts-expect-error a method of a string to come
o.text.trim()

// @ts-expect-error a comparison of a number to come
if (o.n > 3) strict({ text: 'a' })

// @ts-expect-error a number to come compared by ===
if (o.n === 3) strict({ text: 'a' })

// @ts-expect-error a sum with a number to come
o.n + 1

// @ts-expect-error a product with a number to come
o.n * 2

// @ts-expect-error a call of a ref
o.text()

// @ts-expect-error a field of a ref assigned
o.text = o.mode

// @ts-expect-error a ref where a string is wanted
const text: string = o.text

// @ts-expect-error a string where a ref is wanted
const ref: Ref<string> = 'a'

// @ts-expect-error map over a string
map(o.text, (word) => word)

// @ts-expect-error map over a list that may be absent
map(o.optList, (item) => item)

// @ts-expect-error map over a list that a when without else gives
map(maybe.words, (word) => word)

// @ts-expect-error map over a record
map(o.byName, (entry) => entry)

// @ts-expect-error map without a body
map(o.words)

// @ts-expect-error a body of map with three parameters
map(o.words, (word, index, all) => [word, index, all])

// @ts-expect-error a field that an item does not have
map(o.list, (item) => item.y)

// @ts-expect-error a field that the result of map does not have
map(o.list, (item) => strict({ text: item.name })).texts

// @ts-expect-error concurrency as text
map(o.words, (word) => word, { concurrency: '8' })

// @ts-expect-error failures that are neither allowed nor left out
map(o.words, (word) => word, { failures: 'ignore' })

// @ts-expect-error an option that map does not have
map(o.words, (word) => word, { parallel: 8 })

// @ts-expect-error when on a number
when(o.n, () => o.text)

// @ts-expect-error when on a literal
when(true, () => o.text)

// @ts-expect-error when on a boolean that another when may leave out
when(maybe.flag, () => o.text)

// @ts-expect-error when without a body
when(o.flag)

// @ts-expect-error when with a value for a body
when(o.flag, o.text)

// @ts-expect-error < on a string
is(o.text, '<', 'a')

// @ts-expect-error < with a string
is(o.n, '<', '1')

// @ts-expect-error === with another type
is(o.n, '===', 'a')

// @ts-expect-error === with a ref to another type
is(o.n, '===', o.text)

// @ts-expect-error === with what the enum does not have
is(o.mode, '===', 'medium')

// @ts-expect-error === with null, which the value never is
is(o.text, '===', null)

// @ts-expect-error === on an object
is(o.obj, '===', o.obj)

// @ts-expect-error === on a file
is(o.csv, '===', o.csv)

// @ts-expect-error an operator that is does not have
is(o.n, '==', 1)

// @ts-expect-error is with the literal first
is(1, '<', o.n)

// @ts-expect-error a condition made by hand
const condition: Condition = {}

// @ts-expect-error a parameter that the pipeline does not have
pipeline('p', { input, build: ({ txt }) => ({ txt }) })

// @ts-expect-error a parameter of another type
pipeline('p', { input, build: ({ n }) => strict({ text: n }) })

// @ts-expect-error an async build
pipeline('p', { input, build: async ({ text }) => strict({ text }) })

// @ts-expect-error a pipeline without a build
pipeline('p', { input })

// @ts-expect-error a pipeline without an input
pipeline('p', { build: () => ({}) })

// @ts-expect-error an input that is no object
pipeline('p', { input: z.string(), build: () => ({}) })

// @ts-expect-error a pipeline with a stage's option
pipeline('p', { input, retries: 1, build: () => ({}) })

// @ts-expect-error a pipeline without a name
pipeline({ input, build: () => ({}) })

const whole = pipeline('whole', { input, build: ({ n }) => ({ n, text: when(is(n, '>', 1), () => o.text) }) })

// @ts-expect-error InputOf without a required field
const given: InputOf<typeof whole> = { n: 1 }

// @ts-expect-error OutputOf with a value that may be absent
const absent: string = (null as never as OutputOf<typeof whole>).text

// @ts-expect-error OutputOf with a field that it does not have
const unknown: unknown = (null as never as OutputOf<typeof whole>).words

// @ts-expect-error .with on a pipeline
whole.with({ retries: 1 })

// @ts-expect-error the toGraph of a stage's result
toGraph(o)

export { absent, condition, given, ref, text, unknown }
