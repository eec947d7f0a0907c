import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { node } from '../support/processes.ts'
import { bin, command, create, emptyFolder, standIn } from './create.ts'

const list = (folder: string) => readdirSync(folder, { recursive: true }).sort()
const options = 'See --help for the options there are.'
const folderFix = 'Give the path of a folder that is empty, or that is not there.'
const nameFix =
  'Use up to 214 of a-z, 0-9, -, ., _ and ~, with no . or _ first; a scope goes before it, as in @team/name.'

describe('what it refuses, and leaves as it is', () => {
  test.each<[string, string[], string, string]>([
    ['an option', ['--templat', 'digits'], 'there is no option "--templat" (did you mean "--template"?)', options],
    ['a short option', ['-x'], 'there is no option "-x"', options],
    [
      'a template',
      ['--template', 'digit'],
      'there is no template "digit" (did you mean "digits"?)',
      'Choose hello or digits.',
    ],
    ['another template', ['--template=mnist'], 'there is no template "mnist"', 'Choose hello or digits.'],
    [
      'no template',
      ['--template', '--yes'],
      '--template has no value',
      'Write it after the option, for example --template digits.',
    ],
    ['an empty name', ['--name='], '--name has no value', 'Write it after the option, for example --name my-pipeline.'],
    ['a value', ['--no-git=false'], '--no-git takes no value, and is given "false"', 'Write --no-git alone.'],
    [
      'a package manager',
      ['--package-manager', 'pnp'],
      'there is no package manager "pnp" (did you mean "pnpm"?)',
      'Choose npm, pnpm, yarn or bun.',
    ],
    ['a name', ['--name', 'My Words'], '"My Words" can\'t be the name of a package', nameFix],
    ['a hidden name', ['--name', '.words'], '".words" can\'t be the name of a package', nameFix],
    [
      'a needed name',
      ['--name', 'zod'],
      '"zod" is the name of a package that the project needs',
      'Give another --name.',
    ],
    [
      'two folders',
      ['my', 'words'],
      '"words" is a second folder after "my"',
      'Give one folder, in quotes if its name has spaces.',
    ],
    ['no folder', [''], 'the folder has no name', 'Give the path of a folder, for example my-pipeline.'],
    [
      'a full folder',
      ['full'],
      '"full" is not empty: it holds ".a" and 1 more',
      'Give a folder that is empty, or that is not there.',
    ],
    [
      'this folder',
      ['.'],
      '"." is not empty: it holds "file" and 1 more',
      'Give a folder that is empty, or that is not there.',
    ],
    ['a file', ['file'], '"file" is a file', folderFix],
    ['a folder in a file', ['file/a/b'], '"file/a/b" can\'t be a folder: "<base>/file" is a file', folderFix],
  ])('%s', (_, words, message, fix) => {
    const base = emptyFolder()
    mkdirSync(join(base, 'full/.git'), { recursive: true })
    for (const name of ['file', 'full/b', 'full/.a']) writeFileSync(join(base, name), '')
    const before = list(base)
    const { code, stdout, stderr } = create(base, [...words, '--no-install', '--no-git'])
    expect({ code, stdout, stderr: stderr.replaceAll(base, '<base>') }).toEqual({
      code: 2,
      stdout: '',
      stderr: `error[usage]: ${message}\n  fix: ${fix}\n`,
    })
    expect(list(base)).toEqual(before)
  })

  test.each([
    // as npm does with `npm create millrace words --template=digits`, and without the `=`
    [['words'], 'digits'],
    [['words', 'digits'], 'true'],
  ])('options that npm kept for itself: %j', (words, kept) => {
    const base = emptyFolder()
    expect(create(base, words, { npm_config_template: kept })).toEqual({
      code: 2,
      stdout: '',
      stderr: `error[usage]: npm kept --template for itself
  fix: Write -- before the options: npm create millrace my-pipeline -- --template digits.
`,
    })
    expect(list(base)).toEqual([])
  })
})

test('of what can not be written nothing is left', () => {
  const base = emptyFolder()
  mkdirSync(join(base, 'empty'))
  const limited = (folder: string) =>
    command(base, ['sh', '-c', `ulimit -f 16; exec '${node}' '${bin}' ${folder} --template digits --yes`])
  const told = (folder: string) => ({
    code: 1,
    stdout: '',
    stderr: `error[write-failed]: can't write "${folder}": EFBIG: file too large, write\n  fix: Give a folder that you may write to.\n`,
  })
  expect(limited('a/b')).toEqual(told('a/b'))
  expect(limited('empty')).toEqual(told('empty'))
  expect(list(base)).toEqual(['empty'])
})

describe('a failed install leaves the project', () => {
  test('the command failed', () => {
    const base = emptyFolder()
    const path = standIn(base, 'npm', 'echo "no network" >&2; exit 7')
    expect(create(base, ['my words', '--no-git'], { PATH: `${path}:${process.env.PATH}` })).toEqual({
      code: 1,
      stdout: '"my words" has a project from the template "hello".\n',
      stderr: `no network
error[install-failed]: npm install failed: it exited with 7; the project is made, without its packages
  fix: Install them: cd -- 'my words' && npm install
`,
    })
    expect(list(join(base, 'my words'))).toContain('pipeline.ts')
  })

  test('there is no such command', () => {
    const base = emptyFolder()
    const env = { PATH: standIn(base, 'other', '') }
    expect(create(base, ['words', '--package-manager', 'bun'], env)).toMatchObject({
      code: 1,
      stderr: `error[install-failed]: bun install failed: bun is not there; the project is made, without its packages
  fix: Install them: cd words && bun install
`,
    })
  })
})

test('an old Node is told so', () => {
  const base = emptyFolder()
  const preload = join(base, 'old.cjs')
  writeFileSync(preload, `Object.defineProperty(process.versions, 'node', { value: '20.19.0' })`)
  const error =
    'error[usage]: Millrace needs Node ^22.19 or >=24.11, and this is 20.19.0\n  fix: Run it with a newer Node.\n'
  expect(command(base, [node, '--require', preload, bin, 'words'])).toEqual({ code: 2, stdout: '', stderr: error })
  expect(list(base)).toEqual(['old.cjs'])
})

test('git that fails is no error', () => {
  const base = emptyFolder()
  const path = standIn(base, 'git', 'echo "fatal: no" >&2; exit 128')
  const { code, stdout } = create(base, ['words', '--no-install'], { PATH: `${path}:${process.env.PATH}` })
  expect([code, stdout.split('\n')[1]]).toEqual([0, 'git init failed: fatal: no'])
  expect(execFileSync('ls', [join(base, 'words')], { encoding: 'utf8' })).toContain('pipeline.ts')
})
