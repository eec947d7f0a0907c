import { describe, expect, test } from 'vitest'
import type { How } from '../support/processes.ts'
import { program } from '../support/program.ts'
import { refused, sameAsJson, told } from './told.ts'

const outside = (line: string): string => `
import { is, main, map, pipeline, run, runStage, stage, toGraph, when } from 'millrace'
import { z } from 'zod'
export const clean = stage('clean', { input: z.object({ x: z.int() }), output: z.object({ x: z.int() }), run: ({ x }) => {
  if (x > 3) throw new Error('too much')
  return { x }
} })
export const demo = pipeline('demo', { input: z.object({ x: z.int() }), build: ({ x }) => clean({ x }) })
${line}
main(import.meta, demo)
`
/** A program of its own, without a command line. */
const script = (lines: string): string => outside(lines).replace('main(import.meta, demo)\n', '')

describe.each<How>(['tsx', 'node'])('a call at the top of a module, by %s', (how) => {
  test('of a stage', async () => {
    const text = await refused(outside('const { x } = clean({ x: 1 })'), [], { how })
    expect(text).toMatchInlineSnapshot(`
      "error[call-outside-build]: stage "clean" was called outside a pipeline's build
        at program.ts:9:15
        fix: Call it inside build; to run it alone use await runStage(clean, input).
      "
    `)
  })

  test('of a pipeline in a function, with --json', async () => {
    const one = program(outside('const helper = () => demo({ x: 1 })\nhelper()'))
    const ran = await one.run(['--json'], { how })
    expect(ran.code).toBe(2)
    expect(ran.events()).toHaveLength(1)
    expect(sameAsJson(ran, one)).toMatchObject({ run: null, status: 'failed', output: null })
    expect(ran.stderr).toMatchInlineSnapshot(`
      "error[call-outside-build]: pipeline "demo" was called outside a pipeline's build
        at program.ts:9:22
        fix: Call it inside build; to run it alone use await run(demo, input).
      "
    `)
  })

  test('of map and when', async () => {
    expect(await refused(outside('map([1], () => 1)'), [], { how })).toMatchInlineSnapshot(`
      "error[call-outside-build]: map was called outside a pipeline's build
        at program.ts:9:1
        fix: Call map inside the build of a pipeline.
      "
    `)
    expect(
      await refused(outside("await Promise.resolve()\nwhen(is(1 as any, '===', 1), () => 1)"), [], { how }),
    ).toMatchInlineSnapshot(`
      "error[call-outside-build]: when was called outside a pipeline's build
        at program.ts:10:1
        fix: Call when inside the build of a pipeline.
      "
    `)
  })
})

test('a call in an imported module', async () => {
  const files = {
    'program.ts': outside("import './helper.ts'"),
    'helper.ts': outside('clean({ x: 1 })').replace(/main\(.*/, ''),
  }
  expect(await refused(files)).toMatchInlineSnapshot(`
    "error[call-outside-build]: stage "clean" was called outside a pipeline's build
      at helper.ts:9:1
      fix: Call it inside build; to run it alone use await runStage(clean, input).
    "
  `)
})

test('a call inside a stage', async () => {
  const text =
    outside(`const outer = stage('outer', { input: z.object({}), output: z.object({ x: z.int() }), run: () => clean({ x: 1 }) as any })
const late = pipeline('late', { input: z.object({}), build: () => outer({}) })
main(import.meta, late)`).replace(/main\(import.meta, demo\)\n/, '')
  expect(await told(1, text, ['--progress', 'quiet'])).toMatchInlineSnapshot(`
    "error[stage-threw]: "outer" threw DiagnosticError: stage "clean" was called outside a pipeline's build
      at program.ts:9:98
      at run (program.ts:9:98)
      called at program.ts:10:67
      stage at program.ts:9:15
      fix: Call it inside build; to run it alone use await runStage(clean, input).
    0 ran, 0 cached, 0 skipped, 1 failed, <s>
    "
  `)
})

test('--trace shows the frames', async () => {
  const ran = await program(outside('clean({ x: 1 })')).run(['--trace'])
  expect(ran.code).toBe(2)
  expect(ran.stderr).toContain('    at traceOf (')
})

describe('what run and its kin throw, uncaught', () => {
  test('a wrong input: exit 2', async () => {
    expect(await refused(script("await run(demo, { x: 'x', y: 1 } as any)"))).toMatchInlineSnapshot(`
      "error[invalid-parameter]: the input "x" of pipeline "demo" is refused by its schema: Invalid input: expected number, received string
        fix: Give "x" as its schema says: integer.
      "
    `)
    expect(await refused(script('await run(demo, 3 as any)'))).toMatchInlineSnapshot(`
      "error[invalid-parameter]: the input of pipeline "demo" is not an object
        fix: Give a plain object of JSON values.
      "
    `)
    expect(await refused(script('await run(demo, { x: new Date(0) } as any)'))).toMatchInlineSnapshot(`
      "error[invalid-parameter]: the input "x" of pipeline "demo" is a Date, which JSON can't carry
        fix: Give a plain object of JSON values.
      "
    `)
  })

  test('a stage that failed: exit 1', async () => {
    // --json is a word of the author's own program here
    expect(await told(1, script('await run(demo, { x: 4 })'), ['--json'])).toMatchInlineSnapshot(`
      "error[stage-threw]: "clean" threw Error: too much
        at run (program.ts:5:20)
        called at program.ts:8:91
        stage at program.ts:4:22
        fix: Mend the stage, or give it retries if the cause passes by itself.
      "
    `)
  })

  test('a stage alone: exit 2, as nothing could begin', async () => {
    expect(await refused(script("await runStage(clean, { x: 'x' } as any)"))).toMatchInlineSnapshot(`
      "error[invalid-input]: "clean" got an input that its schema refuses: x: Invalid input: expected number, received string (it is "x")
        called at program.ts:9:7
        stage at program.ts:4:22
        fix: Correct what is wired into the field, or the schema.
      "
    `)
  })

  test('a cancelled run', async () => {
    expect(await told(1, script('await run(demo, { x: 1 }, { signal: AbortSignal.abort() })'))).toMatchInlineSnapshot(`
      "error[run-cancelled]: the run was cancelled
        fix: Run again to go on where it stopped.
      "
    `)
  })

  test('a graph of a wrong program: exit 2', async () => {
    expect(
      await refused(script("toGraph(pipeline('Demo', { input: z.object({}), build: () => ({}) }))")),
    ).toMatchInlineSnapshot(`
      "error[bad-name]: "Demo" can not be the name of a pipeline
        at program.ts:9:9
        fix: Use 1 to 40 of a-z, 0-9 and -, with a letter first and no - at the end.
      "
    `)
  })

  test('a handler of the program is left alone, and so are other errors', async () => {
    const handled = script("process.on('uncaughtException', (error) => console.log(error.name))\nclean({ x: 1 })")
    const ran = await program(handled).run()
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, 'DiagnosticError\n', ''])
    const other = await program(script("throw new TypeError('mine')")).run()
    expect([other.code, other.stdout]).toEqual([1, ''])
    expect(other.stderr).toContain('TypeError: mine\n    at ')
  })

  test('caught, it is plain data', async () => {
    const caught = script(`try {
  await run(demo, { x: 4 })
} catch (error: any) {
  console.log(error.name, error.status, typeof error.run, error.diagnostics.map(({ code }: any) => code).join())
}`)
    const ran = await program(caught).run()
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, 'RunError failed string stage-threw\n', ''])
  })
})
