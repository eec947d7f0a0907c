import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { writeFileSync } from 'node:fs'
import { file, main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const split = stage('split', {
  input: z.object({ rows: z.int() }),
  output: z.object({ table: file('text/csv') }),
  run: ({ rows }, context) => {
    const table = context.file('table.csv')
    writeFileSync(table.path, 'x\\n'.repeat(rows))
    return { table }
  },
})
export const train = stage('train', {
  input: z.object({ table: file('text/csv'), note: z.string(), trees: z.int() }),
  output: z.object({ score: z.number() }),
  run: ({ trees }) => {
    if (trees > 2) throw new Error('too many trees')
    return { score: trees }
  },
})
export const forest = pipeline('forest', {
  input: z.object({ rows: z.int().default(3), sizes: z.array(z.int()).default([1, 3, 4]), extra: z.array(file()).default([]) }),
  build: ({ rows, sizes }) => {
    const { table } = split({ rows })
    const note = 'the same for every size, and longer than what a line shows of an input, so that the end is cut off'
    return { scores: map(sizes, (trees) => train({ table, note, trees })).score }
  },
})
main(import.meta, forest)
`

test('of what failed calls were given, the fields in which they differ stand first; files by their names', async () => {
  const { run } = program(text)
  const two = await run(['--progress', 'quiet'])
  expect(two.code).toBe(1)
  expect(two.stderr.split('\n').slice(0, 4)).toEqual([
    'error[stage-threw]: "train" threw Error: too many trees',
    '  in 2 of 3:',
    '    train[1] {"trees":3,"table":"table.csv","note":"the same for every size, and longer than what a line shows o…',
    '    train[2] {"trees":4,"table":"table.csv","note":"the same for every size, and longer than what a line shows o…',
  ])

  await run(['--param', 'sizes=[1]', '--param', 'rows=4', '--progress', 'quiet'])
  const list = await run(['runs', 'list'])
  expect(list.stdout.split('\n').map((line) => line.replace(/^.*<s>/, ''))).toEqual([
    '  rows=4 sizes=[1]',
    '  rows=3 sizes=[1,3,4]',
    '',
  ])
})

const retrying = `
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const train = stage('train', {
  input: z.object({ n: z.int() }),
  output: z.object({}),
  retries: 1,
  run: async ({ n }, context) => {
    if (n === 0) return {}
    if (context.attempt === 1) throw new Error('no luck')
    console.log('again')
    await sleep(60_000, undefined, { signal: context.signal })
    return {}
  },
})
main(import.meta, pipeline('p', {
  input: z.object({ all: z.array(z.int()).default([0, 1]) }),
  build: ({ all }) => { map(all, (n) => train({ n })); return {} },
}))
`

test('a call that is tried again is running, whatever came of it before', async () => {
  const { run, start } = program(retrying)
  const started = start(['--progress', 'plain'])
  await started.said('again')
  const { stdout } = await run(['runs', 'show', 'train'])
  started.child.kill('SIGTERM')
  await started.ended
  expect(stdout).toBe('train[0]  succeeded in <s>\ntrain[1]  running\n')
})
