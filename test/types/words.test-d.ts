// Checked by tsc, never run: placeholders of the words of a command, wherever it stands among the options.
import {
  container,
  type File,
  type Folder,
  file,
  folder,
  type OutputPlace,
  python,
  type Ref,
  type WordEntry,
} from 'millrace'
import { z } from 'zod'
import { same } from './equal.ts'

const input = z.object({
  table: file('text/csv'),
  dir: folder(),
  parts: z.array(file()),
  rows: z.array(z.object({ name: z.string(), sizes: z.array(z.number()) })),
  steps: z.int().default(3),
  note: z.string().optional(),
  nul: z.array(z.string()).nullish(),
  deep: z.object({ leaf: z.string() }).optional(),
  byName: z.record(z.string(), z.number()),
  pair: z.tuple([z.string(), z.number()]),
})
const output = z.object({
  report: file('text/html'),
  auc: z.number(),
  more: z.object({ x: z.number(), deep: z.object({ y: z.string() }) }).optional(),
  byName: z.record(z.string(), z.number()),
  rows: z.array(z.object({ name: z.string() })),
})
const script = new URL('./a.py', import.meta.url)

// before the schemas
const first = container('first', {
  command: ({ input, output, given, each }) => {
    same<typeof input.table, Ref<File<'text/csv'>>>(true)
    same<typeof input.dir, Ref<Folder>>(true)
    same<typeof input.steps, Ref<number>>(true)
    same<typeof input.note, Ref<string | undefined>>(true)
    same<typeof input.rows.name, Ref<string[]>>(true)
    same<typeof input.deep.leaf, Ref<string | undefined>>(true)
    same<NonNullable<typeof output.byName.any>, OutputPlace>(true)
    return [
      ...['score', input, input.table, output.report, output.more.deep.y, output.rows],
      ['--n=', 3, input.steps, output.auc],
      given(input.note, ['--note', input.note, given(input.deep, [input.deep.leaf])]),
      each(input.parts, (part) => {
        same<typeof part, Ref<File<'application/octet-stream'>>>(true)
        return ['--part', part]
      }),
      each(input.rows, (row) => [row.name, each(row.sizes, (size) => [[row.name, size]])]),
      each(input.nul, (one) => {
        same<typeof one, Ref<string>>(true)
        return [one]
      }),
      each(input.pair, (one) => [one]),
    ]
  },
  image: 'busybox',
  input,
  output,
})
same<typeof first.input, typeof input>(true)
same<typeof first.output, typeof output>(true)

// between them, and after them
container('between', {
  input,
  command: ({ input }) => ['a', input.table],
  local: ({ output }) => ['b', output.auc],
  output,
  image: 'busybox',
})
container('after', {
  input,
  output,
  image: 'busybox',
  local: ({ input, output }) => ['b', input.table, output.auc],
  command: ['a', 3, ['--n=', 4]],
})

// args of python
python('args', { args: ({ input, output }) => ['--table', input.table, output.auc], script, input, output })
python('fixed', { args: ['--fast'], include: [script], image: 'python:3.13', script, input, output })

// words that are written elsewhere
const words: readonly string[] = ['a', 'b']
const entries: WordEntry[] = ['a', ['b', 1]]
container('elsewhere', { input, output, image: 'busybox', command: words })
container('elsewhere', { input, output, image: 'busybox', command: () => [...entries, ...words] })
