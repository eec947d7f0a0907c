// Checked by tsc, never run: pipelines, on their own and inside one another.
import {
  asset,
  type File,
  file,
  type InputOf,
  is,
  map,
  type OutputOf,
  type Pipeline,
  pipeline,
  type Ref,
  toGraph,
  when,
} from 'millrace'
import { z } from 'zod'
import { same } from './equal.ts'
import { score, source, strict } from './stages.ts'

// build gets a ref to the parsed input: a default is there
pipeline('input', {
  input: z.object({ text: z.string(), n: z.number().default(3), opt: z.string().optional() }),
  build: (input) => {
    same<typeof input, Ref<{ text: string; n: number; opt?: string | undefined }>>(true)
    same<typeof input.n, Ref<number>>(true)
    same<typeof input.opt, Ref<string | undefined>>(true)
    return {}
  },
})

// an asset is the default of a file of any media type
const withAsset = pipeline('with-asset', {
  input: z.object({ data: file('text/csv').default(asset(new URL('./a.csv', import.meta.url))) }),
  build: ({ data }) => {
    same<typeof data, Ref<File<'text/csv'>>>(true)
    return { accuracy: score({ csv: data }).accuracy }
  },
})
same<'data' extends keyof InputOf<typeof withAsset> ? true : false, true>(true)
same<Record<never, never> extends InputOf<typeof withAsset> ? true : false, true>(true)

// the whole example of the contract
const whole = pipeline('whole', {
  input: z.object({ csvs: z.array(file('text/csv')), floor: z.number().default(0.9) }),
  build: ({ csvs, floor }) => {
    const scores = map(csvs, (csv) => score({ csv }), { concurrency: 8 })
    const best = source.with({ retries: 0 })()
    const url = when(is(best.n, '>=', floor), () => strict({ text: best.text }).text)
    return { accuracy: best.n, all: scores.accuracy, url }
  },
})

// OutputOf: what a when without else gives may be absent
same<OutputOf<typeof whole>, { accuracy: number; all: number[]; url: string | undefined }>(true)

// InputOf: a default may be left out
same<InputOf<typeof whole>['floor'], number | undefined>(true)

// a pipeline's own type
same<typeof whole, Pipeline<typeof whole.input, OutputOf<typeof whole>>>(true)
same<typeof whole.name, string>(true)

// OutputOf: literals, lists and objects with refs in them
const deep = pipeline('deep', {
  input: z.object({ text: z.string() }),
  build: ({ text }) => ({ list: [text, { a: source().n }], one: 1 as const, none: null, all: [1, 2] }),
})
same<OutputOf<typeof deep>, { list: (string | { a: number })[]; one: 1; none: null; all: number[] }>(true)

// OutputOf: a call's outputs as a whole
const call = pipeline('call', { input: z.object({}), build: () => strict({ text: 'a' }) })
same<OutputOf<typeof call>, { text: string; opt?: string | undefined }>(true)

// OutputOf: a list
const list = pipeline('list', { input: z.object({}), build: () => source().list.x })
same<OutputOf<typeof list>, number[]>(true)

// OutputOf: nothing
const silent = pipeline('silent', {
  input: z.object({}),
  build: () => {
    source()
  },
})
same<OutputOf<typeof silent>, void>(true)

// a pipeline whose inputs all have defaults may be called with nothing
const inner = pipeline('inner', {
  input: z.object({ text: z.string().default('a'), words: z.array(z.string()).default([]) }),
  build: ({ text }) => ({ text: strict({ text }).text, nest: { words: map([text, 'b'], (word) => word) } }),
})

// a pipeline inside another: its outputs are refs
pipeline('outer', {
  input: z.object({ text: z.string() }),
  build: ({ text }) => {
    const out = inner()
    same<typeof out, Ref<{ text: string; nest: { words: string[] } }>>(true)
    same<typeof out.nest.words, Ref<string[]>>(true)
    inner({ text, words: [text, 'a'] })
    return { out }
  },
})

// OutputOf: a pipeline's outputs within another's
const outer = pipeline('outer', { input: z.object({}), build: () => ({ inner: inner(), all: [inner().text] }) })
same<OutputOf<typeof outer>, { inner: { text: string; nest: { words: string[] } }; all: string[] }>(true)

// a pipeline in a map and in a when
pipeline('mapped', {
  input: z.object({ words: z.array(z.string()), flag: z.boolean() }),
  build: ({ words, flag }) => {
    const each = map(words, (text) => inner({ text }))
    same<typeof each.nest.words, Ref<string[][]>>(true)
    const maybe = when(flag, () => inner({ words }))
    same<typeof maybe.text, Ref<string | undefined>>(true)
    return {}
  },
})

// a loop over a plain array unrolls
pipeline('loop', {
  input: z.object({ text: z.string() }),
  build: ({ text }) => {
    let last: Ref<string> = text
    for (const _ of [1, 2, 3]) last = strict({ text: last }).text
    return { last }
  },
})

// a pipeline of any type is taken where any is wanted
toGraph(whole)
toGraph(silent)
