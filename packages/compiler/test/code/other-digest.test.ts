import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { change, digest, digestIn, type Files, write } from './program.ts'

const pkg = (name: string, version: string, dependencies: readonly string[] = [], more = ''): string =>
  JSON.stringify({
    name,
    version,
    type: 'module',
    exports: './a.js',
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, '*'])),
  }).replace(/\}$/, `${more}}`)

const files: Files = {
  'main.ts': `import { z } from 'zod'
import { main, stage } from 'millrace'
import { readFile } from 'node:fs/promises'
import { dep } from 'dep'
import config from './config.json' with { type: 'json' }
import { double } from './helper.ts'
import { scale } from 'shared'
import 'effects'
import './setup.ts'
import './pure/setup.ts'

const limit = Math.max(1, 2)
export const train = stage('train', {
  input: z.object({ rate: z.number() }),
  output: z.object({ loss: z.number() }),
  env: { MODE: 'fast' },
  run: async ({ rate }: { rate: number }) => {
    const { late } = await import('./late.ts')
    await readFile(new URL('./prompt.txt', import.meta.url))
    return { loss: late(double(rate)) * config.factor + dep + limit + scale, of: new URL(\`./prompts\`, import.meta.url) }
  },
})
main(import.meta)
`,
  'helper.ts': "import { twice } from './twice.ts'\nexport const double = (x: number): number => twice(x)\n",
  'twice.ts': 'export const twice = (x: number): number => x * 2\n',
  'setup.ts': 'globalThis.mode = 1\n',
  'pure/package.json': '{ "type": "module", "sideEffects": false }',
  'pure/setup.ts': 'globalThis.mode = 1\n',
  'late.ts': 'export const late = (x: number): number => x\n',
  'config.json': '{ "factor": 3 }',
  'prompt.txt': 'hello',
  'prompts/a.txt': 'a',
  'prompts/deep/b.txt': 'b',
  'node_modules/dep/package.json': pkg('dep', '1.0.0', ['inner', 'effects']),
  'node_modules/dep/a.js': 'export const dep = 1',
  'node_modules/inner/package.json': pkg('inner', '1.0.0', ['deep', 'dep'], ',"peerDependencies":{"absent":"*"}'),
  'node_modules/inner/node_modules/deep/package.json': pkg('deep', '1.0.0'),
  'node_modules/deep/package.json': pkg('deep', '7.0.0'),
  'node_modules/effects/package.json': pkg('effects', '1.0.0'),
  'node_modules/effects/a.js': '',
  'linked/shared/package.json': pkg('shared', '1.0.0'),
  'linked/shared/a.js': "import { base } from './base.js'\nexport const scale = base * 2\nexport const unused = 1\n",
  'linked/shared/base.js': 'export const base = 10\n',
}

function program(edits: Files = {}): string {
  const root = write({ ...files, ...edits })
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  symlinkSync(join(root, 'linked/shared'), join(root, 'node_modules/shared'))
  return root
}
const original = digestIn(program())

