import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { main, map, pipeline, stage, when } from 'millrace'
import { z } from 'zod'
export const step = stage('step', {
  input: z.object({ n: z.number() }),
  output: z.object({ n: z.number() }),
  run: ({ n }, context) => {
    console.log('\\u001b[31mred\\u001b[0m \\u001b]0;title\\u0007 and\\u0008 plain\\r')
    context.metric('size', n, 2)
    context.log('told \\u001b[1mbold', { n })
    if (n === 3) throw new Error('\\u001b[31mred\\u001b[0m error')
    return { n }
  },
})
export const steps = pipeline('steps', {
  input: z.object({ list: z.array(z.number()).default([1]), go: z.boolean().default(false) }),
  build: ({ list, go }) => {
    const out = map(list, (n) => step({ n }).n)
    return { out, more: when(go, () => step({ n: 9 }).n), after: map(out, (n) => step({ n }).n) }
  },
})
main(import.meta, steps)
`
const [esc, bell, back] = ['\u001b', '\u0007', '\u0008']
const controls = (text: string): string[] => [esc, bell, back].filter((byte) => text.includes(byte))

test('plain: one greppable line an event, a word for each status, no control bytes from a stage', async () => {
  const { run } = program(text)
  const first = await run(['--jobs', '1'])
  expect(first.code).toBe(0)
  expect(first.stderr.split('\n').filter((line) => !line.startsWith('<time> step.3'))).toEqual([
    '<time> steps run <run>',
    '<time> step.2 skipped: input.go === true is false',
    '<time> step[0] started',
    '<time> step[0] | red  and plain',
    '<time> step[0] size = 1 (step 2)',
    '<time> step[0] | told bold {"n":1}',
    '<time> step[0] succeeded in <s>',
    '1 ran, 1 cached, 1 skipped, 0 failed, <s>',
    '',
  ])
  expect(first.stderr).toContain('<time> step.3[0] cached from <run>\n')
  expect(controls(first.stderr + first.stdout)).toEqual([])
})

test('quiet: nothing but errors and the last line', async () => {
  const { run } = program(text)
  const good = await run(['--progress', 'quiet'])
  expect(good.stderr).toBe('1 ran, 1 cached, 1 skipped, 0 failed, <s>\n')
  const bad = await run(['--progress', 'quiet', '--param', 'list=3'])
  expect(bad.stderr).toBe(
    [
      'error[stage-threw]: "step" threw Error: red error',
      '  in step[0]: {"n":3}',
      '  at run (program.ts:11:24)',
      '  called at program.ts:18:34',
      '  stage at program.ts:4:21',
      '  log of step[0]:',
      '  | red  and plain',
      '  | told bold {"n":3}',
      '  fix: Mend the stage, or give it retries if the cause passes by itself.',
      '0 ran, 0 cached, 1 skipped, 1 failed, <s>',
      '',
    ].join('\n'),
  )
})

test.each([
  ['a pipe', [], {}],
  ['--progress tty', ['--progress', 'tty'], { TERM: 'xterm-256color', FORCE_COLOR: '1' }],
  ['--progress tty and NO_COLOR', ['--progress', 'tty'], { NO_COLOR: '1' }],
  ['--progress tty and TERM=dumb', ['--progress', 'tty'], { TERM: 'dumb' }],
  ['--progress tty --no-color', ['--progress', 'tty', '--no-color'], {}],
  ['--progress plain and FORCE_COLOR', ['--progress', 'plain'], { FORCE_COLOR: '1', CLICOLOR_FORCE: '1' }],
] as const)('no control byte: %s', async (_, args, env) => {
  const { code, stdout, stderr } = await program(text).run([...args, '--param', 'list=[1,3]'], { env })
  expect(code).toBe(1)
  expect(controls(stdout + stderr)).toEqual([])
  expect(stderr).toContain('step[1] failed: "step" threw Error: red error')
})

test('off a terminal no command writes a control byte', async () => {
  const { run } = program(text)
  await run(['--param', 'list=[1,3]'])
  for (const words of [
    ['plan'],
    ['graph'],
    ['runs', 'list'],
    ['runs', 'show'],
    ['runs', 'logs'],
    ['--help'],
    ['rnu'],
  ]) {
    const { stdout, stderr } = await run(words, { env: { FORCE_COLOR: '1' } })
    expect([words, controls(stdout + stderr)]).toEqual([words, []])
  }
})

test('what a listener prints is not taken for the print of the stage that it hears of', async () => {
  const { run } = program(`
import { setTimeout as sleep } from 'node:timers/promises'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const slow = stage('slow', {
  input: z.object({}),
  output: z.object({}),
  run: async (_, context) => {
    for (let n = 0; n < 4; n++) {
      await sleep(150)
      context.log('line ' + n)
    }
    return {}
  },
})
export const p = pipeline('p', { input: z.object({}), build: () => slow() })
main(import.meta, p)
`)
  const ran = await run()
  expect(ran.stderr.split('\n').slice(1)).toEqual([
    '<time> slow started',
    '<time> slow | line 0',
    '<time> slow | line 1',
    '<time> slow | line 2',
    '<time> slow | line 3',
    '<time> slow succeeded in <s>',
    '1 ran, 0 cached, 0 skipped, 0 failed, <s>',
    '',
  ])
  expect((await run(['runs', 'logs'])).stdout).toBe('line 0\nline 1\nline 2\nline 3\n')
})
