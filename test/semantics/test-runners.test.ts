import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { commandOf, root } from '../support/processes.ts'
import { program } from '../support/program.ts'

const files = {
  'helper.ts': "export const load = () => 'REAL'",
  'prog.ts': `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
import { load } from './helper.ts'
export const read = stage('read', { input: z.object({}), output: z.object({ text: z.string() }), run: () => ({ text: load() }) })
export const p = pipeline('p', { input: z.object({}), build: () => read({}) })
main(import.meta, p)
`,
}
const real = ['--in-process', '--progress', 'plain']
const entry = { entry: 'prog.ts' } as const

/** Runs a command in a program's folder, with its store. */
async function inFolder(folder: string, file: string, args: readonly string[], env: Record<string, string> = {}) {
  const all = { ...commandOf(folder, []).env, ...env }
  const { stdout, stderr } = await promisify(execFile)(file, [...args], { cwd: folder, env: all })
  return stdout + stderr
}
const vitest = (folder: string) =>
  inFolder(folder, process.execPath, [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--root',
    folder,
    '--config',
    join(folder, 'vitest.config.ts'),
  ])
const config = `import { defineConfig } from 'vitest/config'
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: { include: ['*.test.ts'], testTimeout: 120_000 },
})
`

test('what vitest mocks reaches no other process, and what others made reaches no test', async () => {
  const { folder, run } = program({
    ...files,
    'vitest.config.ts': config,
    'mocked.test.ts': `import { run } from 'millrace'
import { expect, test, vi } from 'vitest'
vi.mock('./helper.ts', () => ({ load: () => 'MOCKED' }))
import { p } from './prog.ts'
test('mocked', async () => {
  expect(await run(p, {})).toEqual({ text: 'MOCKED' })
  const events = []
  expect(await run(p, {}, { onEvent: (at) => void events.push(at.event) })).toEqual({ text: 'MOCKED' })
  // what this process made is found again by it
  expect(events).toContain('stage.cached')
})
`,
    'mocked-otherwise.test.ts': `import { run } from 'millrace'
import { beforeEach, expect, test, vi } from 'vitest'
beforeEach(() => { vi.resetModules() })
test.each(['A', 'B'])('%s', async (text) => {
  vi.doMock('./helper.ts', () => ({ load: () => text }))
  const { p } = await import('./prog.ts')
  expect(await run(p, {})).toEqual({ text })
})
test('a spy', async () => {
  vi.doUnmock('./helper.ts')
  const { p } = await import('./prog.ts')
  expect(await run(p, {})).toEqual({ text: 'REAL' })
})
`,
  })
  // the real one first: no test may take its result
  expect((await run(real, entry)).stdout).toBe('{"text":"REAL"}\n')
  expect(await vitest(folder)).toContain('4 passed')
  expect(await vitest(folder)).toContain('4 passed')
  const again = await run(real, entry)
  expect([again.stdout, again.stderr]).toEqual(['{"text":"REAL"}\n', expect.stringContaining('0 ran, 1 cached')])
  const fresh = await run([...real, '--fresh'], entry)
  expect(fresh.stdout).toBe('{"text":"REAL"}\n')
})

test('nor what a mock of node:test makes', async () => {
  const { folder, run } = program({
    ...files,
    'mocked.test.ts': `import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
test('mocked', async () => {
  mock.module('./helper.ts', { namedExports: { load: () => 'MOCKED' } })
  const { run } = await import('millrace')
  const { p } = await import('./prog.ts')
  assert.deepEqual(await run(p, {}), { text: 'MOCKED' })
})
`,
  })
  const node = (...words: string[]) =>
    inFolder(folder, process.execPath, ['--experimental-test-module-mocks', ...words, 'mocked.test.ts'])
  expect(await node('--test')).toMatch(/pass 1\b/)
  // a file of tests may also be started as a program, or in one process with others
  expect(await node()).toMatch(/pass 1\b/)
  expect(await node('--test', '--test-isolation=none')).toMatch(/pass 1\b/)
  expect((await run(real, entry)).stdout).toBe('{"text":"REAL"}\n')
  expect(await node('--test')).toMatch(/pass 1\b/)
  expect(await node()).toMatch(/pass 1\b/)
})

test('nor what is mocked where tests have their words as globals', async () => {
  const { folder, run } = program({
    ...files,
    'mocked.ts': `import assert from 'node:assert/strict'
import { mock } from 'node:test'
Object.assign(globalThis, { describe() {}, it() {} })
mock.module('./helper.ts', { namedExports: { load: () => 'MOCKED' } })
const { run } = await import('millrace')
const { p } = await import('./prog.ts')
assert.deepEqual(await run(p, {}), { text: 'MOCKED' })
`,
  })
  await inFolder(folder, process.execPath, ['--experimental-test-module-mocks', 'mocked.ts'])
  expect((await run(real, entry)).stdout).toBe('{"text":"REAL"}\n')
})

test('a program that a test starts is as everywhere', async () => {
  const { run } = program(files)
  for (const name of ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT']) {
    const env = { [name]: 'true' }
    await run([], { ...entry, env })
    const { stderr } = await run([], { ...entry, env })
    expect(stderr).toContain('0 ran, 1 cached')
  }
})

test('under a test runner all stages run in its process', async () => {
  const { run } = program({
    'program.ts': `import { pipeline, run, stage } from 'millrace'
import { z } from 'zod'
export const one = stage('one', { input: z.object({}), output: z.object({ pid: z.int() }), run: () => ({ pid: process.pid }) })
export const p = pipeline('p', { input: z.object({}), build: () => one({}) })
console.log((await run(p, {})).pid === process.pid)
`,
  })
  const env = { JEST_WORKER_ID: '1', MILLRACE_LIGHT: '0' }
  expect((await run([], { env })).stdout).toBe('true\n')
})
