import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { create, emptyFolder, standIn } from './create.ts'

const manifest = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; dependencies: object }
const bare = ['--no-install', '--no-git']

test('what it tells, and what it makes where nothing is given', () => {
  const base = emptyFolder()
  expect(create(base, bare)).toEqual({
    code: 0,
    stdout: `"my-pipeline" has a project from the template "hello".

Next:
  cd my-pipeline
  npm install
  npm start

README.md says more.
`,
    stderr: '',
  })
  const project = join(base, 'my-pipeline')
  expect([readdirSync(base), readdirSync(project).sort()]).toEqual([
    ['my-pipeline'],
    [
      '.gitignore',
      'README.md',
      'millrace.config.ts',
      'package.json',
      'pipeline.test.ts',
      'pipeline.ts',
      'tsconfig.json',
    ],
  ])
  expect(readFileSync(join(project, '.gitignore'), 'utf8')).toBe('node_modules/\n.millrace/\n')
  expect(Object.keys(manifest(project))).toEqual([
    ...['name', 'private', 'type', 'engines', 'scripts', 'dependencies', 'devDependencies'],
  ])
})

describe('the folder, and the package named after it', () => {
  test.each([
    ['Zwei Wörter', 'zwei-worter', "cd -- 'Zwei Wörter'"],
    ["it's $HOME", 'it-s-home', "cd -- 'it'\\''s $HOME'"],
    ['-x', 'x', "cd -- '-x'"],
    ['数据', 'my-pipeline', 'cd 数据'],
    ['a/b/_Deep.Name/', 'deep.name', 'cd a/b/_Deep.Name'],
    ['zod', 'my-pipeline', 'cd zod'],
    ['.', 'here', undefined],
    ['../there', 'there', 'cd ../there'],
  ])('%s', (folder, name, enter) => {
    const here = join(emptyFolder(), 'here')
    mkdirSync(here)
    const { code, stdout } = create(here, [...bare, '--', folder])
    expect([code, /^ {2}(cd .*)$/m.exec(stdout)?.[1]]).toEqual([0, enter])
    expect(manifest(join(here, folder)).name).toBe(name)
    // no draft is left
    expect(readdirSync(here).filter((entry) => entry.startsWith('.create'))).toEqual([])
  })

  test('one that holds only .git is used, and --name names the package', () => {
    const base = emptyFolder()
    execFileSync('git', ['init', '--quiet', base])
    expect(create(base, ['.', '--no-install', '--name', '@team/words', '--template=digits']).code).toBe(0)
    expect(manifest(base).name).toBe('@team/words')
    expect(readFileSync(join(base, 'README.md'), 'utf8')).toMatch(/^# @team\/words\n/)
    expect(readdirSync(join(base, 'data')).sort()).toEqual(['README.md', 'digits.csv.gz'])
  })
})

test('a git repository is started where there is none', () => {
  const base = emptyFolder()
  expect(create(base, ['outer', '--no-install']).code).toBe(0)
  expect(create(base, ['outer/inner', '--no-install']).code).toBe(0)
  expect(create(base, ['none', ...bare]).code).toBe(0)
  const has = ['outer', 'outer/inner', 'none'].map((folder) => readdirSync(join(base, folder)).includes('.git'))
  expect(has).toEqual([true, false, false])
})

describe('packages are installed by what started it', () => {
  test.each([
    ['npm', 'npm/11.6.0 node/v24.11.0 linux x64 workspaces/false', []],
    ['pnpm', 'pnpm/12.21.0 npm/? node/v24.11.0 linux x64', []],
    ['yarn', 'yarn/4.12.0 npm/? node/v24.11.0 linux x64', ['.yarnrc.yml']],
    ['bun', 'bun/1.3.3 npm/? node/v24.3.0 linux x64', []],
  ])('%s', (manager, agent, settings) => {
    const base = emptyFolder()
    const path = standIn(base, manager, 'echo "$PWD: $*" > "$0.log"')
    const env = { npm_config_user_agent: agent, PATH: `${path}:${process.env.PATH}` }
    const { code, stdout } = create(base, ['words', '--no-git'], env)
    expect([code, stdout.split('\n').slice(2)]).toEqual([
      0,
      ['Next:', '  cd words', `  ${manager} start`, '', 'README.md says more.', ''],
    ])
    expect(readFileSync(join(path, `${manager}.log`), 'utf8')).toBe(`${base}/words: install\n`)
    const page = readFileSync(join(base, 'words/README.md'), 'utf8')
    expect(page).toContain(`\n${manager} start\n`)
    expect(readFileSync(join(base, 'words/.gitignore'), 'utf8').includes('.yarn/')).toBe(manager === 'yarn')
    expect(readdirSync(join(base, 'words')).filter((name) => /ya?ml$/.test(name))).toEqual(settings)
  })

  test('unless another is named; a project above keeps its own settings', () => {
    const base = emptyFolder()
    writeFileSync(join(base, '.yarnrc.yml'), 'nodeLinker: pnpm\n')
    const env = { npm_config_user_agent: 'pnpm/12.21.0 npm/?' }
    const { code, stdout } = create(base, ['words', ...bare, '--package-manager', 'yarn'], env)
    expect([code, /^ {2}.* install$/m.exec(stdout)?.[0]]).toEqual([0, '  yarn install'])
    expect(readdirSync(join(base, 'words'))).not.toContain('.yarnrc.yml')
  })
})
