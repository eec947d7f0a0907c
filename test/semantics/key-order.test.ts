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
