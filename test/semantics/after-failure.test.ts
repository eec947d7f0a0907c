import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const count = stage('count', {
  input: z.object({ text: z.string() }),
  output: z.object({ words: z.number() }),
  run: ({ text }) => {
    if (/\\d/.test(text)) throw new Error(text + ' has digits')
    return { words: text.split(' ').length }
  },
})
export const top = stage('top', {
  input: z.object({ words: z.number(), most: z.number() }),
  output: z.object({ shown: z.number() }),
  run: ({ words, most }) => ({ shown: Math.min(words, most) }),
})
export const words = pipeline('words', {
  input: z.object({ text: z.string().default('a b'), most: z.number().default(2) }),
  build: ({ text, most }) => top({ words: count({ text }).words, most }),
})
main(import.meta, words)
`

test('a run that goes on is the last, though others began since', async () => {
  const { run } = program(text)
  await run(['--param', 'text=1'])
  await run()
  await run(['--param', 'text=c'])
  const again = await run(['--param', 'text=1'])
  expect([again.code, again.stderr.split('\n')[0]]).toEqual([1, 'going on with run <run>, 0 committed'])

  const shown = await run(['runs', 'show'])
  expect(shown.stdout).toContain('status      failed\n')
  expect(shown.stdout).toContain('parameters  {"text":"1","most":2}\n')
  const call = await run(['call', 'count'])
  expect([call.code, call.stdout]).toEqual([1, ''])
  expect(call.stderr).toContain('"count" threw Error: 1 has digits')

  const list = async () =>
    (await run(['runs', 'list', '--json'])).events().map(({ parameters }) => (parameters as { text: string }).text)
  expect(await list()).toEqual(['1', 'c', 'a b'])
  await run(['--param', 'text=d'])
  expect(await list()).toEqual(['d', '1', 'c', 'a b'])
  expect((await run(['runs', 'show'])).stdout).toContain('parameters  {"text":"d","most":2}\n')
})

test('plan compares a call with the last run that got as far', async () => {
  const { run } = program(text)
  await run()
  await run(['--param', 'text=456'])
  const plan = await run(['plan', '--param', 'most=3'])
  expect(plan.stdout.split('\n')).toEqual([
    'count  cached   from <run>',
    'top    run      parameter "most" changed: 2 → 3',
    '',
  ])
})
