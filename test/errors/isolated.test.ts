import { expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { failed, sameAsJson } from './told.ts'

/** A program that calls each stage of the module `stages.ts`, in a process of its own each. */
const calling = (stages: string): Record<string, string> => ({
  'stages.ts': `
import { setTimeout as sleep } from 'node:timers/promises'
import { file, stage } from 'millrace'
import { z } from 'zod'
const make = (name: string, run: (input: object, context: any) => any, more: object = {}) =>
  stage(name, { input: z.object({}), output: z.object({ y: z.any().optional() }), isolate: 'process', ...more, run })
${stages}
`,
  'program.ts': `
import { main, pipeline } from 'millrace'
import { z } from 'zod'
import * as stages from './stages.ts'
export const demo = pipeline('demo', { input: z.object({}), build: () => {
  for (const one of Object.values(stages)) (one as any)({})
  return {}
} })
main(import.meta, demo)
`,
})

test('what ends a process too early, while others go on', async () => {
  const files = calling(`export const a = make('a-exit', () => { process.exit(0) })
export const b = make('b-really', () => { (process as any).reallyExit(0) })
export const c = make('c-three', () => { (process as any).reallyExit(3) })
export const d = make('d-killed', () => { process.kill(process.pid, 'SIGKILL'); return sleep(600_000) })
export const e = make('e-told', () => { process.kill(process.pid, 'SIGTERM'); return sleep(600_000) })
export const f = make('f-abort', () => { process.abort() })
export const g = make('g-fine', () => ({ y: 1 }))`)
  const one = program(files)
  const ran = await one.run(['--jobs', '1', '--json'], { how: 'node' })
  expect(ran.code).toBe(1)
  const { counts } = sameAsJson(ran, one)
  expect(counts).toEqual({ ran: 1, cached: 0, skipped: 0, failed: 6 })
  expect(ran.stderr).toMatchInlineSnapshot(`
    "error[exit-called]: "a-exit" called process.exit(0)
      at stages.ts:7:49
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Return the output to succeed, throw an error to fail.
    error[no-output]: the process of "b-really" ended with 0 and without an output
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Return the output; do not end the process inside the stage.
    error[process-failed]: the process of "c-three" ended with exit code 3
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Read the end of its log for the cause.
    error[process-failed]: the process of "d-killed" was ended by SIGKILL (9)
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Give the stage more memory, if the machine ended it for using too much.
    error[process-failed]: the process of "e-told" was told to stop by SIGTERM
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Find out what sent the signal.
    error[process-failed]: the process of "f-abort" was ended by SIGABRT (6)
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Read the end of its log for the cause.
    1 ran, 0 cached, 0 skipped, 6 failed, <s>
    "
  `)
})

test('what a process throws, never ends, or returns', async () => {
  const files = calling(`export const a = make('a-error', () => { throw new TypeError('no such column') })
export const b = make('b-null', () => { throw null })
export const c = make('c-never', () => new Promise(() => {}))
export const d = make('d-lost', async () => { void Promise.reject(new Error('lost')); await sleep(20); return {} })
export const e = make('e-timer', async () => { setTimeout(() => { throw new Error('in a timer') }, 1); await sleep(50); return {} })
export const f = make('f-refused', () => ({ n: 'x' }), { output: z.object({ n: z.int() }) })
export const g = make('g-nan', () => ({ y: NaN }))
export const h = make('h-outside', (_, context) => ({ f: context.file('../x') }), { output: z.object({ f: file() }) })`)
  expect(await failed(files, ['--jobs', '1'], { how: 'node' })).toMatchInlineSnapshot(`
    "error[stage-threw]: "a-error" threw TypeError: no such column
      at stages.ts:7:48
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[stage-threw]: "b-null" threw null
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    error[never-settled]: "c-never" returned a promise that nothing can settle any more
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Make sure that the promise is resolved or rejected on each way through the stage.
    error[unhandled-error]: "d-lost" left unhandled Error: lost
      at stages.ts:10:67
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Await each promise that the stage starts, and catch what its callbacks throw.
    error[unhandled-error]: "e-timer" left unhandled Error: in a timer
      at stages.ts:11:73
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Await each promise that the stage starts, and catch what its callbacks throw.
    error[invalid-output]: "f-refused" returned what its output schema refuses: n: Invalid input: expected number, received string (it is "x")
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Return what the output schema says, or correct the schema.
    error[invalid-output]: "g-nan" returned a value in which "y" is NaN, which JSON can't carry
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Return a value that JSON can carry.
    error[output-outside]: "h-outside" names "../x" as an output, which is outside its folder
      at stages.ts:14:66
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.
    "
  `)
})

test('what uses more memory or time than it may', async () => {
  const files =
    calling(`export const a = make('a-heap', () => { const all: number[][] = []; for (;;) all.push(new Array(100_000).fill(all.length + 0.5)) }, { resources: { memory: '48Mi' } })
export const b = make('b-blocked', () => { for (;;); }, { timeout: '1500ms' })`)
  expect(await failed(files, ['--jobs', '1'])).toMatchInlineSnapshot(`
    "error[process-failed]: the process of "a-heap" ran out of memory: its heap may have 38 MiB of its 48Mi
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Give the stage more memory in its resources.
    error[stage-timeout]: "b-blocked" did not end within its timeout of 1500ms
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Give it a longer timeout, or make it end sooner when context.signal is aborted.
    "
  `)
})

test('a module that can not be loaded in another process', async () => {
  const files = calling(
    "if (process.env.MILLRACE_INPUT) throw new Error('only here')\nexport const a = make('a-fine', () => ({ y: 1 }))",
  )
  expect(await failed(files)).toMatchInlineSnapshot(`
    "error[stage-threw]: "a-fine" threw Error: only here
      at stages.ts:7:39
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Mend the stage, or give it retries if the cause passes by itself.
    "
  `)
})

test('what stands where an attempt is read is no file', async () => {
  const files = calling(`import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
const metrics = () => process.env.MILLRACE_METRICS as string
const beside = (name: string) => join(dirname(metrics()), name)
export const a = make('a-pipe', () => { execFileSync('mkfifo', [metrics()]); return {} })
export const b = make('b-link', () => { symlinkSync('/dev/zero', metrics()); return {} })
export const c = make('c-folder', () => { mkdirSync(metrics()); return {} })
export const d = make('d-output', () => { execFileSync('mkfifo', [beside('failure.json')]); return {} })
export const e = make('e-exit', () => {
  for (const name of ['failure.json', 'done.json', 'output.json']) execFileSync('mkfifo', [beside(name)])
  ;(process as any).reallyExit(0)
})`)
  const one = program(files)
  const ran = await one.run(['--jobs', '1', '--json'], { how: 'node' })
  expect(sameAsJson(ran, one).counts).toEqual({ ran: 1, cached: 0, skipped: 0, failed: 4 })
  expect(ran.stderr).toMatchInlineSnapshot(`
    "error[attempt-refused]: the runner refuses an attempt of "a-pipe": "metrics.jsonl" is no regular file
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Let the stage write to the paths that it is given only; what else is in its folder is the runner's.
    error[attempt-refused]: the runner refuses an attempt of "b-link": "metrics.jsonl" is a symbolic link
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Let the stage write to the paths that it is given only; what else is in its folder is the runner's.
    error[attempt-refused]: the runner refuses an attempt of "c-folder": "metrics.jsonl" is a folder
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Let the stage write to the paths that it is given only; what else is in its folder is the runner's.
    error[no-output]: the process of "e-exit" ended with 0 and an incomplete output
      called at program.ts:6:56
      stage at stages.ts:6:3
      fix: Return the output; do not end the process inside the stage.
    1 ran, 0 cached, 0 skipped, 4 failed, <s>
    "
  `)
})
