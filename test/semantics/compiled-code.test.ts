import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const hello = `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const s = stage('s', { input: z.object({}), output: z.object({ v: z.string() }), run: () => ({ v: 'x' }) })
export const p = pipeline('p', { input: z.object({}), build: () => s({}) })
main(import.meta, p)
`
/** Reads as many entries as there are: one for each file that was compiled. */
const count = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true }).filter((name) => !String(name).startsWith('.')).length
    : 0

test('what Node compiled is kept in the cache folder of the user, and nowhere else', async () => {
  const { folder, run } = program({ 'program.ts': hello, 'temporary/empty': '' })
  const env = {
    XDG_CACHE_HOME: join(folder, 'caches'),
    TMPDIR: join(folder, 'temporary'),
    NODE_COMPILE_CACHE: undefined,
  }
  expect((await run([], { env, how: 'node' })).stdout).toBe('{"v":"x"}\n')
  expect(count(join(folder, 'caches/millrace/compiled'))).toBeGreaterThan(10)
  expect(readdirSync(join(folder, 'temporary'))).toEqual(['empty'])
})

test.skipIf(process.platform === 'win32')('where others may write to it, nothing is read or kept there', async () => {
  const { folder, run } = program({ 'program.ts': hello, 'temporary/empty': '' })
  const compiled = join(folder, 'caches/millrace/compiled')
  mkdirSync(compiled, { recursive: true })
  chmodSync(compiled, 0o777)
  const env = {
    XDG_CACHE_HOME: join(folder, 'caches'),
    TMPDIR: join(folder, 'temporary'),
    NODE_COMPILE_CACHE: undefined,
  }
  expect((await run([], { env, how: 'node' })).stdout).toBe('{"v":"x"}\n')
  expect([readdirSync(compiled), readdirSync(join(folder, 'temporary'))]).toEqual([[], ['empty']])
})
