import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Event } from '@millrace/ir'
import { asset, DiagnosticError, file, folder, map, pipeline, RunError, run, runStage, stage, toGraph } from 'millrace'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { problemsOf } from '../conformance/events.ts'
import { program } from '../support/program.ts'
import { add, bad, picky, save } from './stages.ts'

function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-code-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const sums = pipeline('sums', {
  input: z.object({ list: z.array(z.number()), not: z.number().default(0) }),
  build: ({ list, not }) => ({ out: map(list, (n) => add({ n: picky({ n, not }).n }).n), file: save({ n: not }).out }),
})

describe('run', () => {
  test('gives the typed output; its files are there', async () => {
    const output = await run(sums, { list: [1, 2] }, { store: newFolder() })
    expectTypeOf(output.out).toEqualTypeOf<number[]>()
    expectTypeOf(output.file.path).toBeString()
    expect(output.out).toEqual([2, 3])
    expect(readFileSync(output.file.path, 'utf8')).toBe('0')
  })

  test('throws a RunError that carries all diagnostics and the run', async () => {
    const error = await run(sums, { list: [1, 2, 3], not: 2 }, { store: newFolder() }).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(RunError)
    expect(error).toBeInstanceOf(Error)
    const { name, status, run: id, diagnostics, message } = error as RunError
    expect([name, status, diagnostics.length]).toEqual(['RunError', 'failed', 1])
    expect(id).toMatch(/^\d{8}-\d{6}-[0-9a-f]{6}$/)
    expect(message).toContain('error[stage-threw]: "picky" threw Error: not 2')
    expect(message).toContain('fix: ')
  })

  test('throws what is wrong with the program or the input before anything runs', async () => {
    const events: Event[] = []
    const settings = { store: newFolder(), onEvent: (event: Event) => events.push(event) }
    const refused = (input: never) => run(sums, input, settings).catch((error: RunError) => error) as Promise<RunError>
    const wrong = await refused({ list: ['a'], not: 'b' } as never)
    expect([wrong.run, wrong.diagnostics.map(({ code, at }) => `${code} ${at.path}`)]).toEqual([
      null,
      ['invalid-parameter list', 'invalid-parameter not'],
    ])
    expect((await refused({} as never)).diagnostics.map(({ code }) => code)).toEqual(['missing-parameter'])
    expect((await refused({ list: [Number.NaN] } as never)).diagnostics[0]?.message).toContain('is NaN')
    const asyncly = pipeline('asyncly', { input: z.object({}), build: async () => ({}) } as never)
    const error = (await run(asyncly as never, {} as never, settings).catch((error: unknown) => error)) as RunError
    expect([error.run, error.diagnostics[0]?.code]).toEqual([null, 'async-build'])
    expect(events).toEqual([])
  })

  test('jobs, signal, fresh and onEvent', async () => {
    const store = newFolder()
    const events: Event[] = []
    await run(sums, { list: [1, 2, 3] }, { store, jobs: 1, onEvent: (event) => events.push(event) })
    expect(problemsOf(events)).toEqual([])
    const before = events.length
    await run(sums, { list: [1, 2, 3] }, { store, fresh: true, onEvent: (event) => events.push(event) })
    expect(events.slice(before).filter(({ event }) => event === 'stage.cached')).toEqual([])
    const aborted = await run(sums, { list: [1] }, { store, signal: AbortSignal.abort() }).catch(
      (error: unknown) => error,
    )
    expect([(aborted as RunError).status, (aborted as RunError).diagnostics.map(({ code }) => code)]).toEqual([
      'cancelled',
      ['run-cancelled'],
    ])
    expect((aborted as RunError).message).not.toBe('')
  })

  test('what onEvent throws ends in the caller of run, not in a stage', async () => {
    const boom = () => {
      throw new Error('from the listener')
    }
    await expect(run(sums, { list: [1] }, { store: newFolder(), onEvent: boom })).rejects.toThrow('from the listener')
  })

  test.skipIf(!existsSync('/proc/self/fd'))('many runs in one process leave no file open', async () => {
    const store = newFolder()
    const open = () => readdirSync('/proc/self/fd').length
    const one = pipeline('one', { input: z.object({ n: z.number() }), build: ({ n }) => add({ n }) })
    await run(one, { n: 0 }, { store })
    const before = open()
    for (let n = 1; n <= 10; n++) await run(one, { n }, { store })
    expect(open() - before).toBeLessThan(5)
  })

  test('two runs at once, on one store', async () => {
    const store = newFolder()
    const inputs = [
      [1, 2],
      [2, 3],
      [1, 2],
    ]
    const outputs = await Promise.all(inputs.map((list) => run(sums, { list }, { store })))
    expect(outputs.map(({ out }) => out)).toEqual([
      [2, 3],
      [3, 4],
      [2, 3],
    ])
  })

  test('at the top of a module, also beside main, and with a stage in a process of its own', async () => {
    const stages = `
import { stage } from 'millrace'
import { z } from 'zod'
export const here = stage('here', { input: z.object({ n: z.number() }), output: z.object({ n: z.number() }), run: ({ n }) => ({ n: n + 1 }) })
export const apart = stage('apart', { isolate: 'process', input: z.object({ n: z.number() }), output: z.object({ pid: z.number() }), run: () => ({ pid: process.pid }) })
`
    const text = `
import { main, pipeline, run } from 'millrace'
import { z } from 'zod'
import { apart, here } from './stages.ts'
export const top = pipeline('top', { input: z.object({ n: z.number().default(1) }), build: ({ n }) => ({ n: here({ n }).n, pid: apart({ n }).pid }) })
const { n, pid } = await run(top, { n: 41 })
console.log(JSON.stringify({ n, apart: pid !== process.pid }))
console.log(JSON.stringify(await run(top)).replace(/\\d{2,}/, 'pid'))
`
    const { run: start } = program({ 'program.ts': text, 'stages.ts': stages })
    const { code, stdout, stderr } = await start()
    expect([code, stdout, stderr]).toEqual([0, '{"n":42,"apart":true}\n{"n":2,"pid":pid}\n', ''])
    // results are kept, so the stages were found again by their exports
    const list = await program({ 'program.ts': `${text}\nmain(import.meta, top)\n`, 'stages.ts': stages }).run([
      'runs',
      'list',
    ])
    expect(list.stdout).toContain('2 ran, 0 cached')
  })
})

