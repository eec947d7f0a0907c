import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const train = stage('train', {
  input: z.object({ how: z.string(), n: z.number() }),
  output: z.object({}),
  run: ({ how, n }) => {
    if (how === 'same') throw new Error('no data')
    if (how === 'index') throw new Error('no data for item ' + n)
    if (how === 'number') throw new Error('seed ' + n * 1000 + ' gave nothing')
    if (how === 'word') throw new Error('no ' + 'abcdefghijklmnopqrst'[n])
    if (how === 'log') {
      for (let i = 0; i < 12; i++) console.log('line ' + i + ' of ' + n)
      throw new Error('%: two,\\n::error::lines')
    }
    return {}
  },
})
export const trials = pipeline('trials', {
  input: z.object({ how: z.string(), list: z.array(z.number()) }),
  build: ({ how, list }) => { map(list, (n) => train({ how, n })); return {} },
})
main(import.meta, trials)
`
const list = (length: number): string => `list=${JSON.stringify(Array.from({ length }, (_, n) => n))}`
/** Where it is called, and where it is defined. */
const places = ['  called at program.ts:21:48', '  stage at program.ts:4:22']
/** The first calls that are told, with what they were given: first what they differ in. */
const given = (how: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `    train[${n}] {"n":${n},"how":"${how}"}`)
const fix = '  fix: Mend the stage, or give it retries if the cause passes by itself.'

async function told(how: string, length: number, env: Record<string, string> = {}): Promise<string[]> {
  const words = ['--jobs', '1', '--progress', 'quiet', '--param', `how=${how}`, '--param', list(length)]
  const { code, stderr } = await program(text).run(words, { env })
  expect(code).toBe(1)
  return stderr.split('\n')
}

test('200 calls that fail for the same cause are told once, with the names of the first', async () => {
  expect(await told('same', 200)).toEqual([
    'error[stage-threw]: "train" threw Error: no data',
    '  in 200 of 200:',
    ...given('same', 5),
    '    … and 195 more',
    '  at run (program.ts:8:31)',
    ...places,
    fix,
    '0 ran, 0 cached, 0 skipped, 200 failed, <s>',
    '',
  ])
})

test('a cause that names the index is the same', async () => {
  expect((await told('index', 3)).slice(0, 5)).toEqual([
    'error[stage-threw]: "train" threw Error: no data for item 0',
    '  in 3 of 3:',
    ...given('index', 3),
  ])
})

test('causes that differ in numbers alone are told apart while they are few', async () => {
  const few = await told('number', 2)
  expect(few.filter((line) => /^(error| {2}in)/.test(line))).toEqual([
    'error[stage-threw]: "train" threw Error: seed 0 gave nothing',
    '  in train[0], 1 of 2: {"how":"number","n":0}',
    'error[stage-threw]: "train" threw Error: seed 1000 gave nothing',
    '  in train[1], 1 of 2: {"how":"number","n":1}',
  ])
  expect((await told('number', 20)).slice(0, 8)).toEqual([
    'error[stage-threw]: "train" threw Error: seed 0 gave nothing',
    '  in 20 of 20, with other numbers:',
    ...given('number', 5),
    '    … and 15 more',
  ])
})

test('of one stage no more than ten causes are told', async () => {
  const lines = await told('word', 20)
  expect(lines.filter((line) => line.startsWith('error'))).toHaveLength(10)
  expect(lines.slice(-8)).toEqual([
    '  in train[9], 1 of 20: {"how":"word","n":9}',
    '  at run (program.ts:11:31)',
    ...places,
    fix,
    'and 10 more of "train" failed otherwise: train[10], train[11], train[12], train[13], train[14], …; runs show tells each',
    '0 ran, 0 cached, 0 skipped, 20 failed, <s>',
    '',
  ])
})

test('the end of the log stands under the error', async () => {
  expect(await told('log', 1)).toEqual([
    'error[stage-threw]: "train" threw Error: %: two,',
    '::error::lines',
    '  in train[0]: {"how":"log","n":0}',
    '  at run (program.ts:14:13)',
    ...places,
    '  log of train[0], its last 10 lines:',
    ...Array.from({ length: 10 }, (_, i) => `  | line ${i + 2} of 0`),
    fix,
    '0 ran, 0 cached, 0 skipped, 1 failed, <s>',
    '',
  ])
})

test('on GitHub: an annotation for each error, the log in a group, and no command that is not ours', async () => {
  expect(await told('log', 2, { GITHUB_ACTIONS: 'true' })).toEqual([
    'error[stage-threw]: "train" threw Error: %: two,',
    ': :error::lines',
    '  in 2 of 2:',
    ...given('log', 2),
    '  at run (program.ts:14:13)',
    ...places,
    fix,
    '::group::log of train[0]',
    ...Array.from({ length: 12 }, (_, i) => `| line ${i} of 0`),
    '::endgroup::',
    '::error file=program.ts,line=14,col=13,title=stage-threw in train[0] and 1 more::"train" threw Error: %25: two,%0A::error::lines%0AMend the stage, or give it retries if the cause passes by itself.',
    '0 ran, 0 cached, 0 skipped, 2 failed, <s>',
    '',
  ])
})
