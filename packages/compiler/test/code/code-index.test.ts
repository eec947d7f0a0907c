import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { indexCode } from '../../src/code/digest/code-index.ts'
import { printerVersion } from '../../src/code/toolchain/tools.ts'
import { change, index, write } from './program.ts'

const stageOf = (name: string, run = '1'): string => `export const ${name} = stage('${name}', { run: () => ${run} })\n`
const head = "import { stage } from 'millrace'\n"

test('the printer is the one that is installed', () => {
  const entry = createRequire(import.meta.url).resolve('rolldown')
  const [folder] = /^.*[\\/]node_modules[\\/]rolldown(?=[\\/])/.exec(entry) ?? [dirname(entry)]
  expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version).toBe(printerVersion)
})

describe('stages are found', () => {
  test('in the module that defines them, not where they are passed on', async () => {
    const root = write({
      'main.ts': "export { train } from './src/index.ts'\nexport { default as again } from './src/fit.ts'\n",
      'src/index.ts': "export * from './train.ts'\n",
      'src/train.ts': head + stageOf('train'),
      'src/fit.ts': `${head}export default stage('fit', { run: () => 1 })\n`,
    })
    const { stages, modules } = await index(root, ['train', 'again'])
    expect(stages.get('train')).toMatchObject({
      module: 'src/train.ts',
      export: 'train',
      file: join(root, 'src/train.ts'),
    })
    expect(stages.get('again')).toMatchObject({ module: 'src/fit.ts', export: 'default' })
    expect(modules).toEqual(['src/train.ts', 'src/index.ts', 'src/fit.ts', 'main.ts'].map((file) => join(root, file)))
  })

  test('under the first name in source order that is not the default', async () => {
    const root = write({
      'main.ts': `${head}const t = stage('t', { run: () => 1 })\nexport { t as default, t as zeta, t as alpha }\n`,
    })
    expect((await index(root, ['alpha'])).stages.get('alpha')).toMatchObject({ export: 'zeta' })
  })

  test('by their re-export with the same digest', async () => {
    const defined = write({ 'main.ts': head + stageOf('train') })
    const passed = write({
      'main.ts': "export * from './a.ts'",
      'a.ts': "export { hidden as train } from './b.ts'",
      'b.ts': head + stageOf('hidden'),
    })
    const [one, two] = [await index(defined), await index(passed)]
    expect(two.stages.get('train')?.code).toBe(one.stages.get('train')?.code)
    expect(two.stages.get('train')).toMatchObject({ module: 'b.ts', export: 'hidden' })
  })

  test('in linked packages, relative to their package.json', async () => {
    const root = write({
      'package.json': '{ "name": "app", "type": "module", "sideEffects": false }',
      'main.ts': "export { train } from 'lib/stages'",
      'packages/lib/package.json':
        '{ "name": "lib", "type": "module", "exports": { "./stages": { "types": "./no.d.ts", "import": "./src/stages.ts" } } }',
      'packages/lib/src/stages.ts': `${head}import { one } from './one.js'\n${stageOf('train', 'one')}`,
      'packages/lib/src/one.js': 'export const one = 1',
    })
    symlinkSync(join(root, 'packages/lib'), join(root, 'node_modules/lib'))
    const { stages, diagnostics } = await index(root)
    expect(diagnostics).toEqual([])
    expect(stages.get('train')).toMatchObject({ module: 'src/stages.ts', export: 'train' })
    expect(Object.keys(stages.get('train')?.sources ?? {})).toEqual([
      'packages/lib/src/one.js',
      'packages/lib/src/stages.ts',
    ])
  })

  test('and those that nobody exports are absent', async () => {
    const root = write({ 'main.ts': head + stageOf('train') })
    const stages = [{ key: 'lost', stage: {} }]
    const found = await indexCode({
      entry: join(root, 'main.ts'),
      stages,
      importModule: (url) => import(/* @vite-ignore */ url),
    })
    expect(found).toMatchObject({ stages: new Map(), diagnostics: [] })
  })

  test('through imports in a circle', async () => {
    const root = write({
      'main.ts': `${head}import { other } from './other.ts'\n${stageOf('train', 'other.name')}export const limit = 3\n`,
      'other.ts': `${head}import { limit, train } from './main.ts'\n${stageOf('other', '[limit, train.name]')}`,
    })
    const { stages } = await index(root, ['train', 'other@other.ts'])
    expect([...stages].map(([key, { module }]) => [key, module])).toEqual([
      ['train', 'main.ts'],
      ['other@other.ts', 'other.ts'],
    ])
  })

  test('though two share a helper', async () => {
    const files = (limit: number) => ({
      'main.ts': `${head}import { limit } from './limit.ts'\n${stageOf('a', 'limit')}${stageOf('b', '[limit]')}`,
      'limit.ts': `export const limit = ${limit}`,
    })
    const [one, two] = [await index(write(files(1)), ['a', 'b']), await index(write(files(2)), ['a', 'b'])]
    for (const key of ['a', 'b']) {
      expect(two.stages.get(key)?.code).not.toBe(one.stages.get(key)?.code)
      const [before, after] = [one.stages.get(key)?.sources ?? {}, two.stages.get(key)?.sources ?? {}]
      expect(Object.keys(before)).toEqual(['limit.ts', 'main.ts'])
      expect(Object.keys(before).filter((file) => before[file] !== after[file])).toEqual(['limit.ts'])
    }
  })

  test('without running modules that are only imported on demand', async () => {
    const root = write({
      'main.ts': head + stageOf('train', "import('./late.ts')"),
      'late.ts': 'globalThis.late = true\nexport const x = 1',
    })
    const { modules, stages } = await index(root)
    expect(modules).toEqual([join(root, 'main.ts')])
    expect(Object.keys(stages.get('train')?.sources ?? {})).toEqual(['late.ts', 'main.ts'])
    expect('late' in globalThis).toBe(false)
  })
})

