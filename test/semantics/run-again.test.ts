import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `import { file, main, map, pipeline, stage } from 'millrace'
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { half } from './half.ts'
export const rows = stage('rows', {
  input: z.object({ table: file() }), output: z.object({ list: z.array(z.number()) }),
  run: ({ table }) => ({ list: readFileSync(table.path, 'utf8').trim().split(' ').map(Number) }),
})
export const fold = stage('fold', {
  input: z.object({ n: z.number(), scale: z.number() }), output: z.object({ n: z.number(), copy: file() }),
  env: { LEVEL: 'low' },
  run({ n, scale }, context) {
    console.log('folding', n, context.env.LEVEL, context.seed > 0)
    context.metric('n', n)
    const copy = context.file('copy.txt')
    writeFileSync(copy.path, String(n))
    return { n: half(n) * scale, copy }
  },
})
export const sum = stage('sum', {
  input: z.object({ all: z.array(z.number()) }), output: z.object({ n: z.number() }),
  run: ({ all }) => ({ n: all.reduce((a, b) => a + b, 0) }),
})
main(import.meta, pipeline('folds', {
  input: z.object({ table: file(), scale: z.number().default(2).describe('by which all are multiplied') }),
  build: ({ table, scale }) => sum({ all: map(rows({ table }).list, (n) => fold({ n, scale }).n) }).n,
}))
`
const broken = `export function half(n: number): number {
  if (n % 2 !== 0) throw new RangeError(n + ' is odd')
  return n / 2
}
`
const files = { 'program.ts': text, 'half.ts': broken, 'table.txt': '2 4 5 8' }
const table = ['--param', 'table=table.txt']

test('a call of a failed map is shown, run again with its real input, mended, and run again', async () => {
  const { folder, run } = program(files)
  const failed = await run(table)
  expect([failed.code, failed.stderr.split('\n').filter((line) => !/^<time>/.test(line))]).toEqual([
    1,
    [
      'error[stage-threw]: "fold" threw RangeError: 5 is odd',
      '  in fold[2], 1 of 4: {"n":5,"scale":2}',
      '  at half (half.ts:2:26)',
      '  at run (program.ts:17:17)',
      '  called at program.ts:26:76',
      '  stage at program.ts:9:21',
      '  log of fold[2]:',
      '  | folding 5 low true',
      '  fix: Mend the stage, or give it retries if the cause passes by itself.',
      '4 ran, 0 cached, 0 skipped, 1 failed, <s>',
      '',
    ],
  ])
  const shown = await run(['runs', 'show', 'fold[2]'])
  expect(shown.stdout.replace(/runs\/<run>\/logs/, 'logs').split('\n')).toEqual([
    'call    fold[2]',
    'run     <run> of folds',
    'status  failed',
    'key     <digest>',
    'input   {"n":5,"scale":2}',
    '',
    expect.stringMatching(/^<time> fold\[2\] started$/),
    expect.stringMatching(/^<time> fold\[2\] failed: "fold" threw RangeError: 5 is odd$/),
    'metric  n = 5',
    '',
    'log     store/logs/fold_2.1.log',
    '  | folding 5 low true',
    '',
    'error[stage-threw]: "fold" threw RangeError: 5 is odd',
    '  at half (half.ts:2:26)',
    '  at run (program.ts:17:17)',
    '  called at program.ts:26:76',
    '  stage at program.ts:9:21',
    '  fix: Mend the stage, or give it retries if the cause passes by itself.',
    '',
    "to run it again here: call 'fold[2]' --run <run>",
    '',
  ])

  const logs = await run(['runs', 'logs', 'fold'])
  expect(logs.stdout.split('\n').filter((line) => line.startsWith('fold[2]'))).toEqual([
    'fold[2] | folding 5 low true',
    'fold[2] | error[stage-threw]: "fold" threw RangeError: 5 is odd',
    'fold[2] |   at half (<dir>/half.ts:2:26)',
    'fold[2] |   at run (<dir>/program.ts:17:17)',
    'fold[2] |   called at <dir>/program.ts:26:76',
    'fold[2] |   stage at <dir>/program.ts:9:21',
    'fold[2] |   fix: Mend the stage, or give it retries if the cause passes by itself.',
  ])

  const again = await run(['call', 'fold[2]'])
  expect([again.code, again.stdout, again.stderr.split('\n').slice(0, 4)]).toEqual([
    1,
    '',
    [
      'folding 5 low true',
      'n = 5',
      'error[stage-threw]: "fold" threw RangeError: 5 is odd',
      '  at half (half.ts:2:26)',
    ],
  ])
  writeFileSync(join(folder, 'half.ts'), 'export const half = (n: number): number => Math.floor(n / 2)\n')
  const mended = await run(['call', 'fold[2]'])
  const output = JSON.parse(mended.stdout) as { n: number; copy: { path: string } }
  expect([mended.code, output.n, existsSync(output.copy.path)]).toEqual([0, 4, true])
  // it has put nothing into the store
  expect((await run(['runs', 'list'])).stdout.split('\n')).toHaveLength(2)
  expect((await run([...table, '--json'])).events().filter(({ event }) => event === 'stage.succeeded')).toHaveLength(5)
})