describe('runStage', () => {
  const copy = stage('copy', {
    input: z.object({
      from: file('text/plain'),
      all: folder().optional(),
      upper: z.boolean().default(false),
      more: file('text/plain').default(asset(new URL('../conformance/stages/asset.txt', import.meta.url))),
    }),
    output: z.object({ out: file('text/plain'), digest: z.string(), more: z.string() }),
    run: ({ from, upper, more }, context) => {
      const out = context.file('out.txt')
      const text = readFileSync(from.path, 'utf8')
      writeFileSync(out.path, upper ? text.toUpperCase() : text)
      context.metric('length', text.length)
      context.log('copied')
      return { out, digest: from.digest, more: readFileSync(more.path, 'utf8'), extra: 'dropped' }
    },
  })

  test('runs the whole contract; files are plain paths', async () => {
    const path = join(newFolder(), 'in.txt')
    writeFileSync(path, 'text')
    const output = await runStage(copy, { from: path, upper: true })
    expectTypeOf(output.digest).toBeString()
    expect(Object.keys(output)).toEqual(['out', 'digest', 'more'])
    expect([readFileSync(output.out.path, 'utf8'), output.out.size, output.more]).toEqual(['TEXT', 4, 'an asset\n'])
    expect(output.digest).toMatch(/^sha256:/)
  })

  test('throws a RunError for a wrong input, a wrong output, a missing file and what the stage throws', async () => {
    const liar = stage('liar', {
      input: z.object({}),
      output: z.object({ n: z.number() }),
      run: () => ({ n: 'no' }) as never,
    })
    const codeOf = (work: Promise<unknown>) =>
      work.then(
        () => 'none',
        (error: RunError) => `${error.name} ${error.diagnostics.map(({ code }) => code)}`,
      )
    expect(await codeOf(runStage(add, { n: 'x' } as never))).toBe('RunError invalid-input')
    expect(await codeOf(runStage(liar, {}))).toBe('RunError invalid-output')
    expect(await codeOf(runStage(copy, { from: '/nowhere.txt' }))).toBe('RunError missing-file')
    expect(await codeOf(runStage(bad, {}))).toBe('RunError stage-threw')
    expect(await codeOf(runStage(add, { n: 1 }))).toBe('none')
  })

  test('.run is the plain function', async () => {
    expect(await add.run({ n: 1, more: 2 }, {} as never)).toEqual({ n: 3 })
  })
})

test('toGraph gives the graph as plain data, and throws what is wrong with it', () => {
  const graph = toGraph(sums)
  expect(graph).toEqual(JSON.parse(JSON.stringify(graph)))
  expect(graph).toMatchObject({ version: 1, pipeline: 'sums' })
  expect(graph.body.nodes.map(({ id }) => id)).toEqual(['map', 'save'])
  const wrong = pipeline('wrong', { input: z.object({}), build: () => add({ m: 1 } as never) })
  expect(() => toGraph(wrong)).toThrow(/^error\[unknown-field\](.|\n)*error\[missing-field\]/)
  expect(() => toGraph(wrong)).toThrow(DiagnosticError)
})
