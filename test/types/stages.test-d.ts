// Checked by tsc, never run: what a stage's function gets and gives, and what is inferred of a stage.
import {
  type Artifact,
  type Context,
  container,
  type File,
  type Folder,
  file,
  folder,
  type InputOf,
  type OutputOf,
  python,
  type Stage,
  stage,
  type TypedStage,
} from 'millrace'
import { z } from 'zod'
import { same } from './equal.ts'
import { score, type strict } from './stages.ts'

const output = z.object({ ok: z.boolean() })

// run gets the parsed input: defaults are there
stage('defaults', {
  input: z.object({ n: z.number().default(3), list: z.array(z.string()).default([]) }),
  output,
  run: (input) => {
    same<typeof input, { n: number; list: string[] }>(true)
    return { ok: true }
  },
})

// run gets optional and nullable fields as they are
stage('optional', {
  input: z.object({ opt: z.string().optional(), nul: z.string().nullable() }),
  output,
  run: ({ opt, nul }) => {
    same<typeof opt, string | undefined>(true)
    same<typeof nul, string | null>(true)
    return { ok: true }
  },
})

// run gets what a transform gives
stage('transform', {
  input: z.object({ words: z.string().transform((text) => text.split(' ')) }),
  output,
  run: ({ words }) => {
    same<typeof words, string[]>(true)
    return { ok: true }
  },
})

// run gets a number from z.coerce
stage('coerce', {
  input: z.object({ n: z.coerce.number() }),
  output,
  run: ({ n }) => {
    same<typeof n, number>(true)
    return { ok: true }
  },
})

// run gets artifacts with a path, a digest and a size
stage('artifacts', {
  input: z.object({ csv: file('text/csv'), dir: folder(), blob: file().optional() }),
  output,
  run: ({ csv, dir, blob }) => {
    same<typeof csv, File<'text/csv'>>(true)
    same<typeof dir, Folder>(true)
    same<typeof blob, File<'application/octet-stream'> | undefined>(true)
    same<typeof csv.path, string>(true)
    same<typeof csv.digest, string>(true)
    same<typeof dir.size, number>(true)
    return { ok: true }
  },
})

// run may be async
stage('async', { input: z.object({}), output, run: async () => ({ ok: true }) })

// run may leave out what its output has a default for
stage('output-default', {
  input: z.object({}),
  output: z.object({ n: z.number().default(3), opt: z.string().optional() }),
  run: () => ({}),
})

// run gives what a transform of its output takes
stage('output-transform', {
  input: z.object({}),
  output: z.object({ n: z.string().transform(Number) }),
  run: () => ({ n: '1' }),
})

// context.file fits any media type, context.folder any folder
stage('made', {
  input: z.object({}),
  output: z.object({ csv: file('text/csv'), blobs: z.array(file()), dir: folder() }),
  run: (_, context) => ({ csv: context.file('a.csv'), blobs: [context.file('b')], dir: context.folder('c') }),
})

// an input artifact may be passed on
stage('passed-on', {
  input: z.object({ csv: file('text/csv'), dir: folder() }),
  output: z.object({ csv: file('text/csv'), dirs: z.array(folder()) }),
  run: ({ csv, dir }) => ({ csv, dirs: [dir] }),
})

// run is typed in any order of the keys
stage('order', {
  run: ({ n }, context) => {
    same<typeof n, number>(true)
    same<typeof context, Context>(true)
    return { ok: n > 1 }
  },
  output,
  input: z.object({ n: z.number() }),
})

// run without the stage's schema parameters at hand: the plain function
same<Parameters<typeof score.run>, [input: { csv: File<'text/csv'>; words: string[] }, context: Context]>(true)

// OutputOf a stage
same<OutputOf<typeof score>, { accuracy: number; report: File<'text/html'> }>(true)
same<OutputOf<typeof strict>, { text: string; opt?: string | undefined }>(true)

// OutputOf a default is there
const defaulted = stage('defaulted', {
  input: z.object({ n: z.int().default(1) }),
  output: z.object({ n: z.number().default(3) }),
  run: () => ({}),
})
same<OutputOf<typeof defaulted>, { n: number }>(true)

// InputOf a default may be left out
same<InputOf<typeof defaulted>, { n?: number | undefined }>(true)

// the schemas stay at hand
same<z.output<typeof score.input>['words'], string[]>(true)
same<typeof score.name, string>(true)

// strict and loose objects are schemas too
const loose = stage('loose', {
  input: z.strictObject({ a: z.string() }),
  output: z.looseObject({}),
  run: (input) => input,
})
same<InputOf<typeof loose>, { a: string }>(true)

// a Python script: the same types, without a function
const train = python('train', {
  script: new URL('./train.py', import.meta.url),
  input: z.object({ parts: z.array(file('text/csv')), epochs: z.int().default(1) }),
  output: z.object({ model: folder(), accuracy: z.number() }),
  resources: { cpu: 8, memory: '32Gi', disk: '100Gi', gpu: { type: 'h100-80gb', count: 8 } },
  workers: 4,
})
same<typeof train, Stage<typeof train.input, typeof train.output>>(true)
same<OutputOf<typeof train>, { model: Folder; accuracy: number }>(true)
same<InputOf<typeof train>['epochs'], number | undefined>(true)

// a container: the same types, with what to run where there is no container runtime
const clean = container('clean', {
  image: 'ghcr.io/acme/clean@sha256:00',
  command: ['clean', '--fast'],
  local: ['python3', 'clean.py'],
  input: z.object({ csv: file('text/csv') }),
  output: z.object({ csv: file('text/csv') }),
})
same<OutputOf<typeof clean>, { csv: File<'text/csv'> }>(true)

// a TypeScript stage is a stage with a function
same<typeof score, TypedStage<typeof score.input, typeof score.output>>(true)
const plain: Stage<typeof score.input, typeof score.output> = score
same<typeof plain.output, typeof score.output>(true)

// a file of any media type, for helpers
const size = (of: File) => of.size
size(null as never as File<'text/csv'>)
same<File, Artifact<'file', string>>(true)

// the context's members
type C = Context
same<keyof C, 'file' | 'folder' | 'metric' | 'log' | 'signal' | 'seed' | 'resources' | 'worker' | 'env' | 'attempt'>(
  true,
)

// the context's plain values
same<[C['seed'], C['attempt'], C['signal']], [number, number, AbortSignal]>(true)

// the context's worker
same<C['worker'], { readonly index: number; readonly count: number }>(true)

// the context's env: strings by name
same<C['env'], { readonly [name: string]: string }>(true)

// the context's resources: in the terms of the request
same<C['resources']['cpu'], number | undefined>(true)

// the context's functions
same<Parameters<C['metric']>, [name: string, value: number, step?: number | undefined]>(true)
same<Parameters<C['log']>, [message: string, data?: object | undefined]>(true)
same<[Parameters<C['file']>, Parameters<C['folder']>], [[name: string], [name: string]]>(true)
