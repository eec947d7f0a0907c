import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packedFiles } from '../support/packed.ts'
import { root } from '../support/processes.ts'
import { create, emptyFolder } from './create.ts'

const source = join(root, 'packages/create-millrace')
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, string> & string>
const bytes = (path: string) => readFileSync(join(root, path))

test('the package holds its program and its templates, by npm as by pnpm', async () => {
  const { npm, pnpm } = await packedFiles('create-millrace')
  const files = Object.keys(pnpm).sort()
  const both = ['README.md', '_gitignore', 'millrace.config.ts', 'package.json']
  const code = ['pipeline.test.ts', 'pipeline.ts', 'tsconfig.json']
  const data = ['data/README.md', 'data/digits.csv.gz', 'digits.ts', 'softmax.ts', 'stages.ts']
  const template = (name: string, names: readonly string[]) => names.map((file) => `templates/${name}/${file}`)
  expect(files).toEqual(
    [
      ...['LICENSE', 'README.md', 'package.json', 'dist/bin.js'],
      ...template('hello', [...both, ...code]),
      ...template('digits', [...both, ...code, ...data]),
    ].sort(),
  )
  expect(npm).toEqual(pnpm)
})

test('nothing else is installed with it, and nothing runs when it is', () => {
  const { dependencies, scripts, engines, version, license } = json(join(source, 'package.json'))
  expect([dependencies, scripts]).toEqual([undefined, { build: 'tsx build.ts' }])
  // a project asks for the version of Millrace that this package has
  const { engines: needed, version: current } = json(join(root, 'packages/millrace/package.json'))
  expect({ engines, version, license }).toEqual({ engines: needed, version: current, license: 'Apache-2.0' })
  expect(bytes('packages/create-millrace/LICENSE')).toEqual(bytes('LICENSE'))
})

test.each(['hello', 'digits'])('a project from %s asks for the versions of this workspace', (template) => {
  const base = emptyFolder()
  create(base, ['project', '--template', template, '--no-install', '--no-git'])
  const made = json(join(base, 'project/package.json'))
  const millrace = json(join(root, 'packages/millrace/package.json'))
  const workspace: Record<string, string> = json(join(root, 'package.json')).devDependencies ?? {}
  expect([made.engines, made.dependencies, made.devDependencies]).toEqual([
    millrace.engines,
    { millrace: `^${millrace.version}`, zod: `^${millrace.devDependencies?.zod}` },
    Object.fromEntries(['@types/node', 'typescript'].map((name) => [name, `^${workspace[name]}`])),
  ])
})

test('the digits are those of the example', () => {
  for (const file of ['data/digits.csv.gz', 'data/README.md'])
    expect(bytes(`packages/create-millrace/templates/digits/${file}`)).toEqual(bytes(`examples/02-digits/${file}`))
})

test('--help and --version', () => {
  const base = emptyFolder()
  expect(create(base, ['--version'])).toEqual({
    code: 0,
    stdout: `${json(join(source, 'package.json')).version}\n`,
    stderr: '',
  })
  const { code, stdout } = create(base, ['--help', '--template', 'digits'])
  expect(code).toBe(0)
  expect(stdout).toMatchInlineSnapshot(`
    "Examples:
      npm create millrace
      npm create millrace my-pipeline -- --template digits

    Usage: create-millrace [folder] [options]

    Makes a project with a pipeline, its test and its configuration.

    Options:
      --template <name>         hello: two small stages that count words (the default)
                                digits: trains, chooses, validates and publishes a classifier of digits
      --name <name>             of the package; default: after the folder
      --package-manager <name>  npm, pnpm, yarn or bun; default: the one that runs this
      --no-install              leave the packages to you
      --no-git                  start no git repository
      -y, --yes                 ask nothing, take the defaults
      -V, --version             show the version
      -h, --help                show this

    The folder is "my-pipeline" where none is given and none can be asked for.
    "
  `)
  expect(readdirSync(base)).toEqual([])
})
