import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { refused, sameAsJson, told } from './told.ts'

const text = `
import { setTimeout as sleep } from 'node:timers/promises'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const output = z.object({ n: z.int() })
export const clean = stage('clean', { input: z.object({}), output, run: () => ({ n: 1 }) })
export const train = stage('train', { input: z.object({ n: z.int(), ms: z.int() }), output, run: async ({ n, ms }, { signal }) => {
  await sleep(ms, undefined, { signal })
  return { n }
} })
export const digits = pipeline('digits', { input: z.object({ ms: z.int().default(0) }), build: ({ ms }) => train({ n: clean().n, ms }) })
export const evaluate = pipeline('evaluate', { input: z.object({}), build: () => clean() })
main(import.meta, digits, evaluate)
`

/** How far a run comes until it is cancelled differs. */
const withoutCounts = (text: string): string => text.replace(/\d+ ran, .*\n$/, '')

describe('words that are not known', () => {
  test.each([
    ['a command', ['rnu']],
    ['an option', ['--fresj']],
    ['an option of another command', ['plan', '--fresh']],
    ['a short option', ['-x']],
    ['a pipeline', ['--pipeline', 'evalute']],
    ['a stage', ['--from', 'trian']],
    ['an environment', ['--environment', 'lapto']],
    ['a target', ['--target', 'locl']],
    ['a target of submit', ['run', '--target', 'kubernetes']],
    ['a word after runs', ['runs', 'shwo']],
    ['no word after runs', ['runs']],
    ['a run, where there is none', ['runs', 'show']],
    ['a run', ['runs', 'show', '2020']],
    ['too many words', ['runs', 'list', 'all']],
    ['a word after run', ['run', 'digits']],
    ['how to show progress', ['--progress', 'fancy']],
    ['a format', ['graph', '--format', 'svg']],
  ])('%s', async (_, words) => {
    expect(await refused(text, words)).toMatchSnapshot()
  })
})

describe('values that are not right', () => {
  test.each([
    ['no jobs', ['--jobs', '0']],
    ['jobs that are no number', ['--jobs', 'many']],
    ['a timeout without a unit', ['--timeout', '10']],
    ['a timeout of nothing', ['--timeout', '0s']],
    ['an option without its value', ['--timeout']],
    ['an option that only another target has', ['--target', 'kubernetes', '--fresh']],
  ])('%s', async (_, words) => {
    expect(await refused(text, words)).toMatchSnapshot()
  })
})

test('a stage and a run of the history', async () => {
  const one = program(text)
  for (const name of ['digits', 'evaluate']) expect((await one.run(['--pipeline', name])).code).toBe(0)
  expect(await refused(one, ['runs', 'logs', 'claen'])).toMatchInlineSnapshot(`
    "error[unknown-stage]: run <run> has no stage "claen" (did you mean "clean"?)
      fix: Use one of: clean.
    "
  `)
  const day = new Date().toISOString().slice(0, 3).replaceAll('-', '')
  expect((await refused(one, ['runs', 'show', day])).replace(`"${day}"`, '"<day>"')).toMatchInlineSnapshot(`
    "error[unknown-run]: several runs begin with "<day>"
      fix: Give more of the id; see runs list.
    "
  `)
})

test('an environment of a config that does not name it', async () => {
  const config =
    "import { defineConfig, laptop } from 'millrace/config'\nexport default defineConfig({ environments: { office: laptop() } })\n"
  const one = program({ 'program.ts': text, 'millrace.config.ts': config })
  expect(await refused(one, ['--environment', 'ofice'])).toMatchInlineSnapshot(`
    "error[unknown-environment]: there is no environment "ofice" (did you mean "office"?)
      fix: Use one of: laptop, office; or define it in millrace.config.ts.
    "
  `)
  expect((await one.run(['--environment', 'office', '--pipeline', 'evaluate'])).code).toBe(0)
  writeFileSync(join(one.folder, 'millrace.config.ts'), 'export const environments = {}')
  expect(await refused(one, ['--environment', 'office'])).toMatchInlineSnapshot(`
    "error[build-failed]: millrace.config.ts can't be read: its default export has no environments
      at millrace.config.ts
      fix: Mend the config; it is a module whose default export is defineConfig({ … }).
    "
  `)
  writeFileSync(join(one.folder, 'millrace.config.ts'), "throw new Error('no config')")
  expect(await refused(one, ['--environment', 'office'])).toMatchInlineSnapshot(`
    "error[build-failed]: millrace.config.ts can't be read: it threw Error: no config
      at millrace.config.ts:1:7
      fix: Mend the config; it is a module whose default export is defineConfig({ … }).
    "
  `)
})

