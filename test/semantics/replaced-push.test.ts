import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

// Node's path.join gives "." then, the folder in which the user works
const text = (how: string) => `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const push = stage('push', { input: z.object({ n: z.int() }), output: z.object({ n: z.int() }), ${how}
  run: ({ n }) => { Array.prototype.push = () => 0; return { n } } })
export const after = stage('after', { input: z.object({ n: z.int() }), output: z.object({ n: z.int() }), isolate: 'process', run: ({ n }) => ({ n }) })
main(import.meta, pipeline('p', { input: z.object({}), build: () => after(push({ n: 1 })) }))
`

test.each([
  ['in a process of its own', "isolate: 'process',", [], 0],
  ['in a worker', '', [], undefined],
  // Node itself can hardly go on
  ['in this process', '', ['--in-process'], undefined],
])('a stage that replaces what Node makes paths with takes no file from anybody: %s', async (_, how, words, code) => {
  const { run, folder } = program({ 'program.ts': text(how), 'data.txt': 'mine', 'src/more.txt': 'mine' })
  const ran = await run([...words], { env: { MILLRACE_LIGHT: '0' } })
  expect(ran.stderr).toContain(' push started\n')
  if (code !== undefined) expect([ran.code, ran.stdout]).toEqual([code, '{"n":1}\n'])
  const there = ['program.ts', 'data.txt', 'src/more.txt', 'store'].map((name) => existsSync(join(folder, name)))
  expect(there).toEqual([true, true, true, true])
})
