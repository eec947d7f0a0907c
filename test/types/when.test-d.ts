// Checked by tsc, never run: when and is.
import { type Condition, type File, is, type Ref, when } from 'millrace'
import { same } from './equal.ts'
import { nothing, score, sink, source, strict } from './stages.ts'

const o = source()

// without else the result may be absent
const maybe = when(o.flag, () => o.text)
same<typeof maybe, Ref<string | undefined>>(true)

// a field of a result that may be absent
const scored = when(o.flag, () => score({ csv: o.csv }))
same<typeof scored.accuracy, Ref<number | undefined>>(true)
same<typeof scored.report, Ref<File<'text/html'> | undefined>>(true)

// a list that may be absent
const list = when(o.flag, () => o.list)
same<typeof list.x, Ref<number[] | undefined>>(true)

// with else the result is there
const either = when(
  o.flag,
  () => strict({ text: 'a' }).text,
  () => o.text,
)
same<typeof either, Ref<string>>(true)

// with else of another type
const other = when(
  o.flag,
  () => o.n,
  () => null,
)
same<typeof other, Ref<number | null>>(true)

// fields of objects of two bodies
const fields = when(
  o.flag,
  () => ({ a: o.n, b: 1 }),
  () => ({ a: o.text }),
)
same<typeof fields.a, Ref<string | number>>(true)
same<typeof fields.b, Ref<number | undefined>>(true)

// with else a required field takes it
strict({ text: either })

// without else an optional field and a default take it
sink({ text: maybe, n: when(o.flag, () => 1) })

// whens nest
const nested = when(o.flag, () =>
  when(
    is(o.n, '>', 1),
    () => o.text,
    () => 'b',
  ),
)
same<typeof nested, Ref<string | undefined>>(true)

// a body that returns nothing, for others to wait for
const effect = when(o.flag, () => {
  strict({ text: 'a' })
})
nothing.with({ after: [effect] })()

// is gives a condition, and no ref
const condition = is(o.n, '>=', 0.9)
same<typeof condition, Condition>(true)

// === and !== compare scalars of one type
is(o.text, '===', 'a')
is(o.flag, '!==', false)
is(o.mode, '===', 'fast')
is(o.nul, '===', null)
is(o.opt, '!==', undefined)
is(o.n, '===', 1)

// < and its kin compare numbers
is(o.n, '<', 1)
is(o.n, '<=', 1)
is(o.n, '>', 1)

// both sides may be refs
is(o.n, '<', o.defaulted)
is(o.text, '===', o.fixed)