test('sources name what contributed, and nothing else', async () => {
  const root = write({
    'app/package.json': '{ "type": "module" }',
    'app/main.ts': `${head}import { used, unused } from '../lib/index.ts'\nimport { dep } from 'dep'\nimport notes from './notes.json' with { type: 'json' }\n${stageOf('train', "[used, dep, new URL('./a.txt', import.meta.url)]")}${stageOf('other', '[unused, notes]')}`,
    'lib/index.ts': "export * from './used.ts'\nexport * from './unused.ts'\n",
    'lib/used.ts': 'export const used = 1',
    'lib/unused.ts': 'export const unused = 1',
    'app/notes.json': '{}',
    'app/a.txt': 'a',
    'node_modules/dep/package.json':
      '{ "name": "dep", "version": "1.2.3", "exports": "./a.js", "type": "module", "dependencies": { "sub": "*" } }',
    'node_modules/dep/a.js': 'export const dep = 1',
    'node_modules/sub/package.json': '{ "name": "sub", "version": "3.0.0" }',
  })
  const { stages } = await index(root, ['train@app/main.ts'], { entry: join(root, 'app/main.ts') })
  expect(Object.keys(stages.get('train@app/main.ts')?.sources ?? {})).toEqual([
    '../lib/used.ts',
    'a.txt',
    'dep@1.2.3',
    'main.ts',
    'sub@3.0.0',
  ])
})