test('calls that there are not, or of which the run does not know enough', async () => {
  const { folder, run } = program({ ...files, 'half.ts': 'export const half = (n: number): number => n / 2\n' })
  await run(table)
  expect((await run(['runs', 'show', 'rows'])).stdout.split('\n').at(-2)).toBe(
    "to run it again here: call 'rows' --run <run> --param table=<file>",
  )
  const said: string[] = []
  for (const words of [
    ['call'],
    ['call', 'fold'],
    ['call', 'fold[1][0]'],
    ['call', 'fold[9]'],
    ['call', 'flod[1]'],
    ['call', 'sum[0]'],
    ['call', 'rows'],
    ['call', 'rows', '--param', 'scale=3'],
    ['call', 'rows', '--param', 'table=other.txt'],
    ['call', 'fold[0]', '--run', 'zz'],
  ]) {
    writeFileSync(join(folder, 'other.txt'), '1')
    const { code, stdout, stderr } = await run(words)
    expect([words, code, stdout]).toEqual([words, 2, ''])
    said.push(`${words.join(' ')}: ${stderr}`)
  }
  expect(said.join('')).toMatchInlineSnapshot(`
    "call: error[usage]: "call" needs the name of a call
      fix: Write it as runs show does: call 'fold[3]'.
    call fold: error[unknown-stage]: "fold" stands in a map, so "fold" is none of its calls
      fix: Write fold[0].
    call fold[1][0]: error[unknown-stage]: "fold" stands in a map, so "fold[1][0]" is none of its calls
      fix: Write fold[0].
    call fold[9]: error[unknown-stage]: "fold" has 4 calls in run <run>, and "fold[9]" is none of them
      fix: Use one of: fold[0], fold[1], fold[2], ….
    call flod[1]: error[unknown-stage]: run <run> has no stage "flod" (did you mean "fold"?)
      fix: Use one of: rows, fold, sum.
    call sum[0]: error[unknown-stage]: "sum" stands in no map, so "sum[0]" is none of its calls
      fix: Write sum.
    call rows: error[missing-file]: "rows" was given a file as "table", and run <run> kept what it held, not where it lies
      fix: Give the parameter that names it once more, with --param.
    call rows --param scale=3: error[invalid-parameter]: run <run> had another "scale"
      fix: Give the parameters of that run; files must hold what they held.
    call rows --param table=other.txt: error[invalid-parameter]: run <run> had another "table"
      fix: Give the parameters of that run; files must hold what they held.
    call fold[0] --run zz: error[unknown-run]: there is no run "zz"
      fix: See runs list for the ids.
    "
  `)
  const given = await run(['call', 'rows', ...table])
  expect([given.code, given.stdout]).toEqual([0, '{"list":[2,4,5,8]}\n'])
  const summed = await run(['call', 'sum'])
  expect([summed.code, summed.stdout]).toEqual([0, '{"n":19}\n'])
})
