import { expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { failed, sameAsJson } from './told.ts'

/** A program that calls each stage defined in `stages`, a list of `name: function` lines from 9 on. */
const calling = (stages: string, options = ''): string => `
import { setTimeout as sleep } from 'node:timers/promises'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const output = z.object({ y: z.any().optional() })
const make = (name: string, run: (input: object, context: any) => any, more: object = {}) =>
  stage(name, { input: z.object({}), output, ${options}...more, run })
export const all = {
${stages}
}
export const demo = pipeline('demo', { input: z.object({}), build: () => {
  for (const one of Object.values(all)) one()
  return {}
} })
main(import.meta, demo)
`

test('what a stage throws', async () => {
  const text = calling(`  error: make('error', () => { throw new TypeError('no such column') }),
  later: make('later', async () => { await sleep(1); throw new RangeError('too far') }),
  empty: make('empty', () => { throw new Error() }),
  none: make('none', () => { throw null }),
  nothing: make('nothing', () => { throw undefined }),
  text: make('text', () => { throw 'a text' }),
  object: make('object', () => { throw { status: 404, body: ['x'] } }),
  cause: make('cause', () => { throw new Error('outer', { cause: new Error('inner', { cause: 'root' }) }) }),
  circle: make('circle', () => { const error: any = new Error('round'); error.cause = error; throw error }),
  many: make('many', () => { throw new AggregateError([new Error('one'), new TypeError('two'), 'three'], 'all failed') }),
  any: make('any', () => Promise.any([Promise.reject(new Error('first')), Promise.reject(new Error('second'))])),
  garbage: make('garbage', () => { const error = new Error('a'); error.stack = 'at (((:::'; throw error }),
  number: make('number', () => { const error: any = new Error('b'); error.stack = { at: 1 }; throw error }),
  getter: make('getter', () => { throw Object.defineProperty(new Error('c'), 'stack', { get() { throw new Error('no') } }) }),
  message: make('message', () => { throw Object.defineProperty(new Error('d'), 'message', { get() { throw new Error('no') } }) }),
  deep: make('deep', () => JSON.parse('{')),`)
  expect(await failed(text, ['--jobs', '1'])).toMatchInlineSnapshot(`
    "error[stage-threw]: "error" threw TypeError: no such column
      at program.ts:9:38
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "later" threw RangeError: too far
      at program.ts:10:60
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "empty" threw Error
      at program.ts:11:38
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "none" threw null
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "nothing" threw undefined
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "text" threw "a text"
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "object" threw {"status":404,"body":["x"]}
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "cause" threw Error: outer, caused by Error: inner, caused by "root"
      at program.ts:16:38
      caused by Error: inner
        at program.ts:16:66
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "circle" threw Error: round
      at program.ts:17:53
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "many" threw AggregateError: all failed (Error: one; TypeError: two; "three")
      at program.ts:18:36
      caused by Error: one
        at program.ts:18:56
      caused by TypeError: two
        at program.ts:18:74
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "any" threw AggregateError: All promises were rejected (Error: first; Error: second)
      caused by Error: first
        at program.ts:19:54
      caused by Error: second
        at program.ts:19:90
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "garbage" threw Error: a
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "number" threw Error: b
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "getter" threw Error: c
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "message" threw [object Error]
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "deep" threw SyntaxError: Expected property name or '}' in JSON at position 1 (line 1 column 2)
      at program.ts:24:33
      called at program.ts:27:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    "
  `)
})

test('what a stage leaves behind or never ends, while others go on', async () => {
  const text = calling(`  never: make('never', () => new Promise(() => {})),
  exit: make('exit', () => { process.exit(0) }),
  late: make('late', async () => { await sleep(1); process.exit(3) }),
  lost: make('lost', async () => { void Promise.reject(new Error('lost')); await sleep(20) ; return {} }),
  timer: make('timer', async () => { setTimeout(() => { throw new Error('in a timer') }, 1); await sleep(50); return {} }),
  slow: make('slow', async () => { await sleep(5000, undefined, { ref: false }); return {} }, { timeout: '30ms' }),
  patient: make('patient', async (_, { signal }) => { await sleep(5000, undefined, { signal }) }, { timeout: '40ms' }),
  fine: make('fine', async () => { await sleep(5); return { y: 1 } }),`)
  const one = program(text)
  expect(await failed(one, ['--jobs', '1'])).toMatchInlineSnapshot(`
    "error[never-settled]: "never" returned a promise that nothing can settle any more
      called at program.ts:19:41
      stage at program.ts:7:3
      fix: Make sure that the promise is resolved or rejected on each way through the stage.
    error[exit-called]: "exit" called process.exit(0)
      at program.ts:10:38
      called at program.ts:19:41
      stage at program.ts:7:3
      fix: Return the output to succeed, throw an error to fail.
    error[exit-called]: "late" called process.exit(3)
      at program.ts:11:60
      called at program.ts:19:41
      stage at program.ts:7:3
      fix: Return the output to succeed, throw an error to fail.
    error[unhandled-error]: "lost" left unhandled Error: lost
      at program.ts:12:56
      called at program.ts:19:41
      stage at program.ts:7:3
      fix: Await each promise that the stage starts, and catch what its callbacks throw.
    error[unhandled-error]: "timer" left unhandled Error: in a timer
      at program.ts:13:63
      called at program.ts:19:41
      stage at program.ts:7:3
      fix: Await each promise that the stage starts, and catch what its callbacks throw.
    error[stage-timeout]: "slow" did not end within its timeout of 30ms
      called at program.ts:19:41
      stage at program.ts:7:3
      fix: Give it a longer timeout, or make it end sooner when context.signal is aborted.
    error[stage-timeout]: "patient" did not end within its timeout of 40ms
      called at program.ts:19:41
      stage at program.ts:7:3
      fix: Give it a longer timeout, or make it end sooner when context.signal is aborted.
    "
  `)
  // all at once each is still told from the others, and those that can end do
  const ran = await one.run(['--json', '--fresh'])
  expect(ran.code).toBe(1)
  const { errors, counts } = sameAsJson(ran, one) as {
    errors: { code: string; at: { node: string } }[]
    counts: object
  }
  expect(Object.fromEntries(errors.map(({ code, at }) => [at.node, code]))).toMatchInlineSnapshot(`
    {
      "exit": "exit-called",
      "late": "exit-called",
      "lost": "unhandled-error",
      "never": "never-settled",
      "patient": "stage-timeout",
      "slow": "stage-timeout",
      "timer": "unhandled-error",
    }
  `)
  expect(counts).toEqual({ ran: 1, cached: 0, skipped: 0, failed: 7 })
})

test('each that can never end fails, one after the other', async () => {
  const text = calling(`  one: make('one', () => new Promise(() => {})),
  two: make('two', async () => { await sleep(1e6, undefined, { ref: false }) }),
  three: make('three', () => ({ then() {} })),`)
  expect(await failed(text, ['--jobs', '1'], { how: 'node' })).toMatchInlineSnapshot(`
    "error[never-settled]: "one" returned a promise that nothing can settle any more
      called at program.ts:14:41
      stage at program.ts:7:3
      fix: Make sure that the promise is resolved or rejected on each way through the stage.
    error[never-settled]: "two" returned a promise that nothing can settle any more
      called at program.ts:14:41
      stage at program.ts:7:3
      fix: Make sure that the promise is resolved or rejected on each way through the stage.
    error[never-settled]: "three" returned a promise that nothing can settle any more
      called at program.ts:14:41
      stage at program.ts:7:3
      fix: Make sure that the promise is resolved or rejected on each way through the stage.
    "
  `)
})

test('what a stage returns', async () => {
  const text =
    calling(`  refused: stage('refused', { input: z.object({}), output: z.object({ n: z.int(), m: z.string() }), run: () => ({ n: 'x' }) as any }),
  nothing: stage('nothing', { input: z.object({}), output: z.object({ n: z.int() }), run: () => undefined as any }),
  checked: stage('checked', { input: z.object({}), output: z.object({ n: z.int().refine((n) => n > 3, 'above 3') }), run: () => ({ n: 1 }) }),
  nan: make('nan', () => ({ y: { rows: [1, NaN] } })),
  big: make('big', () => ({ y: 10n })),
  date: make('date', () => ({ y: new Date(0) })),
  cycle: make('cycle', () => { const y: any = {}; y.self = y; return { y } }),
  beyond: make('beyond', () => ({ y: 2 ** 53 })),
  large: make('large', () => ({ y: 'x'.repeat(2 ** 20) })),
  metric: make('metric', (_, context) => { context.metric('loss', NaN) }),`)
  expect(await failed(text, ['--jobs', '1'])).toMatchInlineSnapshot(`
    "error[invalid-output]: "refused" returned what its output schema refuses: n: Invalid input: expected number, received string (it is "x"); m: Invalid input: expected string, received undefined
      called at program.ts:21:41
      stage at program.ts:9:12
      fix: Return what the output schema says, or correct the schema.
    error[invalid-output]: "nothing" returned what its output schema refuses: Invalid input: expected object, received undefined
      called at program.ts:21:41
      stage at program.ts:10:12
      fix: Return what the output schema says, or correct the schema.
    error[invalid-output]: "checked" returned what its output schema refuses: n: above 3 (it is 1)
      called at program.ts:21:41
      stage at program.ts:11:12
      fix: Return what the output schema says, or correct the schema.
    error[invalid-output]: "nan" returned a value in which "y.rows[1]" is NaN, which JSON can't carry
      called at program.ts:21:41
      stage at program.ts:7:3
      fix: Return a value that JSON can carry.
    error[invalid-output]: "big" returned a value in which "y" is a bigint, which JSON can't carry
      called at program.ts:21:41
      stage at program.ts:7:3
      fix: Return a value that JSON can carry.
    error[invalid-output]: "date" returned a value in which "y" is a Date, which JSON can't carry
      called at program.ts:21:41
      stage at program.ts:7:3
      fix: Return a value that JSON can carry.
    error[invalid-output]: "cycle" returned a value in which "y.self" contains itself, which JSON can't carry
      called at program.ts:21:41
      stage at program.ts:7:3
      fix: Return a value that JSON can carry.
    error[invalid-output]: "beyond" returned a value in which "y" is an integer beyond 2^53, which JSON can't carry
      called at program.ts:21:41
      stage at program.ts:7:3
      fix: Return a value that JSON can carry.
    error[output-too-large]: "large" returned 1025 KiB of JSON; the limit is 1024 KiB
      called at program.ts:21:41
      stage at program.ts:7:3
      fix: Write the large part with context.file() and give file() in the output schema.
    error[stage-threw]: "metric" threw TypeError: context.metric("loss", NaN): give a name and a finite number
      at program.ts:18:52
      called at program.ts:21:41
      stage at program.ts:7:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    "
  `)
})

test('what a stage is given', async () => {
  const text = `
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const make = stage('make', { input: z.object({}), output: z.object({ n: z.any(), list: z.any() }), run: () => ({ n: 'x', list: 3 }) })
export const take = stage('take', { input: z.object({ n: z.int(), m: z.int().optional() }), output: z.object({}), retries: 3, run: () => ({}) })
export const inner = pipeline('inner', { input: z.object({ n: z.int() }), build: ({ n }) => take({ n }) })
export const demo = pipeline('demo', {
  input: z.object({}),
  build: () => {
    const made = make() as any
    take({ n: made.n })
    inner({ n: made.n })
    map(made.list, (n: any) => take({ n }))
    return {}
  },
})
main(import.meta, demo)
`
  expect(await failed(text, ['--jobs', '1'])).toMatchInlineSnapshot(`
    "error[invalid-input]: "inner.n" got a value that its schema refuses: Invalid input: expected number, received string
      at program.ts:12:5
      fix: Correct what is wired into it, or the schema.
    error[invalid-input]: "map" maps over something that is not a list
      at program.ts:13:5
      fix: Correct what is wired into it, or the schema.
    error[invalid-input]: "take" got an input that its schema refuses: n: Invalid input: expected number, received string (it is "x")
      called at program.ts:11:5
      stage at program.ts:5:21
      fix: Correct what is wired into the field, or the schema.
    "
  `)
})
