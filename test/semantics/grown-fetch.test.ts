import { readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { writeFileSync } from 'node:fs'
import { file, folder, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const make = stage('make', { input: z.object({}), output: z.object({ model: file(), plots: folder() }), run: (_, context) => {
  const [model, plots] = [context.file('model.bin'), context.folder('plots')]
  writeFileSync(model.path, 'weights')
  writeFileSync(plots.path + '/a.svg', '<svg/>')
  writeFileSync(plots.path + '/b.svg', '<svg/>')
  return { model, plots }
} })
export const all = pipeline('all', { input: z.object({}), build: () => make({}) })
main(import.meta, all)
`

test.each([
  ['model.bin', 'model.bin'],
  ['plots', 'plots/b.svg'],
])('what has become larger than the run recorded is not copied: %s', async (artifact, file) => {
  const { folder, run } = program({ 'program.ts': text })
  await run()
  const files = readdirSync(join(folder, 'store/attempts'), { recursive: true, encoding: 'utf8' })
  const path = join(folder, 'store/attempts', files.find((name) => name.endsWith(file)) as string)
  // no disk here has room for it
  truncateSync(path, 2 ** 43)
  const id = String((await run(['runs', 'list', '--json'])).events()[0]?.id)
  const { code, stdout, stderr } = await run(['runs', 'fetch', id, 'out'], { timeout: 60_000 })
  expect([code, stdout, stderr.replace(/"[^"]*\//, '"')]).toEqual([
    5,
    '',
    `error[store-failed]: "${artifact}" of run <run> is not what the run recorded
  fix: Run the program again: what is lost or damaged is made anew.
`,
  ])
  expect(readdirSync(folder).sort()).toEqual(['package.json', 'program.ts', 'store'])
})