describe('imports are resolved', () => {
  test('by tsconfig paths, without extensions, with .js for .ts, and to JSON', async () => {
    const root = write({
      'main.ts': head + stageOf('train', '1'),
      'src/train.ts': `${head}import { a } from '@/a'\nimport { b } from './b'\nimport { c } from './c.js'\nimport d from './d.json'\nimport { e } from './e'\nimport { T } from './types'\n${stageOf('train', '[a, b, c, d, e] as T[]')}`,
      'src/a.ts': 'export const a = 1',
      'src/b.tsx': 'export const b = 1',
      'src/c.ts': 'export const c = 1',
      'src/d.json': '[1]',
      'src/e/index.ts': 'export const e = 1',
      'src/types.ts': 'export type T = number\nglobalThis.types = 1',
      'tsconfig.json': '{\n // paths\n "extends": "./base.json" }',
      'base.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
    })
    // node alone can't run it: only its code is looked at
    const { train } = await import(/* @vite-ignore */ join(root, 'main.ts'))
    const { stages, modules, diagnostics } = await index(root, [], {
      entry: join(root, 'src/train.ts'),
      stages: [{ key: 'train', stage: train }],
      importModule: async (url) => (url.endsWith('train.ts') ? { train } : {}),
    })
    expect(diagnostics).toEqual([])
    expect(Object.keys(stages.get('train')?.sources ?? {})).toEqual(
      ['a.ts', 'b.tsx', 'c.ts', 'd.json', 'e/index.ts', 'train.ts'].map((name) => `src/${name}`),
    )
    expect(modules).not.toContain(join(root, 'src/types.ts'))
    change(root, {
      'base.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] }, "verbatimModuleSyntax": true } }',
    })
    const verbatim = await index(root, [], { entry: join(root, 'src/train.ts'), importModule: async () => ({ train }) })
    expect(verbatim.modules).toContain(join(root, 'src/types.ts'))
  })
})

describe('diagnostics', () => {
  const broken = async (files: Record<string, string>, keys = ['train']) => {
    const root = write(files)
    const result = await index(root, keys)
    return {
      ...result,
      found: [...result.stages.keys()],
      text: JSON.parse(JSON.stringify(result.diagnostics).replaceAll(root, '')),
    }
  }

  test('a module that does not parse, loaded on demand', async () => {
    const { found, text } = await broken(
      { 'main.ts': head + stageOf('train', "import('./late.ts')") + stageOf('other'), 'late.ts': '\n  const x = ;' },
      ['train', 'other'],
    )
    expect(found).toEqual(['other'])
    expect(text).toEqual([
      {
        code: 'bundle-failed',
        severity: 'error',
        message: '"late.ts" can\'t be bundled: Unexpected token',
        at: { pipeline: null, node: null, file: '/late.ts', line: 2, column: 13 },
        fix: 'Correct the file so that it parses.',
      },
    ])
  })

  test('an import that leads nowhere, and one that a package does not export', async () => {
    const { found, text } = await broken(
      {
        'main.ts': `${head}${stageOf('train', "import('./late.ts')")}${stageOf('other', "import('./nowhere.ts')")}${stageOf('third')}`,
        'late.ts': "import { x } from './gone.ts'\nexport const y = x",
      },
      ['train', 'other', 'third'],
    )
    expect(found).toEqual(['third'])
    expect(text).toMatchObject([
      {
        message: `"late.ts" can't be bundled: Cannot find module './gone.ts'`,
        at: { file: '/late.ts', line: 1, column: 19 },
        fix: 'Correct the import of "./gone.ts", or install what it names.',
      },
      { message: `"main.ts" can't be bundled: Cannot find module './nowhere.ts'`, at: { file: '/main.ts', line: 3 } },
    ])
  })

  test('an asset that is not there, once for all stages, and only where it counts', async () => {
    const { found, text } = await broken(
      {
        'main.ts': `${head}import { url } from './a.ts'\n${stageOf('train', 'url')}${stageOf('other', '[url]')}${stageOf('third')}`,
        'a.ts': "export const url = new URL('./gone.txt', import.meta.url)",
      },
      ['train', 'other', 'third'],
    )
    expect(found).toEqual(['third'])
    expect(text).toEqual([
      {
        code: 'missing-file',
        severity: 'error',
        message: 'there is no file "./gone.txt" beside "a.ts"',
        at: { pipeline: null, node: null, file: '/a.ts', line: 1, column: 28 },
        fix: 'Create "/gone.txt", or correct the path in new URL(…).',
      },
    ])
  })

  test('process.env at top level is a notice, once per variable', async () => {
    const { text } = await broken({
      'src/env.ts': `import process from 'node:process'
import { env } from 'node:process'
const { A, 'B': b = 1 } = process.env
export const all = [A, b, process.env.HF_HOME, process.env['HF_HOME'], env.C, process.env]
export const later = () => process.env.LATER
class X { field = process.env.FIELD; static once = process.env.ONCE }
`,
      'src/unused.ts': 'export const unused = process.env.UNUSED',
      'src/own.ts': "const process = { env: { OWN: '' } }\nexport const own = process.env.OWN",
      'main.ts': `${head}import { all } from './src/env.ts'\nimport { unused } from './src/unused.ts'\nimport { own } from './src/own.ts'\n${stageOf('train', '[all, own]')}${stageOf('other', 'unused')}`,
    })
    expect(text.map(({ message }: { message: string }) => message)).toEqual(
      [' A', ' B', 'HF_HOME', 'C', '', 'ONCE'].map((name) =>
        name
          ? `"src/env.ts" reads process.env.${name.trim()} when it is loaded; its value is no part of any key, and in a pod it may be missing`
          : '"src/env.ts" reads process.env when it is loaded; its variables are no part of any key, and in a pod they may be missing',
      ),
    )
    expect(text[2]).toEqual({
      code: 'environment-at-top-level',
      severity: 'notice',
      message:
        '"src/env.ts" reads process.env.HF_HOME when it is loaded; its value is no part of any key, and in a pod it may be missing',
      at: { pipeline: null, node: null, file: '/src/env.ts', line: 4, column: 27 },
      fix: "Declare it in the stage's env with inherit() and read it from context.env.",
    })
  })
})

