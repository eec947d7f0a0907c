// Each line under a directive is one mistake that tsc must refuse: definitions of stages, their options and functions.
import { container, file, inherit, python, secret, stage } from 'millrace'
import { z } from 'zod'
import { score, source, strict } from '../stages.ts'

const o = source()
const input = z.object({ text: z.string(), n: z.number().default(1), opt: z.string().optional() })
const output = z.object({ text: z.string() })
const both = { input, output }
const run = () => ({ text: 'a' })
const script = new URL('./a.py', import.meta.url)

// @ts-expect-error run gives another type
stage('s', { input, output, run: () => ({ text: 1 }) })

// @ts-expect-error run leaves out a field
stage('s', { input, output, run: () => ({}) })

// @ts-expect-error an async run gives another type
stage('s', { input, output, run: async () => ({ text: 1 }) })

// @ts-expect-error run gives nothing
stage('s', { input, output, run: () => {} })

// @ts-expect-error run gives an optional value for a required one
stage('s', { input, output, run: ({ opt }) => ({ text: opt }) })

// @ts-expect-error run gives null for an optional value
stage('s', { input, output: z.object({ opt: z.string().optional() }), run: () => ({ opt: null }) })

// @ts-expect-error run gives what is not in the enum
stage('s', { input, output: z.object({ mode: z.enum(['a', 'b']) }), run: () => ({ mode: 'c' }) })

// @ts-expect-error run reads a field that the input does not have
stage('s', { input, output, run: ({ txt }) => ({ text: txt }) })

// @ts-expect-error run uses a number as a string
stage('s', { input, output, run: ({ n }) => ({ text: n.trim() }) })

// @ts-expect-error run uses an optional value as if it were there
stage('s', { input, output, run: ({ opt }) => ({ text: opt.trim() }) })

// @ts-expect-error a member that the context does not have
stage('s', { input, output, run: (_, context) => ({ text: context.name }) })

// @ts-expect-error a metric that is no number
stage('s', { input, output, run: (_, c) => ({ text: `${c.metric('loss', '1')}` }) })

// @ts-expect-error context.file without a name
stage('s', { input, output: z.object({ csv: file('text/csv') }), run: (_, c) => ({ csv: c.file() }) })

// @ts-expect-error the seed is read-only
stage('s', { input, output, run: (_, c) => ({ text: `${c.seed++}` }) })

// @ts-expect-error a stage without a function
stage('s', { input, output })

// @ts-expect-error a stage without an input
stage('s', { output, run })

// @ts-expect-error a stage without an output
stage('s', { input, run })

// @ts-expect-error an input that is no object
stage('s', { input: z.string(), output, run })

// @ts-expect-error an output that is no object
stage('s', { input, output: z.array(z.string()), run: () => [] })

// @ts-expect-error a plain object for a schema
stage('s', { input: { text: z.string() }, output, run })

// @ts-expect-error a name that is no string
stage(1, { input, output, run })

// @ts-expect-error an option that a stage does not have
stage('s', { input, output, run, retry: 1 })

// @ts-expect-error after on a definition
stage('s', { input, output, run, after: [o] })

// @ts-expect-error retries as text
stage('s', { input, output, run, retries: '2' })

// @ts-expect-error a timeout without a unit
stage('s', { input, output, run, timeout: '10' })

// @ts-expect-error a timeout as a number
stage('s', { input, output, run, timeout: 10 })

// @ts-expect-error a timeout in words
stage('s', { input, output, run, timeout: '10 minutes' })

// @ts-expect-error cache as text
stage('s', { input, output, run, cache: 'no' })

// @ts-expect-error isolate by another word
stage('s', { input, output, run, isolate: 'thread' })

// @ts-expect-error workers as text
stage('s', { input, output, run, workers: '4' })

// @ts-expect-error memory in a unit that is not known
stage('s', { input, output, run, resources: { memory: '4GB' } })

// @ts-expect-error memory as a number
stage('s', { input, output, run, resources: { memory: 4 } })

// @ts-expect-error cpu as a cluster writes it
stage('s', { input, output, run, resources: { cpu: '500m' } })

// @ts-expect-error a resource that is not known
stage('s', { input, output, run, resources: { gpus: 1 } })

// @ts-expect-error a type of GPU without a count
stage('s', { input, output, run, resources: { gpu: { type: 'h100-80gb' } } })

// @ts-expect-error a TPU without a topology
stage('s', { input, output, run, resources: { tpu: { type: 'v5e' } } })

// @ts-expect-error a device without a count
stage('s', { input, output, run, resources: { devices: { 'rdma/ib': true } } })

// @ts-expect-error a number in env
stage('s', { input, output, run, env: { A: 1 } })

// @ts-expect-error a ref in env
stage('s', { input, output, run, env: { A: o.text } })

// @ts-expect-error a secret without a key
secret('hub')

// @ts-expect-error inherit with a default that is no string
inherit(1)

// @ts-expect-error .with an option that is not known
score.with({ retrys: 1 })

// @ts-expect-error .with env
score.with({ env: { A: 'a' } })

// @ts-expect-error .with input
score.with({ input })

// @ts-expect-error .with one ref for after
score.with({ after: o })

// @ts-expect-error .with names for after
score.with({ after: ['source'] })

// @ts-expect-error .with a wrong resource
score.with({ resources: { memory: '4G' } })

// @ts-expect-error .with called twice
score.with({ retries: 1 }).with({ cache: false })

// @ts-expect-error .with keeps what the call takes
strict.with({ retries: 1 })({ text: o.n })

// @ts-expect-error a Python script without a script
python('p', { input, output })

// @ts-expect-error a script as a path
python('p', { input, output, script: './a.py' })

// @ts-expect-error a Python script with a function
python('p', { input, output, script, run })

// @ts-expect-error the plain function of a Python script
python('p', { input, output, script }).run({ text: 'a', n: 1 })

// @ts-expect-error a container without an image
container('c', { ...both, command: ['true'] })

// @ts-expect-error a container without a command
container('c', { ...both, image: 'busybox' })

// @ts-expect-error a command as one string
container('c', { ...both, image: 'busybox', command: 'true' })

// @ts-expect-error a container with a script
container('c', { input, output, image: 'busybox', command: ['true'], script })

// @ts-expect-error the plain function takes the parsed input
strict.run({ text: 'a' }, null as never)

// @ts-expect-error the plain function takes a context
strict.run({ text: 'a', nul: null })