describe('the digest of a stage changes', () => {
  const cases: Record<string, readonly [file: string, from: string | RegExp, to: string]> = {
    'with its run': ['main.ts', 'double(rate)', 'double(rate + 1)'],
    'with its input schema': ['main.ts', 'rate: z.number()', 'rate: z.number().min(1)'],
    'with its output schema': ['main.ts', 'loss: z.number()', 'loss: z.number().optional()'],
    'with its env': ['main.ts', 'fast', 'slow'],
    'with a constant of its module': ['main.ts', 'max(1, 2)', 'max(1, 3)'],
    'with a helper': ['helper.ts', 'twice(x)', 'twice(x) + 1'],
    'with what the helper imports': ['twice.ts', 'x * 2', 'x * 3'],
    'with a module that has effects': ['setup.ts', 'mode = 1', 'mode = 2'],
    'with such a module of a package that is said to have none': ['pure/setup.ts', 'mode = 1', 'mode = 2'],
    'with a module that it loads on demand': ['late.ts', '=> x', '=> x + 1'],
    'with JSON': ['config.json', '3', '4'],
    "with an asset's bytes": ['prompt.txt', 'hello', 'hello!'],
    'with a file in a folder that is an asset': ['prompts/deep/b.txt', 'b', 'c'],
    "with a package's version": ['node_modules/dep/package.json', '1.0.0', '1.0.1'],
    'with the version of what a package depends on': ['node_modules/inner/package.json', '1.0.0', '1.1.0'],
    'with a version deeper down': ['node_modules/inner/node_modules/deep/package.json', '1.0.0', '1.0.9'],
    'with the version of a package imported for its effect': ['node_modules/effects/package.json', '1.0.0', '1.0.1'],
    'with a linked package': ['linked/shared/a.js', 'base * 2', 'base * 3'],
    'with what a linked package imports': ['linked/shared/base.js', '10', '11'],
  }
  for (const [name, [file, from, to]] of Object.entries(cases))
    test(name, async () => {
      const text = files[file] as string
      expect(text.replace(from, to)).not.toBe(text)
      expect(await digestIn(program({ [file]: text.replace(from, to) }))).not.toBe(await original)
    })

  test('when a peer that was absent is installed', async () => {
    expect(await digestIn(program({ 'node_modules/absent/package.json': pkg('absent', '1.0.0') }))).not.toBe(
      await original,
    )
  })

  test('when what has an effect while it loads comes in another order', async () => {
    const main = (first: string, second: string, more: Files = {}): Promise<string> =>
      digest({
        'main.ts': `import { stage } from 'millrace'\nimport { a, b, next } from './parts.ts'\n${first}\n${second}\nexport const train = stage('t', { run: () => [a, b, one, two, next] })`,
        'parts.ts': 'let n = 0\nexport const next = () => ++n\nexport const a = { n }\nexport const b = [() => n++]\n',
        ...more,
      })
    for (const [one, two] of [
      ['const one = next()', 'const two = next()'],
      ['const one = new (class { n = next() })()', 'const two = [1].map(next)'],
      ['const one = Object.assign(a, { n: 1 })', 'const two = { ...a }'],
      ['const one = [...b.map((f) => f())]', 'const two = globalThis.n'],
      ['const one = ((x) => next(x))(1)', 'const two = a.n'],
      ["const one = JSON.parse('[1]', next)", 'const two = JSON.stringify(a)'],
    ] as const)
      expect(await main(two, one), one).not.toBe(await main(one, two))
  })

  test('when an asset is renamed, as code may read its name', async () => {
    const main = (name: string): Files => ({
      'main.ts': `import { stage } from 'millrace'\nexport const train = stage('t', { run: () => new URL('./${name}', import.meta.url) })`,
      [name]: 'x',
    })
    expect(await digest(main('a.csv'))).not.toBe(await digest(main('a.json')))
  })
})

describe('the digest of a stage stays the same', () => {
  const cases: Record<string, readonly [file: string, text: string]> = {
    'when the source of a package changes, not its version': ['node_modules/dep/a.js', 'export const dep = 2'],
    'when a package that another copy hides changes': ['node_modules/deep/package.json', pkg('deep', '8.0.0')],
    'when the version of a linked package changes': ['linked/shared/package.json', pkg('shared', '2.0.0')],
    'when an unused export of a linked package changes': [
      'linked/shared/a.js',
      "import { base } from './base.js'\nexport const scale = base * 2\nexport const unused = 2\n",
    ],
    'when a file beside an asset changes': ['prompt.md', 'x'],
  }
  for (const [name, [file, text]] of Object.entries(cases))
    test(name, async () => expect(await digestIn(program({ [file]: text }))).toBe(await original))
})

describe('assets', () => {
  const main = (url: string, more = ''): string =>
    `import { python, stage } from 'millrace'\nimport { Worker } from 'node:worker_threads'\nexport const train = stage('t', { run: () => ${url} })\n${more}`

  test("a sibling's asset doesn't count", async () => {
    const more = "export const other = stage('o', { run: () => new URL('./b.txt', import.meta.url) })"
    const one = await digest({ 'main.ts': main('1', more), 'b.txt': '1' })
    expect(await digest({ 'main.ts': main('1', more), 'b.txt': '2' })).toBe(one)
    expect(await digest({ 'main.ts': main('1', more) })).toBe(one)
  })

  test('a module that a worker runs counts with what it imports', async () => {
    const at = (inner: string): Promise<string> =>
      digest({
        'main.ts': main("new Worker(new URL('./worker.ts', import.meta.url), { name: 'w' })"),
        'worker.ts': "import { inner } from './inner.ts'\ninner()",
        'inner.ts': `export const inner = () => ${inner}`,
      })
    expect(await at('1')).toBe(await at('1'))
    expect(await at('1')).not.toBe(await at('2'))
  })

  test('the folder of the module itself is no asset', async () => {
    const text = main(
      "[new URL('.', import.meta.url), new URL('..', import.meta.url), new URL('https://x.y/z', import.meta.url)]",
    )
    const root = write({ 'main.ts': text, 'notes.txt': '1' })
    const one = await digestIn(root)
    change(root, { 'notes.txt': '2' })
    expect(await digestIn(root)).toBe(one)
  })

  test('a Python script counts with what it imports beside it and its lock', async () => {
    const python: Files = {
      'main.ts':
        "import { python } from 'millrace'\nexport const train = python('t', { script: new URL('./py/t.py', import.meta.url) })",
      'py/t.py':
        'import json, helper\nfrom .sibling import (\n  a,\n  b)\nfrom pkg import part as p\nimport pkg.sub.leaf as l\n',
      'py/helper.py': 'import second\n',
      'py/second.py': 'x = 1',
      'py/sibling.py': 'a = b = 1',
      'py/pkg/__init__.py': '',
      'py/pkg/part.py': 'from . import other',
      'py/pkg/other.py': '',
      'py/pkg/sub/leaf.py': '',
      'requirements.txt': 'torch==2',
      'py/unrelated.py': '',
    }
    const one = await digest(python)
    expect(await digest({ ...python, 'py/unrelated.py': 'y' })).toBe(one)
    for (const file of Object.keys(python).filter((name) => name !== 'main.ts' && name !== 'py/unrelated.py'))
      expect(await digest({ ...python, [file]: `${python[file]}# edited` }), file).not.toBe(one)
    expect(await digest({ ...python, 'py/uv.lock': 'torch 3' })).not.toBe(one)
  })

  test.each([
    'import os; import helper',
    'try: import helper\nexcept ImportError: pass',
    'from pkg import a, \\\n  helper',
    'from pkg import(a, helper)',
    'from .import helper',
    'if True:\n\timport os, helper as h # why',
  ])('what a Python script imports counts, as written in %j', async (text) => {
    const at = (x: number): Files => ({
      'main.ts':
        "import { python } from 'millrace'\nexport const train = python('t', { script: new URL('./py/t.py', import.meta.url) })",
      'py/t.py': `${text}\n`,
      'py/helper.py': `x = ${x}`,
      'py/pkg/__init__.py': '',
      'py/pkg/helper.py': `x = ${x}`,
    })
    expect(await digest(at(1))).not.toBe(await digest(at(2)))
  })

  test('a link in a folder counts by where it leads', async () => {
    const at = (to: string): Promise<string> => {
      const root = write({ 'main.ts': main("new URL('./a', import.meta.url)"), 'a/v1/x': '1', 'a/v2/x': '1' })
      symlinkSync(to, join(root, 'a/z-current'))
      return digestIn(root)
    }
    expect(await at('v1')).toBe(await at('v1'))
    expect(await at('v1')).not.toBe(await at('v2'))
  })
})

