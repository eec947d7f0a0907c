import {
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { finish, root } from '../support/processes.ts'

const text = `
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const one = stage('one', { input: z.object({}), output: z.object({ n: z.int() }), run: () => ({ n: 1 }) })
export const demo = pipeline('demo', { input: z.object({}), build: () => one() })
main(import.meta, demo)
`
/** A config that says so when it runs. */
const config = `import { defineConfig, laptop } from 'millrace/config'
console.error('it runs')
export default defineConfig({ environments: { office: laptop() } })
`
const module = '{ "type": "module" }'
const program = 'a/b/c/program.ts'
const stranger = 12345

/** Files in a folder of their own, with no project above it; a name that ends with / is a folder. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-place-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries({ [program]: text, ...files })) {
    mkdirSync(name.endsWith('/') ? join(folder, name) : dirname(join(folder, name)), { recursive: true })
    if (!name.endsWith('/')) writeFileSync(join(folder, name), content)
  }
  symlinkSync(join(root, 'test/node_modules'), join(folder, 'node_modules'))
  return folder
}

async function asked(folder: string, words: readonly string[] = ['--environment', 'office', '--progress', 'quiet']) {
  const { code, stderr } = await finish(folder, words, { entry: program, env: { MILLRACE_STORE: undefined } })
  return { code, ran: stderr.includes('it runs'), error: stderr.split('\n').find((line) => line.startsWith('error')) }
}
const taken = { code: 0, ran: true, error: undefined }
const notThere = { code: 2, ran: false, error: 'error[unknown-environment]: there is no environment "office"' }

describe('a config is looked for within the project', () => {
  test.each([
    ['beside the program', { 'a/b/c/millrace.config.ts': config }, taken],
    ['above it, below .git', { 'a/b/millrace.config.ts': config, 'a/.git/': '', 'a/b/c/package.json': module }, taken],
    ['beside .git', { 'a/millrace.config.ts': config, 'a/.git/': '' }, taken],
    ['beside the .git of a worktree', { 'a/millrace.config.ts': config, 'a/.git': 'gitdir: elsewhere' }, taken],
    [
      'beside pnpm-workspace.yaml',
      { 'a/millrace.config.ts': config, 'a/pnpm-workspace.yaml': '', 'a/b/package.json': module },
      taken,
    ],
    ['beside the nearest package.json', { 'a/b/millrace.config.ts': config, 'a/b/package.json': module }, taken],
    ['above .git', { 'millrace.config.ts': config, 'a/.git/': '' }, notThere],
    ['above the nearest of several', { 'a/millrace.config.ts': config, 'a/.git/': '', 'a/b/.git/': '' }, notThere],
    ['above pnpm-workspace.yaml', { 'a/millrace.config.ts': config, 'a/b/pnpm-workspace.yaml': '' }, notThere],
    [
      'above the nearest package.json',
      { 'a/millrace.config.ts': config, 'a/package.json': module, 'a/b/package.json': module },
      notThere,
    ],
    ['above a program without a project', { 'a/b/millrace.config.ts': config }, notThere],
    [
      'a folder of that name',
      { 'a/b/c/millrace.config.ts/': '', 'a/b/millrace.config.ts': config, 'a/.git/': '' },
      taken,
    ],
  ] as const)('%s', async (_, files, expected) => {
    expect(await asked(project(files as Record<string, string>))).toEqual(expected)
  })
})

describe.skipIf(process.getuid?.() !== 0)('what another user owns', () => {
  test('is not read, is named, and what is above it is', async () => {
    const folder = project({ 'a/b/millrace.config.ts': config, 'a/.git/': '' })
    chownSync(join(folder, 'a/b/millrace.config.ts'), stranger, stranger)
    const error = `${notThere.error}; "a/b/millrace.config.ts" is not read, as another user owns it`
    expect(await asked(folder)).toEqual({ ...notThere, error })
    expect((await asked(folder, ['check'])).error).toBe(
      'error[unknown-environment]: there is no environment; "a/b/millrace.config.ts" is not read, as another user owns it',
    )
    writeFileSync(join(folder, 'a/millrace.config.ts'), config)
    expect(await asked(folder)).toEqual(taken)
  })

  test('nor a link of theirs, nor what our link leads to', async () => {
    const folder = project({ 'a/.git/': '', 'ours.ts': config, 'theirs.ts': config })
    chownSync(join(folder, 'theirs.ts'), stranger, stranger)
    const place = join(folder, 'a/b/c/millrace.config.ts')
    for (const target of ['ours.ts', 'theirs.ts']) {
      symlinkSync(join(folder, target), place)
      if (target === 'ours.ts') lchownSync(place, stranger, stranger)
      expect((await asked(folder)).ran).toBe(false)
      rmSync(place)
    }
  })

  test('is read where it is the owner of the program, whose code runs anyway', async () => {
    const folder = project({ 'a/.git/': '', 'a/millrace.config.ts': config })
    for (const file of ['a/millrace.config.ts', program]) chownSync(join(folder, file), stranger, stranger)
    expect(await asked(folder)).toEqual(taken)
  })

  test('keeps no store of ours: neither their config nor their package.json is a place for it', async () => {
    const folder = project({ 'millrace.config.ts': config, 'package.json': module, 'a/package.json': module })
    for (const file of ['millrace.config.ts', 'package.json', 'a/package.json'])
      chownSync(join(folder, file), stranger, stranger)
    await asked(folder, ['--progress', 'quiet'])
    const there = await finish(folder, ['runs', 'list'], {
      entry: program,
      env: { MILLRACE_STORE: join(folder, 'a/b/c/.millrace') },
    })
    expect(there.stdout).toMatch(/^<run> {2}demo {2}<start> {2}succeeded {2}/)
  })
})
