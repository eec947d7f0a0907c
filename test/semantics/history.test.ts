import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const say = stage('say', {
  input: z.object({ n: z.number() }),
  output: z.object({ n: z.number() }),
  retries: 0,
  run: ({ n }, context) => {
    if (n > 0) console.log('said ' + n + '\\nand more')
    context.metric('loudness', n)
    if (n === 5) throw new Error('five')
    return { n }
  },
})
export const inner = pipeline('inner', { input: z.object({ n: z.number() }), build: ({ n }) => say({ n }) })
export const talk = pipeline('talk', {
  input: z.object({ list: z.array(z.number()).default([1, 2]), x: z.string().default('x') }),
  build: ({ list }) => ({ out: map(list, (n) => say({ n }).n), inner: inner({ n: 0 }).n, deep: map([7], (n) => inner({ n }).n) }),
})
export const quiet = pipeline('quiet', { input: z.object({}), build: () => ({}) })
main(import.meta, talk, quiet)
`

test('runs list, show and logs; ids may be shortened, none means the last', async () => {
  const { run } = program(text)
  const empty = await run(['runs', 'list'])
  expect([empty.code, empty.stdout, empty.stderr]).toEqual([0, '', 'no runs in store\n'])
  expect((await run(['runs', 'show'])).code).toBe(2)

  await run()
  await run(['--param', 'list=[5]', '--param', 'x=y'])
  await run(['--pipeline', 'quiet'])
  const list = await run(['runs', 'list'])
  expect(list.stdout.split('\n')).toEqual([
    '<run>  quiet  <start>  succeeded  0 ran, 0 cached, 0 skipped, 0 failed  <s>',
    '<run>  talk   <start>  failed     0 ran, 2 cached, 0 skipped, 1 failed  <s>  list=[5] x=y',
    '<run>  talk   <start>  succeeded  4 ran, 0 cached, 0 skipped, 0 failed  <s>  list=[1,2] x=x',
    '',
  ])
  const talks = await run(['runs', 'list', '--json', '--pipeline', 'talk'])
  const [second, first] = talks.events().map(({ id }) => String(id)) as [string, string]

  const calls = await run(['runs', 'show', first, 'say'])
  expect(calls.stdout.split('\n')).toEqual([
    'say[0]  succeeded in <s>  loudness = 1',
    'say[1]  succeeded in <s>  loudness = 2',
    '',
  ])
  const beyond = await run(['runs', 'show', first, 'say[2]'])
  expect([beyond.code, beyond.stderr]).toEqual([
    2,
    'error[unknown-stage]: "say" has 2 calls in run <run>, and "say[2]" is none of them\n  fix: Use one of: say[0], say[1].\n',
  ])

  const last = await run(['runs', 'show'])
  expect(last.stdout).toContain('pipeline    quiet\n')
  const shown = await run(['runs', 'show', second])
  expect(shown.stdout.split('\n').filter((line) => !/cached from|loudness/.test(line))).toEqual([
    'run         <run>',
    'pipeline    talk',
    'status      failed',
    'started     <time>',
    'parameters  {"list":[5],"x":"y"}',
    '',
    'say          1 call: 1 failed',
    'inner.2/say  1 call: 1 cached',
    'error[stage-threw]: "say" threw Error: five',
    '  in say[0]',
    '  at run (program.ts:11:24)',
    '  called at program.ts:18:49',
    '  stage at program.ts:4:20',
    '  log of say[0]:',
    '  | said 5',
    '  | and more',
    '  fix: Mend the stage, or give it retries if the cause passes by itself.',
    '0 ran, 2 cached, 0 skipped, 1 failed, <s>',
    '',
  ])

  // ids differ in their last six digits at least
  let short = first
  while (!second.startsWith(short.slice(0, -1)) && short.length > 1) short = short.slice(0, -1)
  expect((await run(['runs', 'show', short])).stdout).toContain('status      succeeded\n')
  const ambiguous = await run(['runs', 'show', first.slice(0, 4)])
  expect([ambiguous.code, ambiguous.stderr.split('\n')[0]]).toEqual([
    2,
    `error[unknown-run]: several runs begin with "${first.slice(0, 4)}"`,
  ])

  const logs = await run(['runs', 'logs', first])
  expect(logs.stdout.split('\n')).toEqual([
    'inner.2/say[0] | said 7',
    'inner.2/say[0] | and more',
    'say[0] | said 1',
    'say[0] | and more',
    'say[1] | said 2',
    'say[1] | and more',
    '',
  ])
  expect((await run(['runs', 'logs', first, 'say[1]'])).stdout).toBe('said 2\nand more\n')
  expect((await run(['runs', 'logs', first, 'inner.2/say'])).stdout).toBe('said 7\nand more\n')
  const nothing = await run(['runs', 'logs', first, 'inner/say'])
  expect([nothing.code, nothing.stdout, nothing.stderr]).toEqual([0, '', 'inner/say printed nothing\n'])
  const unknown = await run(['runs', 'logs', first, 'sya'])
  expect([unknown.code, unknown.stderr.split('\n')[0]]).toEqual([
    2,
    'error[unknown-stage]: run <run> has no stage "sya" (did you mean "say"?)',
  ])
})
