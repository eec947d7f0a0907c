import { expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { refused, sameAsJson } from './told.ts'

/** A program of which only the lines from 5 on differ. */
const demo = (lines: string): string => `
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const o = z.object({ n: z.int() })
${lines}
`
const build = (body: string): string =>
  demo(`const demo = pipeline('demo', { input: z.object({}), build: (): any => {
${body}
} })
main(import.meta, demo)`)

test('names', async () => {
  const long = 'a'.repeat(41)
  const calls = ["'Train'", "'train_model'", "'train-'", "'4train'", "''", `'${long}'`, "'driver'", '7 as any', "'t'"]
    .map((name) => `  stage(${name}, { input: z.object({}), output: o, run: () => ({ n: 1 }) })()`)
    .join('\n')
  const text = demo(`const demo = pipeline('Demo', { input: z.object({}), build: (): any => {
${calls}
  pipeline('${'b'.repeat(41)}', { input: z.object({}), build: () => ({}) })()
  stage('${'a'.repeat(40)}', { input: z.object({}), output: o, run: () => ({ n: 1 }) })()
} })
main(import.meta, demo)`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[bad-name]: "Demo" can not be the name of a pipeline
      at program.ts:5:14
      fix: Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.
    error[bad-name]: "Train" can not be the name of a stage
      at program.ts:6:3
      fix: Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.
    error[bad-name]: "train_model" can not be the name of a stage
      at program.ts:7:3
      fix: Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.
    error[bad-name]: "train-" can not be the name of a stage
      at program.ts:8:3
      fix: Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.
    error[bad-name]: "4train" can not be the name of a stage
      at program.ts:9:3
      fix: Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.
    error[bad-name]: "" can not be the name of a stage
      at program.ts:10:3
      fix: Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.
    error[bad-name]: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" can not be the name of a stage
      at program.ts:11:3
      fix: Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.
    error[bad-name]: "driver" can not be the name of a stage: Millrace uses it itself
      at program.ts:12:3
      fix: Give it another name.
    error[bad-name]: 7 can not be the name of a stage
      at program.ts:13:3
      fix: Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.
    error[bad-name]: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" can not be the name of a pipeline
      at program.ts:15:3
      fix: Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.
    "
  `)
})

test('two stages of one name, and a pipeline named like a stage', async () => {
  const text = build(`  const settings = { input: z.object({}), output: o, run: () => ({ n: 1 }) }
  const one = stage('train', settings)
  const two = stage('train', settings)
  one()
  two()
  one()
  pipeline('train', { input: z.object({}), build: () => ({}) })()`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[duplicate-name]: pipeline "demo" calls two different stages or pipelines named "train"
      at program.ts:10:3
      fix: Give one of them another name.
    error[duplicate-name]: pipeline "demo" calls two different stages or pipelines named "train"
      at program.ts:12:64
      fix: Give one of them another name.
    "
  `)
})

test('options of a stage, and of a call', async () => {
  const text = build(`  const fine = { input: z.object({}), output: o, run: () => ({ n: 1 }) }
  const wrong: any = { timeout: '10 minutes', retries: -1, workers: 0, cache: 'no', isolate: 'pod', retrys: 3, script: 'x' }
  stage('one', { ...fine, ...wrong })()
  const amounts: any = { cpu: 0, memory: '1GB', disk: '10', gpu: -1, tpu: 'v5e', devices: [1], spot: 'yes', memroy: '1Gi' }
  stage('two', { ...fine, resources: amounts })()
  stage('three', { ...fine, resources: 'large' as any, env: { MODE: 3 as any } })()
  const call = stage('four', { ...fine, timeout: undefined })
  const first = call()
  call.with({ timout: '1s', retries: 1.5, resources: { cpus: 2, gpu: 1, tpu: { type: 'v5e', topology: '4x4' } } } as any)()
  call.with({ after: [first, 3 as any] })()
  call.with({ after: first as any })()`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[bad-option]: stage "one": timeout is "10 minutes"
      at program.ts:8:3
      fix: Give a whole number and a unit (ms, s, m, h, d), for example "10m".
    error[bad-option]: stage "one": retries is -1
      at program.ts:8:3
      fix: Give a whole number from 0 to 1000.
    error[bad-option]: stage "one": workers is 0
      at program.ts:8:3
      fix: Give a whole number from 1.
    error[bad-option]: stage "one": cache is "no"
      at program.ts:8:3
      fix: Give true or false.
    error[bad-option]: stage "one": isolate is "pod"
      at program.ts:8:3
      fix: Give "process", or leave it out.
    error[bad-option]: stage "one": there is no option "retrys" (did you mean "retries"?)
      at program.ts:8:3
      fix: Use one of: resources, retries, timeout, cache, isolate, workers, input, output, run, env.
    error[bad-option]: stage "one": there is no option "script"
      at program.ts:8:3
      fix: Use one of: resources, retries, timeout, cache, isolate, workers, input, output, run, env.
    error[bad-option]: stage "two": resources.cpu is 0
      at program.ts:10:3
      fix: Give a number above 0.
    error[bad-option]: stage "two": resources.memory is "1GB"
      at program.ts:10:3
      fix: Give a number and a unit (Ki, Mi, Gi, Ti), for example "512Mi".
    error[bad-option]: stage "two": resources.disk is "10"
      at program.ts:10:3
      fix: Give a number and a unit (Ki, Mi, Gi, Ti), for example "512Mi".
    error[bad-option]: stage "two": resources.gpu is -1
      at program.ts:10:3
      fix: Give a count, or { type: 'h100-80gb', count: 8 }.
    error[bad-option]: stage "two": resources.tpu is "v5e"
      at program.ts:10:3
      fix: Give { type: 'v5e', topology: '4x4' }.
    error[bad-option]: stage "two": resources.devices is [1]
      at program.ts:10:3
      fix: Give counts, for example { 'rdma/ib': 1 }.
    error[bad-option]: stage "two": resources.spot is "yes"
      at program.ts:10:3
      fix: Give true or false.
    error[bad-option]: stage "two": there is no resource "memroy" (did you mean "memory"?)
      at program.ts:10:3
      fix: Use one of: cpu, memory, disk, sharedMemory, gpu, tpu, devices, spot.
    error[bad-option]: stage "two": resources asks for a GPU and a TPU
      at program.ts:10:3
      fix: Ask for one accelerator, and use two stages where both are needed.
    error[bad-option]: stage "three": resources is "large"
      at program.ts:11:3
      fix: Give an object, for example { cpu: 2, memory: "4Gi" }.
    error[bad-option]: stage "three": env.MODE is not a string
      at program.ts:11:3
      fix: Give a string, inherit() or secret(name, key).
    error[bad-option]: "four.2": there is no option "timout" (did you mean "timeout"?)
      at program.ts:14:122
      fix: Use one of: resources, retries, timeout, cache, isolate, workers, after.
    error[bad-option]: "four.2": retries is 1.5
      at program.ts:14:122
      fix: Give a whole number from 0 to 1000.
    error[bad-option]: "four.2": there is no resource "cpus" (did you mean "cpu"?)
      at program.ts:14:122
      fix: Use one of: cpu, memory, disk, sharedMemory, gpu, tpu, devices, spot.
    error[bad-option]: "four.2": resources asks for a GPU and a TPU
      at program.ts:14:122
      fix: Ask for one accelerator, and use two stages where both are needed.
    error[bad-option]: "four.3": after is not a list of refs
      at program.ts:15:42
      fix: Give the results of calls, for example after: [checked].
    error[bad-option]: "four.4": after is not a list of refs
      at program.ts:16:37
      fix: Give the results of calls, for example after: [checked].
    "
  `)
})

test('schemas that JSON can not carry, each by its path', async () => {
  const text = build(`  const fields = {
    date: z.date(), big: z.bigint(), map: z.map(z.string(), z.int()), set: z.set(z.string()), file: z.file(),
    none: z.undefined(), own: z.custom<string>(), url: z.instanceof(URL), nan: z.nan(), one: z.literal(1n as any),
    list: z.array(z.string().optional()), pair: z.tuple([z.string().optional(), z.int()]),
    deep: z.object({ rows: z.array(z.object({ at: z.date().optional() })) }), by: z.record(z.string(), z.date()),
    any: z.union([z.string(), z.date()]), then: z.string(), nested: z.object({ toJSON: z.string() }),
  }
  stage('inputs', { input: z.object(fields), output: o, run: () => ({ n: 1 }) })({} as any)
  const length = z.string().transform((text) => text.length)
  stage('outputs', { input: z.object({ length }), output: z.object({ length, at: z.date() }), run: () => ({}) as any })({ length: 'x' })`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[bad-schema]: stage "inputs": the input field "then" has a name that JavaScript keeps for itself
      at program.ts:13:3
      fix: Give the field another name.
    error[bad-schema]: stage "inputs": the input field "date" is z.date(), which JSON can't carry
      at program.ts:13:3
      fix: Use z.iso.datetime() for the field and make the Date inside run.
    error[bad-schema]: stage "inputs": the input field "big" is z.bigint(), which JSON can't carry
      at program.ts:13:3
      fix: Use z.string() for the field, or z.int() where 2^53 is enough.
    error[bad-schema]: stage "inputs": the input field "map" is z.map(), which JSON can't carry
      at program.ts:13:3
      fix: Use z.record() for the field and make the Map inside run.
    error[bad-schema]: stage "inputs": the input field "set" is z.set(), which JSON can't carry
      at program.ts:13:3
      fix: Use z.array() for the field and make the Set inside run.
    error[bad-schema]: stage "inputs": the input field "file" is z.file(), which JSON can't carry
      at program.ts:13:3
      fix: Use file() from 'millrace' for the field.
    error[bad-schema]: stage "inputs": the input field "none" is z.undefined(), which JSON can't carry
      at program.ts:13:3
      fix: Use .optional() for the field.
    error[bad-schema]: stage "inputs": the input field "own" is z.custom(), which JSON can't carry
      at program.ts:13:3
      fix: Use a type that JSON can carry for the field.
    error[bad-schema]: stage "inputs": the input field "url" is z.custom(), which JSON can't carry
      at program.ts:13:3
      fix: Use a type that JSON can carry for the field.
    error[bad-schema]: stage "inputs": the input field "nan" is z.nan(), which JSON can't carry
      at program.ts:13:3
      fix: Use a type that JSON can carry for the field.
    error[bad-schema]: stage "inputs": the input field "one" is the literal 1n, which JSON can't carry
      at program.ts:13:3
      fix: Use a literal that JSON can carry.
    error[bad-schema]: stage "inputs": the input field "list[0]" is optional in a list, and JSON lists have no holes
      at program.ts:13:3
      fix: Use .nullable() for the items.
    error[bad-schema]: stage "inputs": the input field "pair[0]" is optional in a list, and JSON lists have no holes
      at program.ts:13:3
      fix: Use .nullable() for the items.
    error[bad-schema]: stage "inputs": the input field "deep.rows[0].at" is z.date(), which JSON can't carry
      at program.ts:13:3
      fix: Use z.iso.datetime() for the field and make the Date inside run.
    error[bad-schema]: stage "inputs": the input field "by" is z.date(), which JSON can't carry
      at program.ts:13:3
      fix: Use z.iso.datetime() for the field and make the Date inside run.
    error[bad-schema]: stage "inputs": the input field "any" is z.date(), which JSON can't carry
      at program.ts:13:3
      fix: Use z.iso.datetime() for the field and make the Date inside run.
    error[bad-schema]: stage "inputs": the input field "nested.toJSON" has a name that JavaScript keeps for itself
      at program.ts:13:3
      fix: Give the field another name.
    error[bad-schema]: stage "outputs": the output field "length" is z.transform(), which JSON can't carry
      at program.ts:15:3
      fix: Do the transform inside run, and give the field the schema of its result.
    error[bad-schema]: stage "outputs": the output field "at" is z.date(), which JSON can't carry
      at program.ts:15:3
      fix: Use z.iso.datetime() for the field and make the Date inside run.
    "
  `)
})

test('what nobody would run in the input of a pipeline', async () => {
  const text = demo(`const input = z.object({
  length: z.string().transform((text) => text.length), short: z.string().refine((text) => text.length < 9),
  trimmed: z.string().trim(), number: z.coerce.number(), safe: z.int().catch(3), at: z.date(), then: z.string(),
})
const demo = pipeline('demo', { input, build: () => ({}) })
main(import.meta, demo)`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[bad-schema]: pipeline "demo": the input field "then" has a name that JavaScript keeps for itself
      at program.ts:9:14
      fix: Give the field another name.
    error[bad-schema]: pipeline "demo": the input field "length" has a transform or a refinement, which nobody would run: a pipeline checks its input by JSON Schema
      at program.ts:9:14
      fix: Move the transform or refinement into the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "short" has a transform or a refinement, which nobody would run: a pipeline checks its input by JSON Schema
      at program.ts:9:14
      fix: Move the transform or refinement into the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "trimmed" has a transform or a refinement, which nobody would run: a pipeline checks its input by JSON Schema
      at program.ts:9:14
      fix: Move the transform or refinement into the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "number" has a transform or a refinement, which nobody would run: a pipeline checks its input by JSON Schema
      at program.ts:9:14
      fix: Move the transform or refinement into the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "safe" has a transform or a refinement, which nobody would run: a pipeline checks its input by JSON Schema
      at program.ts:9:14
      fix: Move the transform or refinement into the input of the stage that reads the field.
    error[bad-schema]: pipeline "demo": the input field "at" is z.date(), which JSON can't carry
      at program.ts:9:14
      fix: Use z.iso.datetime() for the field and make the Date inside run.
    "
  `)
})

test('what only a program in JavaScript can leave out', async () => {
  const text = build(`  const [Stage, Pipeline] = [stage as any, pipeline as any]
  Stage('bare')()
  Stage('no-run', { input: z.object({}), output: o })()
  Stage('no-object', { input: z.string(), output: 3, run: () => ({}) })()
  Pipeline('empty')()
  Pipeline('no-build', { input: z.object({}) })()`)
  expect(await refused(text)).toMatchInlineSnapshot(`
    "error[bad-schema]: stage "bare": the input is not a z.object(…)
      at program.ts:7:3
      fix: Give the input as z.object({ … }).
    error[bad-schema]: stage "bare": the output is not a z.object(…)
      at program.ts:7:3
      fix: Give the output as z.object({ … }).
    error[bad-option]: stage "bare" has no function run
      at program.ts:7:3
      fix: Give run: (input, context) => output.
    error[bad-option]: stage "no-run" has no function run
      at program.ts:8:3
      fix: Give run: (input, context) => output.
    error[bad-schema]: stage "no-object": the input is not a z.object(…)
      at program.ts:9:3
      fix: Give the input as z.object({ … }).
    error[bad-schema]: stage "no-object": the output is not a z.object(…)
      at program.ts:9:3
      fix: Give the output as z.object({ … }).
    error[bad-schema]: pipeline "empty": the input is not a z.object(…)
      at program.ts:10:3
      fix: Give the input as z.object({ … }).
    error[bad-option]: pipeline "empty" has no function build
      at program.ts:10:3
      fix: Give build: (input) => { … }, which wires the stages.
    error[bad-option]: pipeline "no-build" has no function build
      at program.ts:11:3
      fix: Give build: (input) => { … }, which wires the stages.
    "
  `)
})

test('main is given what is no pipeline', async () => {
  const train = "const train = stage('train', { input: z.object({}), output: o, run: () => ({ n: 1 }) })\n"
  expect(await refused(demo(`${train}main(import.meta, train as any)`))).toMatchInlineSnapshot(`
    "error[bad-option]: main takes pipelines, and "train" is a stage
      at program.ts:6:1
      fix: Give it what pipeline() made: main(import.meta, digits).
    "
  `)
  expect(await refused(demo(`${train}void (main as any)(import.meta)`))).toMatchInlineSnapshot(`
    "error[bad-option]: main is given no pipeline
      at program.ts:6:19
      fix: Give it what pipeline() made: main(import.meta, digits).
    "
  `)
})

test('with --json they are all in the run that could not begin', async () => {
  const one = program(
    build(
      `  stage('Bad', { input: z.object({ at: z.date() }), output: o, retries: -1, run: () => ({ n: 1 }) })({} as any)`,
    ),
  )
  const ran = await one.run(['--json'])
  expect(ran.code).toBe(2)
  const { errors, ...rest } = sameAsJson(ran, one)
  expect(rest).toMatchObject({ run: null, status: 'failed', output: null })
  expect((errors as { code: string }[]).map(({ code }) => code)).toEqual(['bad-name', 'bad-option', 'bad-schema'])
})
