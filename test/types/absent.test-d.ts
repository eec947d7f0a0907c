// Checked by tsc, never run: a list has no holes, so what is absent in one is null.
import { map, type OutputOf, pipeline, type Ref, stage, when } from 'millrace'
import { z } from 'zod'
import { same } from './equal.ts'
import { sink, source, strict } from './stages.ts'

const o = source()
const output = z.object({
  list: z.array(z.object({ opt: z.string().optional() })),
  named: z.union([z.string(), z.object({ length: z.string() })]),
  loose: z.looseObject({ a: z.string() }),
  caught: z.object({ a: z.string() }).catchall(z.number()),
})
const more = stage('more', { input: z.object({}), output, run: () => null as never })()

// an optional field of the items of a list
same<typeof more.list.opt, Ref<(string | null)[]>>(true)
sink({ nulWords: more.list.opt })

// a when without else in an object that a map's body returns
const inObject = map(o.list, (item) => ({ a: when(o.flag, () => item.name) }))
same<typeof inObject.a, Ref<(string | null)[]>>(true)

// a body of map that returns nothing
const none = map(o.list, (item) => {
  strict({ text: item.name })
})
same<typeof none, Ref<null[]>>(true)

// a when without else in a literal list that a build returns
const whole = pipeline('whole', { input: z.object({}), build: () => ({ list: [when(o.flag, () => o.text)] }) })
same<OutputOf<typeof whole>, { list: (string | null)[] }>(true)

// a when without else in a literal list that is mapped over
map([when(o.flag, () => o.text), 'a'], (word) => {
  same<typeof word, Ref<'a' | string | null>>(true)
  return sink({ nul: word })
})

// a field of an object, named as one that a string has too
same<typeof more.named.length, Ref<string | undefined>>(true)

// the named fields of objects with further fields
same<typeof more.loose.a, Ref<string>>(true)
same<typeof more.caught.a, Ref<string>>(true)
same<NonNullable<typeof more.loose.other>, Ref<unknown>>(true)

// failures given as undefined counts as not given
const kept = map(o.list, (item) => item.x, { failures: undefined })
same<typeof kept, Ref<number[]>>(true)
