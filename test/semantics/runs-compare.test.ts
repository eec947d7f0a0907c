import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = (factor: number): string => `
import { readFileSync, writeFileSync } from 'node:fs'
import { file, folder, main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
import { scale } from './scale.ts'
export const train = stage('train', {
  input: z.object({ epochs: z.number(), data: file() }),
  output: z.object({ model: file(), accuracy: z.number() }),
  run: ({ epochs, data }, context) => {
    const model = context.file('model.json')
    writeFileSync(model.path, JSON.stringify({ epochs, data: readFileSync(data.path, 'utf8') }))
    for (let epoch = 0; epoch < epochs; epoch++) context.metric('loss', 1 / (epoch + 1), epoch)
    console.log('trained')
    return { model, accuracy: 1 - 1 / epochs }
  },
})
export const evaluate = stage('evaluate', {
  input: z.object({ model: file(), fold: z.number() }),
  output: z.object({ report: folder(), score: z.number() }),
  run: ({ model, fold }, context) => {
    const report = context.folder('report')
    writeFileSync(\`\${report.path}/index.html\`, readFileSync(model.path, 'utf8') + fold)
    context.metric('score', scale(fold))
    return { report, score: scale(fold) }
  },
})
export const fit = pipeline('fit', {
  input: z.object({
    epochs: z.number().default(4),
    data: file(),
    folds: z.array(z.number()).default([1, 2]),
    optimizer: z.object({ rate: z.number(), name: z.string() }).default({ rate: 0.1, name: 'adam' }),
  }),
  build: ({ epochs, data, folds }) => {
    const { model, accuracy } = train${factor === 2 ? '.with({ resources: { cpu: 2 } })' : ''}({ epochs, data })
    return { model, accuracy, folds: map(folds, (fold) => evaluate({ model, fold })) }
  },
})
export const other = pipeline('other', { input: z.object({}), build: () => ({}) })
main(import.meta, fit, other)
`
const scale = (by: number): string => `export const scale = (n: number) => n * ${by}\n`
const files = { 'program.ts': text(1), 'scale.ts': scale(2), 'a.txt': 'a', 'b.txt': 'b' }

/** Without what differs by the machine and its load. */
const digests = (stdout: string): string =>
  stdout
    .replace(/\ntimes\n(?: .*\n)+/, '')
    .replace(/sha256:[0-9a-f]{8}…/g, '<digest>')
    .replace(/ {2,}/g, '  ')

test('runs compare: parameters, code, options, calls, metrics and output, differences only', async () => {
  const { folder, run } = program(files)
  const none = await run(['runs', 'compare'])
  expect([none.code, none.stderr.split('\n')[0]]).toEqual([2, 'error[unknown-run]: there are no runs in store'])
  await run(['--param', 'data=a.txt'])
  const alone = await run(['runs', 'compare'])
  expect([alone.code, alone.stderr.split('\n')]).toEqual([
    2,
    [
      'error[unknown-run]: there is no run of "fit" before <run>',
      '  fix: Give the ids of two runs; see runs list.',
      '',
    ],
  ])

  writeFileSync(join(folder, 'program.ts'), text(2))
  writeFileSync(join(folder, 'scale.ts'), scale(3))
  await run(['--pipeline', 'other'])
  const more = ['--param', 'folds=[1,2,5]', '--param', 'optimizer={"rate":0.2,"name":"adam"}']
  await run(['--param', 'data=b.txt', '--param', 'epochs=8', ...more])
  const compared = await run(['runs', 'compare'])
  expect([compared.stderr, digests(compared.stdout).split('\n')]).toEqual([
    '',
    [
      'a  <run>  fit  succeeded  <s>',
      'b  <run>  fit  succeeded  <s>',
      '',
      'parameters',
      '  data  <digest>  <digest>',
      '  epochs  4  8',
      '  folds[2]  -  5',
      '  optimizer.rate  0.1  0.2',
      '',
      'code',
      '  evaluate  <digest>  <digest>  scale.ts',
      '',
      'options',
      '  train resources.cpu  1  2',
      '',
      'calls',
      '  evaluate[2]  -  succeeded',
      '',
      'metrics',
      '  train loss  0.25  0.125  -0.125',
      '  evaluate score, 3 calls  3  8  +5',
      '',
      'output',
      '  model  <digest>  <digest>',
      '  accuracy  0.75  0.875  +0.125',
      '  folds[0].report  <digest>  <digest>',
      '  folds[0].score  2  3  +1',
      '  folds[1].report  <digest>  <digest>',
      '  folds[1].score  4  6  +2',
      '  folds[2].report  -  <digest>',
      '  folds[2].score  -  15',
      '',
      'same: 3 parameters, the code of 1 stage, 0 metrics',
      '',
    ],
  ])

  await run(['--param', 'data=b.txt', '--param', 'epochs=8', ...more])
  const same = await run(['runs', 'compare'])
  expect(digests(same.stdout).split('\n').slice(2)).toEqual([
    '',
    'same: 7 parameters, the code of 2 stages, 4 metrics',
    '',
  ])
  const [json] = (await run(['runs', 'compare', '--json'])).events()
  expect(json).toMatchObject({ a: { pipeline: 'fit' }, parameters: [], code: [], metrics: [], output: [], times: [] })
})

