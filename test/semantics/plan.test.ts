import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { asset, file, inherit, is, main, map, pipeline, stage, when } from 'millrace'
import { z } from 'zod'
import { factor } from './factor.ts'
const N = z.object({ n: z.number() })
export const scale = stage('scale', {
  input: N,
  output: N,
  // a comment
  run: ({ n }) => ({ n: n * factor }),
})
export const add = stage('add', { input: z.object({ n: z.number(), more: z.number() }), output: N, run: ({ n, more }) => ({ n: n + more }) })
export const read = stage('read', { input: z.object({ of: file('text/plain') }), output: N, env: { LEVEL: inherit('1') }, run: () => ({ n: 1 }) })
export const send = stage('send', { cache: false, input: N, output: z.object({}), run: () => ({}) })
export const planned = pipeline('planned', {
  input: z.object({
    list: z.array(z.number()).default([1, 2]),
    more: z.number().default(10),
    data: file('text/plain').default(asset(new URL('./data.txt', import.meta.url))),
  }),
  build: ({ list, more, data }) => {
    const scaled = map(list, (n) => scale({ n }).n)
    const sum = add({ n: read({ of: data }).n, more })
    const again = add({ n: read({ of: data }).n, more })
    const big = when(is(sum.n, '>', 100), () => add({ n: sum.n, more: 1 }).n)
    send({ n: sum.n })
    const fixed = add({ n: 1, more: 5 }).n
    return { scaled, sum: sum.n, again: again.n, big, fixed }
  },
})
main(import.meta, planned)
`
const files = { 'program.ts': text, 'factor.ts': 'export const factor = 2\n', 'data.txt': 'data' }

test('plan tells what would run and why: code, input, parameter, env', async () => {
  const { folder, run } = program(files)
  const change = (file: string, from: string, to: string) =>
    writeFileSync(join(folder, file), readFileSync(join(folder, file), 'utf8').replace(from, to))
  const plan = async (args: string[] = [], env: Record<string, string> = {}) => {
    const { code, stdout, stderr } = await run(['plan', ...args], { env })
    expect(code).toBe(0)
    return [...stdout.trimEnd().split('\n'), stderr.trimEnd()]
  }
  expect(await plan()).toEqual([
    'scale   run      2 of 2: it never ran',
    'read    run      it never ran',
    'read.2  run      equal to read',
    'add     waits    for read',
    'add.2   waits    equal to add',
    'add.3   waits    for read',
    'send    waits    for read',
    'add.4   run      it never ran',
    '4 to run, 0 cached, 4 to see, 0 skipped',
  ])
  expect((await run()).code).toBe(0)
  const after = [
    'scale   cached   from <run>',
    'read    cached   from <run>',
    'add     cached   from <run>',
    'read.2  cached   equal to read',
    'add.2   cached   equal to add',
    'add.3   skipped  add.n > 100 is false',
    'send    run      cache: false, so it runs in every run',
    'add.4   cached   from <run>',
    '1 to run, 6 cached, 0 to see, 1 skipped',
  ]
  expect((await plan()).toSorted()).toEqual(after.toSorted())

  const row = (rows: string[], name: string) => rows.find((line) => line.startsWith(`${name} `))
  // a parameter
  const more = await plan(['--param', 'more=20'])
  expect(row(more, 'add')).toBe('add     run      parameter "more" changed: 10 → 20')
  const list = await plan(['--param', 'list=[2,3]'])
  expect(row(list, 'scale')).toBe('scale   run      1 of 2: parameter "list" changed: [1,2] → [2,3]')
  // what is wired into a call
  change('program.ts', 'more: 5', 'more: 6')
  expect(row(await plan(), 'add.4')).toBe('add.4   run      input "more" changed: 5 → 6')
  change('program.ts', 'more: 6', 'more: 5')
  // a variable, an input file
  expect(row(await plan([], { LEVEL: '2' }), 'read')).toBe('read    run      env LEVEL changed')
  change('data.txt', 'data', 'other')
  expect(row(await plan(), 'read')).toMatch(
    /^read {4}run {6}parameter "data" changed: sha256:[0-9a-f]{8}… → sha256:[0-9a-f]{8}…$/,
  )
  change('data.txt', 'other', 'data')
  // code: the stage's own, not a comment, not a sibling's
  change('program.ts', '// a comment', '// another')
  expect((await plan()).toSorted()).toEqual(after.toSorted())
  change('program.ts', '// another', '// a comment')
  change('factor.ts', '2', '3')
  expect(row(await plan(), 'scale')).toBe('scale   run      2 of 2: code changed: factor.ts')
  change('program.ts', 'n + more', 'more + n')
  const both = await plan()
  expect(row(both, 'add')).toBe('add     run      code changed: program.ts')
  expect(row(both, 'read')).toBe('read    cached   from <run>')
  // nothing of it was run
  expect((await run(['runs', 'list'])).stdout.split('\n').length).toBe(2)
})

test('plan goes on with a failed run as the next run will, and looks behind it for causes', async () => {
  const text = `
import { existsSync } from 'node:fs'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
import { factor } from './factor.ts'
const N = z.object({ n: z.number() })
export const send = stage('send', { cache: false, input: N, output: N, run: ({ n }) => ({ n }) })
export const breaks = stage('breaks', {
  input: N,
  output: N,
  run: ({ n }) => {
    if (existsSync(String('broken'))) throw new Error('broken')
    return { n }
  },
})
export const scale = stage('scale', { input: N, output: N, run: ({ n }) => ({ n: n * factor }) })
export const work = pipeline('work', {
  input: z.object({ n: z.number() }),
  build: ({ n }) => {
    const sent = send({ n: 1 })
    const broken = breaks({ n })
    const twice = map([3, 4, 4], (n) => scale({ n }).n)
    return { sent: sent.n, twice, last: scale({ n: broken.n }).n, again: scale({ n: 3 }).n }
  },
})
main(import.meta, work)
`
  const { folder, run } = program({ 'program.ts': text, 'factor.ts': 'export const factor = 2\n' })
  const plan = async (n: number) => {
    const { stdout, stderr } = await run(['plan', '--param', `n=${n}`])
    return [...stdout.trimEnd().split('\n').toSorted(), stderr]
  }
  expect((await run(['--param', 'n=1'])).code).toBe(0)
  writeFileSync(join(folder, 'broken'), '')
  writeFileSync(join(folder, 'factor.ts'), 'export const factor = 3\n')
  expect((await run(['--param', 'n=2', '--fail-fast', '--jobs', '1'])).code).toBe(1)
  expect(await plan(2)).toEqual([
    'breaks   run      it failed in the last run',
    'scale    run      1 of 3: code changed: factor.ts',
    'scale.2  waits    for breaks',
    'scale.3  run      code changed: factor.ts',
    'send     cached   from <run>',
    'goes on with run <run> (failed), 1 committed\n3 to run, 1 cached, 1 to see, 0 skipped\n',
  ])
  // other parameters are other work
  expect((await plan(3)).at(-1)).toBe('4 to run, 0 cached, 1 to see, 0 skipped\n')
  rmSync(join(folder, 'broken'))
  const again = await run(['--param', 'n=2', '--progress', 'plain'])
  expect(again.stderr.split('\n')[0]).toBe('going on with run <run>, 1 committed')
  expect(again.stderr).toMatch(/send cached from <run>\n/)
  expect((await plan(2)).slice(-2)).toEqual([
    'send     run      cache: false, so it runs in every run',
    '1 to run, 4 cached, 0 to see, 0 skipped\n',
  ])
})