test('--timeout of the whole run cancels it: exit 4', async () => {
  const one = program(text)
  const words = ['--timeout', '300ms', '--param', 'ms=600000']
  const ran = await one.run(['--json', ...words])
  expect(ran.code).toBe(4)
  const { status, run, output } = sameAsJson(ran, one)
  expect([status, typeof run, output]).toEqual(['cancelled', 'string', null])
  expect(withoutCounts(ran.stderr)).toMatchInlineSnapshot(`
    "error[run-timeout]: the run did not end within its timeout of 300ms
      fix: Give a longer --timeout, or run again to go on.
    "
  `)
  expect(withoutCounts(await told(4, one, ['--progress', 'quiet', ...words]))).toBe(withoutCounts(ran.stderr))
})

test('a signal cancels the run, and it says how to go on', async () => {
  const text = `
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const waits = stage('waits', { input: z.object({}), output: z.object({}), run: (_, { signal }) => {
  setTimeout(() => execFile('kill', ['-INT', String(process.pid)]), 50)
  return sleep(600_000, {}, { signal })
} })
export const demo = pipeline('demo', { input: z.object({}), build: () => waits() })
main(import.meta, demo)
`
  const one = program(text)
  const ran = await one.run(['--in-process', '--json'])
  expect(ran.code).toBe(130)
  expect(sameAsJson(ran, one)).toMatchObject({ status: 'cancelled' })
  expect(withoutCounts(ran.stderr)).toMatchInlineSnapshot(`
    "error[run-cancelled]: the run was cancelled
      fix: Run again to go on where it stopped.
    "
  `)
})

describe('a store', () => {
  test('that can not be made: exit 5', async () => {
    const one = program({ 'program.ts': text, taken: '' })
    expect(await told(5, one, ['--store', 'taken/store'])).toMatchInlineSnapshot(`
      "error[store-failed]: can't create "taken": ENOTDIR, not a directory
        fix: Remove the file that stands where a folder should be, or choose another store with --store.
      "
    `)
    const ran = await one.run(['--json', '--store', 'taken'])
    expect(ran.code).toBe(5)
    expect(sameAsJson(ran, one)).toMatchObject({ run: null, status: 'failed' })
    expect(ran.stderr).toMatchInlineSnapshot(`
      "error[store-failed]: can't create "taken": ENOTDIR, not a directory
        fix: Remove the file that stands where a folder should be, or choose another store with --store.
      "
    `)
  })

  test('in which a file stands where a folder should be: exit 5', async () => {
    const one = program(text)
    mkdirSync(join(one.folder, 'store'))
    writeFileSync(join(one.folder, 'store/runs'), '')
    expect(await told(5, one)).toMatchInlineSnapshot(`
      "error[store-failed]: can't read "store/runs/open": ENOTDIR, not a directory
        fix: Remove the file that stands where a folder should be, or choose another store with --store.
      "
    `)
  })

  test('of a later version: exit 5', async () => {
    const one = program({ 'program.ts': text, 'later/format.json': '{"version":99}' })
    expect(await told(5, one, ['--store', 'later'])).toMatchInlineSnapshot(`
      "error[store-version]: the store "later" has format 99; this millrace reads formats up to 1
        fix: Update millrace, or choose another store with --store.
      "
    `)
  })
})

describe('an old Node is told so before anything can crash', () => {
  test.each(['22.18.0', '24.10.0'])('%s', async (version) => {
    const fake = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
    const one = program({ 'program.ts': text, 'fake.ts': fake, 'old.ts': "import './fake.ts'\nimport './program.ts'" })
    const told = await refused(one, [], { entry: 'old.ts' })
    expect(told.replace(version, '<version>')).toMatchInlineSnapshot(`
      "error[usage]: Millrace needs Node ^22.19 or >=24.11, and this is <version>
        fix: Run it with a newer Node.
      "
    `)
  })

  test('the one of this machine, if it has one', async ({ skip }) => {
    const old = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path))
    if (!old) return skip('no other Node is on this machine')
    const { code, stdout, stderr } = await program(text).run([], { node: old, how: 'loader' })
    if (code === 0) return skip('the other Node of this machine is new enough')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^error\[usage\]: Millrace needs Node \^22\.19 or >=24\.11, and this is \S+\n {2}fix: /)
  })
})

test('a mistake of our own says so', async () => {
  const breaks = `
import { main, pipeline } from 'millrace'
import { z } from 'zod'
export const demo = pipeline('demo', { input: z.object({}), build: () => ({}) })
Object.defineProperty(demo, 'name', { get() { throw new RangeError('no name here') } })
main(import.meta, demo)
`
  const one = program(breaks)
  expect(await told(1, one)).toMatchInlineSnapshot(`
    "error[internal-error]: Millrace itself failed: RangeError: no name here
      at program.ts:5:53
      fix: Run it again with --trace and report what it prints.
    "
  `)
  const { code, stderr } = await one.run(['--trace'])
  expect([code, stderr.includes('    at pickPipeline (')]).toEqual([1, true])
})
