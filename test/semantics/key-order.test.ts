import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

test('a stage sees the keys of its input in one order: equal inputs, which share a result, are the same to it', async () => {
  const { run } = program(`
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const header = stage('header', {
  input: z.object({ columns: z.record(z.string(), z.int()) }),
  output: z.object({ line: z.string() }),
  run: ({ columns }) => ({ line: Object.keys(columns).join() }),
})
export const p = pipeline('p', {
  input: z.object({}),
  build: () => ({ lines: map([{ b: 2, a: 1 }, { a: 1, b: 2 }, { b: 3, a: 1 }], (columns) => header({ columns })).line }),
})
main(import.meta, p)
`)
  const ran = await run([])
  expect([ran.code, ran.stdout]).toEqual([0, '{"lines":["a,b","a,b","a,b"]}\n'])
})

test('a result from the cache has the keys of its output in the order that the stage gave them', async () => {
  const { run } = program(`
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const count = stage('count', {
  input: z.object({}),
  output: z.object({ rows: z.int(), digest: z.string(), all: z.record(z.string(), z.int()) }),
  run: () => ({ rows: 1, digest: 'd', all: { b: 2, a: 1 } }),
})
export const p = pipeline('p', { input: z.object({}), build: () => ({ made: count() }) })
main(import.meta, p)
`)
  const bytes = '{"made":{"rows":1,"digest":"d","all":{"b":2,"a":1}}}\n'
  for (const [words, ran] of [
    [[], '1 ran, 0 cached'],
    [[], '0 ran, 1 cached'],
    [['--fresh'], '1 ran, 0 cached'],
    [['--in-process'], '0 ran, 1 cached'],
  ] as const) {
    const { stdout, stderr } = await run(words)
    expect([words, stdout, stderr.split('\n').at(-2)]).toEqual([words, bytes, expect.stringContaining(ran)])
  }
})
