// Each line under a directive is one mistake that tsc must refuse: what a call is given.
import { type Folder, is, map, pipeline, type Ref, when } from 'millrace'
import { z } from 'zod'
import { nothing, score, sink, source, strict } from '../stages.ts'

const o = source()

// @ts-expect-error a number for a string
strict({ text: o.n })

// @ts-expect-error a literal number for a string
strict({ text: 1 })

// @ts-expect-error a field that the output does not have
strict({ text: o.txt })

// @ts-expect-error a required field is missing
strict({})

// @ts-expect-error all inputs are missing
strict()

// @ts-expect-error a field that the input does not have
strict({ text: o.text, extra: 1 })

// @ts-expect-error an input for a stage that takes none
nothing({ text: o.text })

// @ts-expect-error a ref for a stage that takes none
nothing(o.text)

// @ts-expect-error a ref to a string for all inputs
strict(o.text)

// @ts-expect-error a ref to a string for inputs that are all optional
sink(o.text)

// @ts-expect-error two arguments
strict({ text: o.text }, 1)

// @ts-expect-error an optional string for a required one
strict({ text: o.opt })

// @ts-expect-error a nullable string for a required one
strict({ text: o.nul })

// @ts-expect-error undefined for a required field
strict({ text: undefined })

// @ts-expect-error a when without else for a required field
strict({ text: when(o.flag, () => o.text) })

// @ts-expect-error a field of a when without else for a required field
strict({ text: when(o.flag, () => strict({ text: 'a' })).text })

// @ts-expect-error the whole of a when without else for inputs with a required field
strict(when(o.flag, () => strict({ text: 'a' })))

// @ts-expect-error a when without else in a literal list
sink({ words: [when(o.flag, () => o.text)] })

// @ts-expect-error a when without else in a nested object
sink({ obj: { inner: { leaf: when(o.flag, () => o.text) } } })

// @ts-expect-error null for an optional field
sink({ text: null })

// @ts-expect-error a nullable ref for an optional field
sink({ text: o.nul })

// @ts-expect-error a string for an enum
sink({ mode: o.text })

// @ts-expect-error a literal that the enum does not have
sink({ mode: 'medium' })

// @ts-expect-error a list for a string
strict({ text: o.words })

// @ts-expect-error a string for a list
sink({ words: o.text })

// @ts-expect-error a list of objects for a list of strings
sink({ words: o.list })

// @ts-expect-error a list of a number for a list of strings
sink({ words: o.list.x })

// @ts-expect-error two list levels for one
sink({ words: o.list.deep })

// @ts-expect-error one list level for two
sink({ grid: o.list.x })

// @ts-expect-error a number in a literal list of strings
sink({ words: [o.text, o.n] })

// @ts-expect-error a field is missing in an item of a literal list
sink({ list: [{ x: 1, name: 'a' }] })

// @ts-expect-error an unknown field in an item of a literal list
sink({ list: [{ x: 1, name: 'a', deep: [], extra: 1 }] })

// @ts-expect-error a wrong type in a nested object
sink({ obj: { inner: { leaf: o.n } } })

// @ts-expect-error an object with other fields
sink({ obj: o.optObj })

// @ts-expect-error the fields of another option of a discriminated union
sink({ shape: { kind: 'circle', words: 'a' } })

// @ts-expect-error a discriminator of no option
sink({ shape: { kind: 'square', r: 1 } })

// @ts-expect-error a tuple that is too short
sink({ pair: ['a'] })

// @ts-expect-error a tuple in the wrong order
sink({ pair: [o.n, o.text] })

// @ts-expect-error a boolean for a union of a string and a number
sink({ union: o.flag })

// @ts-expect-error a string in a record of numbers
sink({ byName: { a: o.text } })

// @ts-expect-error a wrong type deep in a recursive schema
sink({ tree: { name: 'a', children: [{ name: o.n, children: [] }] } })

// @ts-expect-error a condition for a boolean
sink({ flag: is(o.n, '>', 1) })

// @ts-expect-error a stage for what its call gives
strict({ text: strict })

// @ts-expect-error unknown for a string
strict({ text: o.unknown })

// @ts-expect-error JSON for a string
strict({ text: o.json })

// @ts-expect-error the list of a map with failures: 'allow' for a whole list
sink({ words: map(o.list, (item) => item.name, { failures: 'allow' }) })

// @ts-expect-error the list of a when in a map for a whole list
sink({ words: map(o.list, (item) => when(o.flag, () => item.name)) })

// @ts-expect-error an item of the wrong field
map(o.list, (item) => strict({ text: item.x }))

// @ts-expect-error an index for a string
map(o.list, (_, index) => strict({ text: index }))

// @ts-expect-error an item of an array of literals
map([1, 2], (n) => strict({ text: n }))

const helper = (text: Ref<string>, dir?: Ref<Folder>) => [text, dir]

// @ts-expect-error another ref for a helper
helper(o.n)

// @ts-expect-error a literal for a helper that takes a ref
helper('a')

// @ts-expect-error a file for a helper that takes a folder
helper(o.text, o.csv)

const inner = pipeline('inner', {
  input: z.object({ text: z.string(), words: z.array(z.string()).default([]) }),
  build: ({ text }) => ({ size: score({ csv: o.csv }).accuracy, text }),
})

// @ts-expect-error a pipeline's required input is missing
inner({ words: [] })

// @ts-expect-error a wrong type for a pipeline's input
inner({ text: o.n })

// @ts-expect-error a field that a pipeline's input does not have
inner({ text: 'a', word: 'b' })

// @ts-expect-error an optional ref for a pipeline's required input
inner({ text: o.opt })

// @ts-expect-error a pipeline's output of another type
strict({ text: inner({ text: 'a' }).size })

// @ts-expect-error a pipeline's output that it does not have
strict({ text: inner({ text: 'a' }).name })