test('runs compare: times of calls that both ran, the largest difference first', async () => {
  const { folder, run } = program(`
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const timed = (name: string) =>
  stage(name, { cache: false, input: z.object({}), output: z.object({ done: z.boolean() }), run: () => ({ done: true }) })
export const [one, two, none] = [timed('one'), timed('two'), timed('none')]
export const times = pipeline('times', { input: z.object({}), build: () => [one({}).done, two({}).done, none({}).done] })
main(import.meta, times)
`)
  await run()
  await run()
  const runs = readdirSync(join(folder, 'store/runs')).filter((name) => /^\d/.test(name))
  // how long each took, of the two runs
  const took: Readonly<Record<string, readonly number[]>> = { one: [1, 3], two: [2, 7.5], none: [4, 4.01] }
  for (const [i, id] of runs.sort().entries()) {
    const journal = join(folder, 'store/runs', id, 'journal.jsonl')
    const lines = readFileSync(journal, 'utf8').trim().split('\n')
    const events = lines.map((line) => JSON.parse(line) as { event: string; node: string })
    const timed = events.map((at) => (at.event === 'stage.succeeded' ? { ...at, seconds: took[at.node]?.[i] } : at))
    writeFileSync(journal, timed.map((event) => `${JSON.stringify(event)}\n`).join(''))
  }
  const [json] = (await run(['runs', 'compare', '--json'])).events()
  expect((json as { times: object[] }).times).toEqual([
    { what: 'two', a: 2, b: 7.5 },
    { what: 'one', a: 1, b: 3 },
    { what: 'none', a: 4, b: 4.01 },
  ])
  const { stdout } = await run(['runs', 'compare'])
  expect(stdout).toContain('\ntimes\n  two  <s>  <s>  +275 %\n  one  <s>  <s>  +200 %\n\n')
})

test('runs compare takes ids: one is compared with the last', async () => {
  const { run } = program(files)
  await run(['--param', 'data=a.txt'])
  await run(['--param', 'data=a.txt', '--param', 'epochs=5'])
  await run(['--param', 'data=a.txt', '--param', 'epochs=6'])
  const ids = (await run(['runs', 'list', '--json'])).events().map(({ id }) => String(id))
  const between = async (...words: string[]) => {
    const [json] = (await run(['runs', 'compare', ...words, '--json'])).events()
    return (json as { parameters: object[] }).parameters
  }
  expect(await between(ids[2] as string)).toEqual([{ what: 'epochs', a: 4, b: 6 }])
  expect(await between(ids[1] as string, ids[2] as string)).toEqual([{ what: 'epochs', a: 5, b: 4 }])
  const extra = await run(['runs', 'compare', 'a', 'b', 'c'])
  expect([extra.code, extra.stderr.split('\n')[0]]).toEqual([2, expect.stringContaining('too many arguments')])
})
