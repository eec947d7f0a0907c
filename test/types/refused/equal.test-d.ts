// Each line under a directive is one mistake that tsc must refuse: the assertion of these tests itself.
import type { Ref } from 'millrace'
import { same } from '../equal.ts'
import { source } from '../stages.ts'

const o = source()
// biome-ignore lint/suspicious/noExplicitAny: a case is about it
type Any = any

// @ts-expect-error another type
same<typeof o.text, Ref<number>>(true)

// @ts-expect-error a wider type
same<typeof o.mode, Ref<string>>(true)

// @ts-expect-error an optional type
same<typeof o.opt, Ref<string>>(true)

// @ts-expect-error a list
same<typeof o.words, Ref<string>>(true)

// @ts-expect-error unknown
same<typeof o.text, Ref<unknown>>(true)

// @ts-expect-error never
same<typeof o.text, never>(true)

// @ts-expect-error any
same<typeof o.text, Any>(true)

// @ts-expect-error equal types said to differ
same<typeof o.text, Ref<string>>(false)
