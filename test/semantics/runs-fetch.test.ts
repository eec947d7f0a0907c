import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { writeFileSync } from 'node:fs'
import { file, folder, main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const fit = stage('fit', {
  input: z.object({ fold: z.number() }),
  output: z.object({ model: file(), plots: folder() }),
  run: ({ fold }, context) => {
    if (fold === 13) throw new Error('thirteen')
    const [model, plots] = [context.file('weights.bin'), context.folder('plots')]
    writeFileSync(model.path, Buffer.from([fold, 0, 255]))
    writeFileSync(\`\${plots.path}/a.svg\`, \`<svg>\${fold}</svg>\`)
    console.log('fold ' + fold)
    context.metric('fold', fold)
    return { model, plots }
  },
})
export const all = pipeline('all', {
  input: z.object({ folds: z.array(z.number()).default([1, 2]), data: file().optional() }),
  build: ({ folds, data }) => ({ folds: map(folds, (fold) => fit({ fold })), best: fit({ fold: 3 }).model, data }),
})
main(import.meta, all)
`

test('runs fetch: output, artifacts, metrics and logs of a run, in one folder', async () => {
  const { folder, run } = program({ 'program.ts': text, 'data.csv': '1,2\n' })
  await run(['--param', 'data=data.csv'])
  const id = String((await run(['runs', 'list', '--json'])).events()[0]?.id)
  const fetched = await run(['runs', 'fetch', id, 'out'])
  const files = [
    'output.json',
    'folds/0/model/weights.bin',
    'folds/0/plots',
    'folds/1/model/weights.bin',
    'folds/1/plots',
    'best/weights.bin',
    'metrics.jsonl',
    'logs',
  ]
  expect([fetched.code, fetched.stdout, fetched.stderr]).toEqual([
    0,
    files.map((at) => `out/${at}\n`).join(''),
    '"data.csv" lies outside of the store, and stays there\n',
  ])
  const out = join(folder, 'out')
  expect(readFileSync(join(out, 'folds/1/model/weights.bin'))).toEqual(Buffer.from([2, 0, 255]))
  expect(readFileSync(join(out, 'folds/1/plots/a.svg'), 'utf8')).toBe('<svg>2</svg>')
  expect(readdirSync(join(out, 'logs')).sort()).toEqual(['fit.2.1.log', 'fit_0.1.log', 'fit_1.1.log'])
  const output = JSON.parse(readFileSync(join(out, 'output.json'), 'utf8'))
  expect(output.folds[1]).toEqual({
    model: { path: 'folds/1/model/weights.bin', digest: expect.stringMatching(/^sha256:/), size: 3 },
    plots: { path: 'folds/1/plots', digest: expect.stringMatching(/^sha256:/), size: 12 },
  })
  // what the run was given is the user's
  expect(output.data.path).toBe(join(folder, 'data.csv'))
  // the bytes in the store stay its own
  expect(output.best.path).toBe('best/weights.bin')

  mkdirSync(join(folder, 'empty'))
  expect((await run(['runs', 'fetch', id.slice(0, 17), 'empty'])).code).toBe(0)
  expect((await run(['runs', 'fetch'])).stdout).toContain('<run>/output.json\n')
  expect(readdirSync(folder)).toContain(id)
  const typo = await run(['runs', 'fetch', 'out2'])
  expect([typo.code, typo.stderr.split('\n')[0]]).toEqual([2, 'error[unknown-run]: there is no run "out2"'])
})

test('runs fetch overwrites nothing, hands out no damaged bytes, and leaves nothing half done', async () => {
  const { folder, run } = program({ 'program.ts': text, 'mine/notes.txt': 'mine' })
  await run()
  const id = String((await run(['runs', 'list', '--json'])).events()[0]?.id)
  const full = await run(['runs', 'fetch', id, 'mine'])
  expect([full.code, full.stderr]).toEqual([
    2,
    'error[usage]: the folder "mine" holds something already\n  fix: Give a new folder: runs fetch <id> <dir>.\n',
  ])
  const [list] = (await run(['runs', 'show', '--json'])).events().slice(-1)
  const { path } = (list as unknown as { output: { best: { path: string } } }).output.best
  writeFileSync(path, 'bad')
  const damaged = await run(['runs', 'fetch', id, 'out'])
  expect([damaged.code, damaged.stderr.replace(/"[^"]*"/, '<file>')]).toEqual([
    5,
    'error[store-failed]: <file> of run <run> is not what the run recorded\n' +
      '  fix: Run the program again: what is lost or damaged is made anew.\n',
  ])
  expect(readdirSync(folder).sort()).toEqual(['mine', 'package.json', 'program.ts', 'store'])
})

test('runs fetch of a failed run gives what there is', async () => {
  const { folder, run } = program(text)
  await run(['--param', 'folds=[13]'])
  const id = String((await run(['runs', 'list', '--json'])).events()[0]?.id)
  const fetched = await run(['runs', 'fetch', id, 'out'])
  expect([fetched.code, fetched.stderr]).toEqual([0, 'run <run> is failed: its output is null\n'])
  expect(readFileSync(join(folder, 'out/output.json'), 'utf8')).toBe('null\n')
  expect(fetched.stdout).toBe('out/output.json\nout/metrics.jsonl\nout/logs\n')
})

test.runIf(process.platform === 'linux')('a folder that can not be made ends the fetch at once', async () => {
  const { run } = program({ 'program.ts': text, taken: '' })
  expect(await run()).toMatchObject({ code: 0 })
  for (const [to, message] of [
    ['/proc/x', `can't create "/proc/x": ENOENT, no such file or directory`],
    ['/proc/x/y/z', `can't create "/proc/x/y/z": ENOENT, no such file or directory`],
    ['taken/x', `can't create "taken": ENOTDIR, not a directory`],
  ] as const) {
    const id = String((await run(['runs', 'list', '--json'])).events()[0]?.id)
    const { code, stdout, stderr } = await run(['runs', 'fetch', id, to], { timeout: 30_000 })
    expect([code, stdout, stderr]).toEqual([
      5,
      '',
      `error[store-failed]: ${message}\n  fix: Give a folder that can be written: runs fetch <id> <dir>.\n`,
    ])
  }
})
