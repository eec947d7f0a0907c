// Checked by tsc, never run: map, over refs and arrays, nested, with its index and options.
import { type File, is, map, type Ref, when } from 'millrace'
import { same } from './equal.ts'
import { score, sink, source, strict } from './stages.ts'

const o = source()

// the item of a ref to a list
map(o.list, (item) => {
  same<typeof item, Ref<{ x: number; name: string; deep: string[] }>>(true)
  return item.x
})

// the index is a ref to a number
map(o.list, (_, index) => {
  same<typeof index, Ref<number>>(true)
  return sink({ n: index }).ok
})

// the result of a call's output
const scores = map(o.csvs, (csv) => score({ csv }))
same<typeof scores, Ref<{ accuracy: number; report: File<'text/html'> }[]>>(true)

// a field of the result is a list
same<typeof scores.accuracy, Ref<number[]>>(true)
same<typeof scores.report, Ref<File<'text/html'>[]>>(true)

// the result of a body that returns a ref
const names = map(o.list, (item) => item.name)
same<typeof names, Ref<string[]>>(true)

// the result of a body that returns an object of refs and literals
const objects = map(o.list, (item) => ({ name: item.name, one: 1, all: [item.x, 2] }))
same<typeof objects, Ref<{ name: string; one: number; all: number[] }[]>>(true)
same<typeof objects.all, Ref<number[][]>>(true)

// the result of a body that returns a literal
const ones = map(o.list, () => 1)
same<typeof ones, Ref<number[]>>(true)

// an array of literals
const literal = map([1, 2, 3], (n) => {
  same<typeof n, Ref<1 | 2 | 3>>(true)
  return n
})
same<typeof literal, Ref<(1 | 2 | 3)[]>>(true)

// an array of objects of literals and refs
const sets = map(
  [
    { rate: 0.1, name: o.text },
    { rate: 0.2 as number, name: 'b' },
  ],
  (set) => {
    same<typeof set.name, Ref<string>>(true)
    return set.rate
  },
)
same<typeof sets, Ref<number[]>>(true)

// an array of refs
const refs = map([o.text, strict({ text: 'a' }).text], (text) => text)
same<typeof refs, Ref<string[]>>(true)

// an array of calls' outputs
const outputs = map([strict({ text: 'a' }), strict({ text: 'b' })], (out) => out.opt)
same<typeof outputs, Ref<(string | null)[]>>(true)

// a variable
const numbers: number[] = [1, 2]
const fromVariable = map(numbers, (n) => sink({ n }).ok)
same<typeof fromVariable, Ref<boolean[]>>(true)

// a tuple is a list of what it holds
const fromPair = map(o.pair, (part) => part)
same<typeof fromPair, Ref<(string | number)[]>>(true)

// a read-only list
const fromFixed = map(o.fixedWords, (word) => word)
same<typeof fromFixed, Ref<string[]>>(true)

// a field of a list
const fromField = map(o.list.name, (name) => strict({ text: name }).text)
same<typeof fromField, Ref<string[]>>(true)

// maps nest
const nested = map(o.grid, (row) => map(row, (cell) => cell.x))
same<typeof nested, Ref<number[][]>>(true)

// a map over a field of the item of another
const inner = map(o.list, (item) => ({ found: map(item.deep, (word) => strict({ text: word }).text), x: item.x }))
same<typeof inner, Ref<{ found: string[]; x: number }[]>>(true)
same<typeof inner.found, Ref<string[][]>>(true)

// three levels
const cube = map(o.cube, (plane) => map(plane, (row) => map(row, (cell) => cell.deep)))
same<typeof cube, Ref<string[][][][]>>(true)

// a when without else in a map gives null
const some = map(o.list, (item) => when(is(item.x, '>', 1), () => item.name))
same<typeof some, Ref<(string | null)[]>>(true)
sink({ nulWords: some })

// a when with else in a map
const each = map(o.list, (item) =>
  when(
    is(item.x, '>', 1),
    () => item.name,
    () => 'none',
  ),
)
same<typeof each, Ref<string[]>>(true)

// concurrency does not change the type
const limited = map(o.csvs, (csv) => score({ csv }).accuracy, { concurrency: 8 })
same<typeof limited, Ref<number[]>>(true)

// concurrency given as undefined counts as not given
map(o.csvs, (csv) => score({ csv }), { concurrency: undefined })

// failures: 'allow' gives null for what failed
const allowed = map(o.csvs, (csv) => score({ csv }).accuracy, { failures: 'allow' })
same<typeof allowed, Ref<(number | null)[]>>(true)

// a field of the result of failures: 'allow'
const outcomes = map(o.csvs, (csv) => score({ csv }), { failures: 'allow', concurrency: 2 })
same<typeof outcomes.accuracy, Ref<(number | null)[]>>(true)

// failures: 'allow' over an array
const allowedLiteral = map([1, 2], () => o.text, { failures: 'allow' })
same<typeof allowedLiteral, Ref<(string | null)[]>>(true)
