import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { setTimeout as sleep } from 'node:timers/promises'
import { is, main, map, pipeline, stage, when } from 'millrace'
import { z } from 'zod'
export const square = stage('square', {
  input: z.object({ n: z.number() }),
  output: z.object({ n: z.number() }),
  run: async ({ n }, { signal }) => {
    if (n === 13) throw new Error('unlucky')
    if (n === 99) await sleep(600_000, undefined, { signal })
    console.log('square of', n)
    console.error('to stderr')
    process.stdout.write('{"not":"the output"}\\n')
    return { n: n * n }
  },
})
export const squares = pipeline('squares', {
  input: z.object({ list: z.array(z.number()).default([1, 2]), text: z.string().default('ä "q"\\n') }),
  build: ({ list, text }) => {
    console.log('in build')
    const out = map(list, (n) => square({ n }).n)
    return { out, text, none: when(is(text, '===', 'x'), () => square({ n: 0 }).n) }
  },
})
export const other = pipeline('other', { input: z.object({}), build: () => ({ done: true }) })
main(import.meta, squares, other)
`

test('a run: stdout is the output in one line of JSON, the last line of stderr the summary', async () => {
  const { run } = program(text)
  const first = await run()
  expect([first.code, first.stdout]).toEqual([0, '{"out":[1,4],"text":"ä \\"q\\"\\n"}\n'])
  expect(first.stderr.split('\n').at(-2)).toBe('2 ran, 0 cached, 1 skipped, 0 failed, <s>')
  const second = await run(['run'])
  expect([second.code, second.stdout]).toEqual([0, first.stdout])
  expect(second.stderr.split('\n').at(-2)).toBe('0 ran, 2 cached, 1 skipped, 0 failed, <s>')
  const other = await run(['--pipeline', 'other', '--progress', 'quiet'])
  expect([other.code, other.stdout, other.stderr]).toEqual([
    0,
    '{"done":true}\n',
    '0 ran, 0 cached, 0 skipped, 0 failed, <s>\n',
  ])
})

test('a failure: exit 1, nothing on stdout, the cause with its place at the end of stderr', async () => {
  const { run } = program(text)
  const failed = await run(['--param', 'list=[1,13]', '--progress', 'quiet'])
  expect([failed.code, failed.stdout]).toEqual([1, ''])
  expect(failed.stderr.replace('in build\n', '')).toBe(
    [
      'error[stage-threw]: "square" threw Error: unlucky',
      '  in square[1], 1 of 2: {"n":13}',
      '  at run (program.ts:9:25)',
      '  called at program.ts:21:34',
      '  stage at program.ts:5:23',
      '  fix: Mend the stage, or give it retries if the cause passes by itself.',
      '1 ran, 0 cached, 1 skipped, 1 failed, <s>',
      '',
    ].join('\n'),
  )
})

test('--timeout of the run: exit 4; --fail-fast stops at the first failure', async () => {
  const { run } = program(text)
  const late = await run(['--param', 'list=99', '--timeout', '1s', '--progress', 'quiet'])
  expect([late.code, late.stdout]).toEqual([4, ''])
  expect(late.stderr).toContain('error[run-timeout]: the run did not end within its timeout of 1s\n')
  expect(late.stderr.split('\n').at(-2)).toBe('0 ran, 0 cached, 1 skipped, 0 failed, <s>')
  const list = await run(['runs', 'list'])
  expect(list.stdout).toBe('<run>  squares  <start>  cancelled  0 ran, 0 cached, 1 skipped, 0 failed  <s>\n')
  const fast = await run(['--param', 'list=[13,1,99]', '--jobs', '1', '--fail-fast'])
  expect(fast.code).toBe(1)
  expect(fast.stderr).not.toContain('square[1] started')
})

describe('what is wrong before a run: exit 2, nothing on stdout, and what was probably meant', () => {
  test.each([
    [['--papam', 'x=1'], 'error[usage]: there is no option "--papam" (did you mean "--param"?)'],
    [['--list', '3'], 'error[usage]: there is no option "--list"; it is a parameter'],
    [['rnu'], 'error[usage]: there is no command "rnu" (did you mean "run"?)'],
    [
      ['--pipeline', 'square'],
      'error[unknown-pipeline]: the program has no pipeline "square" (did you mean "squares"?)',
    ],
    [['--from', 'sqare'], 'error[unknown-stage]: pipeline "squares" has no stage "sqare" (did you mean "square"?)'],
    [['run', '--target', 'kubernetes'], 'error[usage]: run works on this machine, and the target is "kubernetes"'],
    [['runs', 'show', 'abc'], 'error[unknown-run]: there are no runs in store'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await program(text).run(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.replace('in build\n', '').split('\n')[0]).toBe(message)
  })

  test('all that is wrong is told at once', async () => {
    const { code, stderr } = await program(text).run([
      '--param',
      'lst=1',
      '--param',
      'list=x',
      '--environment',
      'laptpo',
    ])
    expect(code).toBe(2)
    expect(stderr.match(/^error\[.*$/gm)).toEqual([
      'error[unknown-environment]: there is no environment "laptpo" (did you mean "laptop"?)',
      'error[unknown-parameter]: pipeline "squares" has no parameter "lst" (did you mean "list"?)',
      'error[invalid-parameter]: the parameter "list" of pipeline "squares" is not JSON: x',
    ])
  })
})

test('a store that can not be written: exit 5', async () => {
  const { code, stdout, stderr } = await program(text).run(['--store', '/dev/null/store'])
  expect([code, stdout]).toEqual([5, ''])
  expect(stderr).toContain('error[store-failed]')
})

test('--help and --version go to stdout, exit 0', async () => {
  const { run } = program(text)
  const [help, version, plan] = [await run(['--help']), await run(['--version']), await run(['plan', '--help'])]
  expect([help.code, help.stderr, help.stdout.split('\n')[0]]).toEqual([0, '', 'Examples:'])
  expect([version.code, version.stderr]).toEqual([0, ''])
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(plan.stdout).toContain('--params <file>')
  // the program's examples are not those of each command
  expect(plan.stdout).not.toContain('Examples:')
  // readable without scrolling, but for the parameters
  const [words, parameters] = help.stdout.split('\nParameters of squares:\n')
  expect(words?.split('\n').length).toBeLessThanOrEqual(24)
  expect(parameters?.trimEnd()).toBe('  list  a list of number, default [1,2]\n  text  string, default "ä \\"q\\"\\n"')
})
