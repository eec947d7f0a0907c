import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { readFileSync, writeFileSync } from 'node:fs'
import { file, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const write = stage('write', {
  input: z.object({ n: z.number() }),
  output: z.object({ f: file() }),
  run: ({ n }, context) => {
    const f = context.file('f.txt')
    writeFileSync(f.path, 'x'.repeat(n))
    if (n === 13) throw new Error('unlucky')
    return { f }
  },
})
export const size = stage('size', {
  input: z.object({ f: file() }),
  output: z.object({ size: z.number() }),
  run: ({ f }) => ({ size: readFileSync(f.path).length }),
})
export const sizes = pipeline('sizes', {
  input: z.object({ n: z.number().default(1000) }),
  build: ({ n }) => ({ size: size({ f: write({ n }).f }).size }),
})
export const path = pipeline('path', { input: z.object({ n: z.number() }), build: ({ n }) => write({ n }) })
main(import.meta, sizes, path)
`

const lines = (out: string): string[] =>
  out
    .split('\n')
    .map((line) => line.replace(/\/<run>-\w+/, '/<attempt>').replace(/(?<=^(?:result|run) .*) {2}[\d.]+ k?B$/, ''))
    .sort()

const attempts = (folder: string): string[] => readdirSync(join(folder, 'store/attempts/write'))

test('store prune: what no result refers to goes, results and runs stay', async () => {
  const { folder, run } = program(text)
  await run()
  await run(['--fresh'])
  expect((await run(['--param', 'n=13'])).code).toBe(1)
  expect(attempts(folder)).toHaveLength(3)
  const told = ['', 'attempt  write/<attempt>  no result  1.0 kB', 'attempt  write/<attempt>  no result  13 B']
  const dry = await run(['store', 'prune', '--dry-run'])
  expect([dry.code, lines(dry.stdout)]).toEqual([0, told])
  expect(dry.stderr).toBe('would remove 0 runs, 0 results, 2 attempts: 1.0 kB\n')
  expect(attempts(folder)).toHaveLength(3)
  const pruned = await run(['store', 'prune'])
  expect([pruned.code, lines(pruned.stdout)]).toEqual([0, told])
  expect(pruned.stderr).toBe(dry.stderr.replace('would remove', 'removed'))
  expect(attempts(folder)).toHaveLength(1)
  const cached = await run()
  expect([cached.stdout, cached.stderr.split('\n').at(-2)]).toEqual([
    '{"size":1000}\n',
    '0 ran, 2 cached, 0 skipped, 0 failed, <s>',
  ])
})

test('--keep: older runs go with what only they made or used; with --json one object a line', async () => {
  const { folder, run } = program(text)
  for (const n of [1, 2, 3]) await run(['--param', `n=${n}`])
  await run(['--pipeline', 'path', '--param', 'n=1'])
  const pruned = await run(['store', 'prune', '--keep', '2', '--json'])
  expect(pruned.stderr).toMatch(/^removed 1 run, 1 result, 0 attempts: \d+\.\d kB\n$/)
  expect(pruned.events().map(({ kind, why, count }) => [kind, why, count])).toEqual([
    ['result', 'not used', 1],
    ['run', 'not among the last', 1],
  ])
  expect(lines((await run(['runs', 'list'])).stdout.replace(/ {2}<s>/g, ''))).toEqual([
    '',
    '<run>  path   <start>  succeeded  0 ran, 1 cached, 0 skipped, 0 failed',
    '<run>  sizes  <start>  succeeded  2 ran, 0 cached, 0 skipped, 0 failed  n=2',
    '<run>  sizes  <start>  succeeded  2 ran, 0 cached, 0 skipped, 0 failed  n=3',
  ])
  // its file was kept for the other pipeline, its size was not
  const { stdout, stderr } = await run(['--param', 'n=1'])
  expect([stdout, stderr.split('\n').at(-2)]).toEqual(['{"size":1}\n', '1 ran, 1 cached, 0 skipped, 0 failed, <s>'])
  expect(attempts(folder)).toHaveLength(3)
})

test('--older-than: nothing that is younger', async () => {
  const { run } = program(text)
  await run()
  const none = await run(['store', 'prune', '--older-than', '30d'])
  expect([none.code, none.stdout, none.stderr]).toEqual([0, '', 'removed 0 runs, 0 results, 0 attempts: 0 B\n'])
  const all = await run(['store', 'prune', '--older-than', '1ms', '--dry-run'])
  expect(lines(all.stdout).filter((line) => !line.startsWith('litter'))).toEqual([
    '',
    'attempt  write/<attempt>  its result goes  1.0 kB',
    'result  <digest>  not used',
    'result  <run>.jsonl  not used',
    'run  <run>  old',
  ])
})

test('where no store is, none is made', async () => {
  const { folder, run } = program(text)
  const { code, stdout, stderr } = await run(['store', 'prune'])
  expect([code, stdout, stderr]).toEqual([0, '', 'no store in store\n'])
  expect(existsSync(join(folder, 'store'))).toBe(false)
  const other = await run(['store', 'prune', '--store', '.'])
  expect([other.code, other.stderr]).toEqual([0, 'no store in .\n'])
  expect(existsSync(join(folder, '.gitignore'))).toBe(false)
})

describe('what is wrong on the command line', () => {
  test.each([
    [['store'], '"store" needs a word after it', 'Use one of: store prune.'],
    [['store', 'prun'], 'there is no command "store prun" (did you mean "prune"?)', 'Use one of: store prune.'],
    [
      ['stor', 'prune'],
      'there is no command "stor" (did you mean "store"?)',
      'Use one of: run, plan, compile, submit, check, diff, graph, types, runs, call, store.',
    ],
    [
      ['store', 'prune', '--older-then', '3d'],
      '"store" has no option "--older-then" (did you mean "--older-than"?)',
      'See --help of store for the options.',
    ],
    [
      ['store', 'prune', '--older-than', '30'],
      '--older-than is "30"',
      'Give --older-than a whole number and a unit (ms, s, m, h, d), for example 30d.',
    ],
    [['store', 'prune', '--keep', '0'], '--keep is "0"', 'Give --keep a whole number from 1.'],
  ])('%j', async (args, message, fix) => {
    const { code, stdout, stderr } = await program(text).run(args)
    expect([code, stdout, stderr]).toEqual([2, '', `error[usage]: ${message}\n  fix: ${fix}\n`])
  })

  test('--help has examples', async () => {
    const { code, stdout } = await program(text).run(['store', '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('Examples:\n  tsx program.ts store prune\n')
    expect(stdout).toContain('--older-than <t>')
  })
})