test('100 stages in one file take a second, not minutes', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `s${i}`)
  const root = write({
    'main.ts': head + names.map((name, i) => stageOf(name, `[1, 2, 3].map((x) => x * ${i})`)).join(''),
  })
  mkdirSync(join(root, 'x'))
  const before = process.cpuUsage()
  const { stages } = await index(root, names)
  expect(new Set(Array.from(stages.values(), ({ code }) => code)).size).toBe(100)
  // of the processor, to which no other load adds
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1e6).toBeLessThan(20)
})

test('CommonJS, decorators, a hashbang and Windows line ends are no obstacle', async () => {
  const main = `#!/usr/bin/env node
import { stage } from 'millrace'
import old from './old.cjs'
export const train = stage('train', { run: () => [old, \`a
b\`] })
`
  const old = "const { inner } = require('./inner.cjs')\nmodule.exports = () => inner\n"
  const at = async (files: Record<string, string>): Promise<string | undefined> =>
    (await index(write({ 'main.ts': main, 'old.cjs': old, 'inner.cjs': 'exports.inner = 1', ...files }))).stages.get(
      'train',
    )?.code
  const one = await at({})
  expect(one).toBeDefined()
  expect(await at({ 'main.ts': main.replaceAll('\n', '\r\n'), 'old.cjs': `\uFEFF${old}` })).toBe(one)
  expect(await at({ 'inner.cjs': 'exports.inner = 2' })).not.toBe(one)

  const root = write({
    'main.ts': `import { stage } from 'millrace'
enum Mode { A, B = 'abc'.length, C = A }
enum Other { D = Math.max(1) }
namespace Space { export const x = 1 }
@sealed() abstract class Model<T> { constructor(@inject('x') private readonly x: T) {} abstract run(): void; @field() name = 'n'; static made = Date.now() }
export const other = stage('other', { run: () => [Model, Other, Space.x] })
export const train = stage('train', { run: () => Mode.B })`,
  })
  const stage = {}
  const importModule = async () => ({ train: stage })
  const { stages, diagnostics } = await index(root, [], { stages: [{ key: 'train', stage }], importModule })
  expect(diagnostics).toEqual([])
  expect(stages.has('train')).toBe(true)
})
