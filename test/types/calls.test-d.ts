// Checked by tsc, never run: what a call takes, and that calls which fit are taken.
import { asset, type File, file, type InputOf, inherit, map, type Ref, secret, stage, type Value, when } from 'millrace'
import { z } from 'zod'
import { same } from './equal.ts'
import { nothing, score, sink, source, strict } from './stages.ts'

const o = source()

// a stage without inputs is called with nothing, or with {}
same<ReturnType<typeof nothing>, Ref<{ ok: boolean }>>(true)
nothing()
nothing({})

// a stage whose inputs are all optional may be called with nothing
sink()
sink({})

// refs of the same types
sink({ text: o.text, n: o.n, flag: o.flag, mode: o.mode, words: o.words, list: o.list, obj: o.obj, union: o.union })
sink({ shape: o.shape, pair: o.pair, byName: o.byName, tree: o.tree, json: o.json })
sink({ csv: o.csv, dir: o.dir, blob: o.blob, csvs: o.csvs })

// a ref to a narrower type
sink({ text: o.fixed, union: o.text, nul: o.mode, mode: 'slow' })
strict({ text: o.brand })

// literals
sink({ text: 'a', n: 1, flag: true, mode: 'slow', words: ['a'], pair: ['a', 1], byName: { a: 1 } })

// literals that hold refs, at any depth
sink({ words: [o.text, 'a'], pair: [o.text, 1], byName: { a: o.n, b: 2 }, obj: { inner: { leaf: o.text } } })
sink({ list: [{ x: o.n, name: 'a', deep: o.words }], tree: { name: o.text, children: [o.tree] } })

// an option of a discriminated union as a literal, with a ref in it
sink({ shape: { kind: 'circle', r: o.n } })

// JSON takes any literal, with refs in it
sink({ json: { a: [o.text, null, { b: 1 }] } })

// z.coerce takes anything
sink({ coerced: '1' })
sink({ coerced: o.text })

// an optional ref or undefined feeds an optional field and a default
sink({ text: o.opt, n: when(o.flag, () => o.n), csv: o.optCsv })
sink({ text: undefined, n: undefined })

// null feeds a nullable field
sink({ nul: null })
sink({ nul: o.nul })

// a ref to a whole object that has the fields, and more
strict(o)

// an asset is a file of any media type
sink({ csv: asset(new URL('./a.csv', import.meta.url)), blob: asset(new URL('./a.bin', import.meta.url)) })

// assets and refs in lists and records of files
sink({ csvs: [asset(new URL('./a.csv', import.meta.url)), o.csv], files: { a: o.csv } })

// InputOf a stage: what is left out may be left out
same<InputOf<typeof strict>, { text: string; nul?: string | null | undefined }>(true)

// .with gives a call of the same type
const retried = score.with({ retries: 2, timeout: '10m', cache: false, isolate: 'process', workers: 2 })
same<ReturnType<typeof retried>, Ref<{ accuracy: number; report: File<'text/html'> }>>(true)
same<Parameters<typeof retried>, Parameters<typeof score>>(true)

// .with takes resources in the field's terms
score.with({ resources: { cpu: 0.5, memory: '1.5Gi', disk: '10Gi', sharedMemory: '1Gi', gpu: 1, spot: true } })
score.with({ resources: { gpu: { type: 'h100-80gb', count: 8, vendor: 'nvidia' }, devices: { 'rdma/ib': 1 } } })
score.with({ resources: { tpu: { type: 'v5e', topology: '4x4' } } })

// an option given as undefined counts as not given
score.with({ resources: undefined, retries: undefined, timeout: undefined, cache: undefined, isolate: undefined })
score.with({ workers: undefined, after: undefined })

// after takes refs of any type
nothing.with({ after: [o, o.text, o.list, when(o.flag, () => o.csv), map(o.csvs, (csv) => score({ csv }))] })()

// env takes literals, inherited variables and secrets
stage('env', {
  input: z.object({}),
  output: z.object({}),
  env: { MODE: 'fast', HF_HOME: inherit(), LEVEL: inherit('info'), TOKEN: secret('hub', 'token') },
  run: () => ({}),
})

// a transform: the call takes its input, run its output
const measure = stage('measure', {
  input: z.object({ word: z.string().transform((word) => word.length) }),
  output: z.object({ size: z.number() }),
  run: ({ word }) => ({ size: word }),
})
same<InputOf<typeof measure>, { word: string }>(true)
measure({ word: o.text })

// a helper takes refs as Ref or Value
const helper = (text: Ref<string>, csv: Value<File<'text/csv'>>) => [strict({ text }), score({ csv })] as const
same<ReturnType<typeof helper>[0], ReturnType<typeof strict>>(true)
helper(o.text, o.csv)
helper(o.mode, o.csv)

// a helper takes a ref to an object by the fields it needs
const named = (it: Ref<{ text: string }>) => it.text
same<ReturnType<typeof named>, Ref<string>>(true)
named(o)

// a stage made by a generic function
const boxed = <T extends z.ZodType>(value: T) =>
  stage('boxed', { input: z.object({ file: file('text/csv') }), output: z.object({ value }), run: () => null as never })
const box = boxed(z.number())({ file: o.csv })
same<typeof box.value, Ref<number>>(true)

// a tuple may end where its last items are optional
const shape = stage('shape', {
  input: z.object({
    size: z.tuple([z.int(), z.int().optional()]),
    open: z.tuple([z.int(), z.string().optional()], z.boolean()).optional(),
  }),
  output: z.object({ size: z.tuple([z.int(), z.int().optional()]) }),
  run: ({ size }) => ({ size }),
})
shape({ size: [3] })
shape({ size: [3, o.n], open: [1, o.text, true, o.flag] })
shape({ size: shape({ size: [1] }).size })
