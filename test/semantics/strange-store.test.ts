import { readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const one = stage('one', { input: z.object({}), output: z.object({ z: z.number(), a: z.number() }), isolate: 'process', run: () => {
  console.log('said')
  return { z: 1, a: 2 }
} })
export const keys = stage('keys', { input: z.object({ of: z.record(z.string(), z.number()), n: z.number() }), output: z.object({ keys: z.string() }), run: ({ of }) => ({ keys: Object.keys(of).join() }) })
export const demo = pipeline('demo', { input: z.object({ n: z.number().default(1) }), build: ({ n }) => keys({ of: one({}), n }) })
main(import.meta, demo)
`

test('a stage sees the keys of a value in one order, cached or not', async () => {
  const { run } = program(text)
  expect((await run()).stdout).toBe('{"keys":"a,z"}\n')
  const { stdout, stderr } = await run(['--param', 'n=2'])
  expect(stdout).toBe('{"keys":"a,z"}\n')
  expect(stderr).toContain('1 ran, 1 cached')
})

test('runs fetch names a log that is a link to itself', async () => {
  const { run, folder } = program(text)
  await run()
  const runs = join(folder, 'store/runs')
  const [id = ''] = readdirSync(runs).filter((name) => /^\d/.test(name))
  const log = join(runs, id, 'logs/one.1.log')
  rmSync(log)
  symlinkSync('one.1.log', log)
  const { code, stdout, stderr } = await run(['runs', 'fetch', id, 'fetched'])
  expect([code, stdout, stderr]).toEqual([
    5,
    '',
    `error[store-failed]: can't read "store/runs/<run>/logs/one.1.log": ELOOP, too many symbolic links encountered
  fix: Check that path and its disk, or choose another store with --store.
`,
  ])
})
