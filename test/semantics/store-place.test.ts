import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const one = stage('one', { input: z.object({}), output: z.object({ n: z.number() }), run: () => ({ n: 1 }) })
export const small = pipeline('small', { input: z.object({}), build: () => one({}) })
main(import.meta, small)
`
const places = ['.millrace', 'a/.millrace', 'a/b/.millrace', 'a/b/c/.millrace', 'given', 'named']
const env = { MILLRACE_STORE: undefined }
const entry = 'a/b/c/program.ts'

/** Which of the places a run of the program used. */
async function placesUsed(
  files: Record<string, string>,
  args: string[] = [],
  more: Record<string, string | undefined> = {},
) {
  const { folder, run } = program({ [entry]: text, ...files })
  const { code, stdout } = await run(args, { entry, env: { ...env, ...more } })
  expect([code, stdout]).toEqual([0, '{"n":1}\n'])
  return places.filter((place) => existsSync(join(folder, place)))
}

test('beside the nearest config', async () => {
  const config =
    "import { defineConfig, laptop } from 'millrace/config'\nexport default defineConfig({ environments: { laptop: laptop() } })\n"
  expect(await placesUsed({ 'a/millrace.config.ts': config, 'a/b/package.json': '{"type":"module"}' })).toEqual([
    'a/.millrace',
  ])
})

test('else beside the nearest package.json', async () => {
  expect(await placesUsed({ 'a/b/package.json': '{"type":"module"}' })).toEqual(['a/b/.millrace'])
})

test('MILLRACE_STORE moves it, and --store goes over that; both from the current folder', async () => {
  expect(await placesUsed({}, [], { MILLRACE_STORE: 'named' })).toEqual(['named'])
  expect(await placesUsed({}, ['--store', 'given'], { MILLRACE_STORE: 'named' })).toEqual(['given'])
  expect(await placesUsed({}, [], { MILLRACE_STORE: '' })).toEqual(['.millrace'])
})

test('else beside the program', async () => {
  // outside the workspace there is no package.json above it
  const { folder, run } = program(text)
  const outside = join(tmpdir(), `millrace-place-${process.pid}`)
  mkdirSync(outside)
  writeFileSync(
    join(outside, 'program.ts'),
    text.replaceAll(
      /'(millrace|zod)'/g,
      (_, name: string) =>
        `'${join(folder, '../../node_modules', name, name === 'zod' ? 'index.js' : 'src/index.ts')}'`,
    ),
  )
  const { code } = await run([], { entry: join(outside, 'program.ts'), env })
  expect([code, existsSync(join(outside, '.millrace/format.json'))]).toEqual([0, true])
})

test('from code: beside the package.json of the module that defines the pipeline', async () => {
  const defined = text.replace(/main\(.*/, '')
  const caller =
    "import { run } from 'millrace'\nimport { small } from './lib/src/program.ts'\nconsole.log(JSON.stringify(await run(small)))\n"
  const { folder, run } = program({
    'caller.ts': caller,
    'lib/package.json': '{"type":"module"}',
    'lib/src/program.ts': defined,
  })
  const { code, stdout } = await run([], { entry: 'caller.ts', env })
  expect([code, stdout, existsSync(join(folder, 'lib/.millrace')), existsSync(join(folder, '.millrace'))]).toEqual([
    0,
    '{"n":1}\n',
    true,
    false,
  ])
})

test('it keeps itself out of git', async () => {
  const { folder, run } = program(text)
  await run([], { env })
  expect(readFileSync(join(folder, '.millrace/.gitignore'), 'utf8')).toBe('*\n')
})