describe('packages', () => {
  const main = `import { stage } from 'millrace'\nimport { a } from 'a'\nimport { b } from '#b'\nexport const train = stage('t', { run: async () => [a, b, await import('c/sub').catch(() => 0)] })`
  const own = '{ "name": "program", "type": "module", "imports": { "#b": "b" } }'
  const at = (a: string, b: string, more: Files = {}): Promise<string> =>
    digest({
      'main.ts': main,
      'package.json': own,
      'node_modules/a/package.json': pkg('a', a),
      'node_modules/a/a.js': 'export const a = 1',
      'node_modules/b/package.json': pkg('b', b, [], ',"optionalDependencies":{"d":"*"}'),
      'node_modules/b/a.js': 'export const b = 1',
      ...more,
    })

  test('count by their versions, also through subpath imports, and absent ones that are tried on demand', async () => {
    const one = await at('1.0.0', '1.0.0')
    expect(await at('1.0.0', '1.0.0')).toBe(one)
    expect(await at('1.0.1', '1.0.0')).not.toBe(one)
    expect(await at('1.0.0', '1.0.1')).not.toBe(one)
    const withC = await at('1.0.0', '1.0.0', { 'node_modules/c/package.json': pkg('c', '1.0.0') })
    expect(withC).not.toBe(one)
    expect(await at('1.0.0', '1.0.0', { 'node_modules/c/package.json': pkg('c', '1.0.1') })).not.toBe(withC)
  })

  test('zod inside a package counts as little as the own one', async () => {
    const inner = (version: string): Files => ({
      'node_modules/b/package.json': pkg('b', '1.0.0', ['zod', 'millrace']),
      'node_modules/b/node_modules/zod/package.json': pkg('zod', version),
    })
    expect(await at('1.0.0', '1', inner('3.0.0'))).toBe(await at('1.0.0', '1', inner('3.1.0')))
  })

  test('in the layout of pnpm are found from their real paths', async () => {
    const root = (version: string): string => {
      const place = write({
        'main.ts':
          "import { stage } from 'millrace'\nimport { a } from 'a'\nexport const train = stage('t', { run: () => a })",
        'node_modules/.pnpm/a@1/node_modules/a/package.json': pkg('a', '1.0.0', ['b']),
        'node_modules/.pnpm/a@1/node_modules/a/a.js': 'export const a = 1',
        'node_modules/.pnpm/b@1/node_modules/b/package.json': pkg('b', version),
      })
      symlinkSync('.pnpm/a@1/node_modules/a', join(place, 'node_modules/a'))
      symlinkSync('../../b@1/node_modules/b', join(place, 'node_modules/.pnpm/a@1/node_modules/b'))
      return place
    }
    expect(await digestIn(root('1.0.0'))).toBe(await digestIn(root('1.0.0')))
    expect(await digestIn(root('1.0.0'))).not.toBe(await digestIn(root('1.0.1')))
  })
})
