import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { emit, emitFrom, runEmitted } from './emitting.ts'

const head = "import { stage } from 'millrace'\nimport { z } from 'zod'\n"

/** A module that exports the stage `train`, whose output is `{ it }`. */
const train = (it: string, before = ''): string => `${head}${before}
export const train = stage('train', {
  input: z.object({ n: z.number().default(1) }),
  output: z.object({ it: z.any() }),
  run: async ({ n }: { n: number }) => ({ it: ${it} }),
})
`
const pkg = (name: string, more = ''): string => `{ "name": "${name}", "version": "1.0.0"${more} }`

describe('an emitted stage runs where nothing is installed', () => {
  test('one that needs zod alone', async () => {
    const one = await emit(train('n + 1'))
    expect(one.told).toBe('')
    expect(one.stages.get('train')?.assets).toEqual([])
    expect(await runEmitted(one, { n: 2 })).toMatchObject({ output: { it: 3 } })
    expect((await runEmitted(one, { n: 'two' })).failure).toBe(
      '"train" got an input that its schema refuses: n: Invalid input: expected number, received string (it is "two")',
    )
  })

  test('with helpers, JSON, enums, namespaces and what is awaited at the top', async () => {
    const one = await emit({
      'program.ts': train(
        '[double(n), config.factor, factor, Color.Green, Deep.value, awaited, b, new Shape().area, Shape.name, basename(import.meta.dirname)]',
        `import config, { factor } from './config.json' with { type: 'json' }
        import { basename } from 'path'
        import { double } from './src/double.ts'
        import type { Nothing } from './src/types.ts'
        enum Color { Red = 1, Green = 'x'.length + 2 }
        namespace Deep { export const value = 5 }
        const awaited = await Promise.resolve(6)
        const { a: [, b] } = { a: [await Promise.resolve(7), 8] }
        abstract class Base { declare readonly kind: Nothing; constructor(readonly area = 9) {} }
        class Shape extends Base {}\n`,
      ),
      'config.json': '{ "factor": 3 }',
      'src/double.ts': "import { two } from './two.js'\nexport const double = (x: number): number => x * two\n",
      'src/two.ts': 'export const two = 2\nexport const unused = globalThis.process.exit\n',
      'src/types.ts': 'export type Nothing = never\n',
    })
    expect((await runEmitted(one, { n: 4 })).output).toEqual({ it: [8, 3, 3, 3, 5, 6, 8, 9, 'Shape', 'code'] })
    expect(one.stages.get('train')?.code).not.toContain('process.exit')
  })

  test('with packages, whichever modules they have', async () => {
    const one = await emit({
      'program.ts': train(
        '[cjs.name, named, both.how, required(), maybe, self, file, Object.keys(await import("late"))]',
        "import cjs, { named, required, maybe } from 'cjs'\nimport both from 'both'\nimport { self, file } from 'esm'\n",
      ),
      'node_modules/cjs/package.json': pkg('cjs', ', "main": "main.js"'),
      'node_modules/cjs/main.js': `exports.name = 'cjs'
        exports.named = __dirname.length > 0 && typeof __filename
        exports.required = () => require('both').how
        try { exports.maybe = require('not-there') } catch (error) { exports.maybe = error.code }
        try { require('./not-there/either') } catch (error) { exports.maybe += error.code }`,
      'node_modules/both/package.json': pkg('both', ', "exports": { "import": "./i.mjs", "require": "./r.cjs" }'),
      'node_modules/both/i.mjs': "export default { how: 'import' }",
      'node_modules/both/r.cjs': "module.exports = { how: 'require' }",
      'node_modules/esm/package.json': pkg('esm', ', "type": "module", "exports": "./lib/main.js"'),
      'node_modules/esm/lib/main.js': `import { readFileSync } from 'fs'
        export const self = typeof import.meta.dirname
        export const file = readFileSync(new URL('../data/x.txt', import.meta.url), 'utf8')`,
      'node_modules/esm/data/x.txt': 'from a package',
      'node_modules/late/package.json': pkg('late', ', "type": "module", "exports": "./a.js"'),
      'node_modules/late/a.js': 'export const here = 1',
    })
    expect(one.told).toBe('')
    expect((await runEmitted(one)).output).toEqual({
      it: [
        'cjs',
        'string',
        'import',
        'require',
        'MODULE_NOT_FOUNDMODULE_NOT_FOUND',
        'string',
        'from a package',
        ['here'],
      ],
    })
  })

  test('with modules that it loads on demand, once and in their order', async () => {
    const one = await emit({
      'program.ts': train(
        "[(await import('./late.ts')).late, (await import('./late.ts')).late, globalThis.order]",
        "globalThis.order = ['program']\nimport './setup.ts'\n",
      ),
      'setup.ts': 'globalThis.setup = 1\n',
      'late.ts': "import { inner } from './inner.ts'\nglobalThis.order.push('late')\nexport const late = inner + 1\n",
      'inner.ts': "globalThis.order.push('inner', globalThis.setup)\nexport const inner = await Promise.resolve(1)\n",
    })
    expect(one.told).toBe('')
    expect((await runEmitted(one)).output).toEqual({ it: [2, 2, ['program', 'inner', 1, 'late']] })
  })

  test('with files beside it', async () => {
    const one = await emit(
      {
        'program.ts': `${head}import { file, asset } from 'millrace'
import { readFileSync, readdirSync, statSync } from 'node:fs'
const read = (url: URL) => readFileSync(url, 'utf8')
export const train = stage('train', {
  input: z.object({ data: file('text/csv').default(asset(new URL('./data/in.csv', import.meta.url))) }),
  output: z.object({ it: z.any() }),
  run: ({ data }) => ({
    it: [
      readFileSync(data.path, 'utf8'),
      read(new URL('./data/in.csv', import.meta.url)),
      readdirSync(new URL('prompts/', import.meta.url), { recursive: true }).sort(),
      read(new URL('deep/b.txt', new URL('./prompts/', import.meta.url))),
      read(new URL('data/an odd näme%20.txt?raw', import.meta.url)),
      (statSync(new URL('./run.sh', import.meta.url)).mode & 0o100) !== 0,
    ],
  }),
})
export const other = stage('other', {
  input: z.object({}),
  output: z.object({ it: z.any() }),
  run: () => ({ it: read(new URL('./data/in.csv', import.meta.url)) }),
})
`,
        'data/in.csv': 'a,b',
        'data/an odd näme .txt': 'odd',
        'prompts/a.txt': 'A',
        'prompts/deep/b.txt': 'B',
        'prompts/node_modules/c.txt': 'C',
        'run.sh': '#!/bin/sh',
      },
      ['train', 'other'],
    )
    expect(one.told).toBe('')
    expect(one.stages.get('train')?.assets.map(({ path }) => path)).toEqual([
      'assets/1/in.csv',
      'assets/2/prompts/a.txt',
      'assets/2/prompts/deep/b.txt',
      'assets/3/an odd näme .txt',
      'assets/4/run.sh',
    ])
    expect((await runEmitted(one)).output).toEqual({
      it: ['a,b', 'a,b', ['a.txt', 'deep', join('deep', 'b.txt')], 'B', 'odd', false],
    })
    expect(one.stages.get('other')?.assets.map(({ path }) => path)).toEqual(['assets/1/in.csv'])
    expect((await runEmitted(one, {}, 'other')).output).toEqual({ it: 'a,b' })
  })

  test('with files and modules whatever they are called', async () => {
    const one = await emit({
      'program.ts': train(
        "[odd, read(new URL('./d%23%3F.txt', import.meta.url)), read(new URL('./a:b%25.txt?raw#x', import.meta.url)), readdirSync(new URL('./fo%23l?x', import.meta.url)), of, await new Promise((resolve) => new Worker(new URL('./w%23.ts', import.meta.url)).on('message', resolve))]",
        `import { readdirSync, readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { odd } from './sub%23/o%3Fd.ts#part'
import { of } from 'pkg'
const read = (url: URL) => readFileSync(url, 'utf8')
`,
      ),
      'sub#/o?d.ts': "export { odd } from './odd'",
      'sub#/odd.ts': "export const odd = 'odd'",
      'd#?.txt': 'D',
      'a:b%.txt': 'AB',
      'fo#l/c?.txt': 'C',
      'w#.ts': "import { parentPort } from 'node:worker_threads'\nparentPort?.postMessage('worked')",
      'node_modules/pkg/package.json': pkg('pkg', ', "type": "module", "exports": "./i.js"'),
      'node_modules/pkg/i.js': "export { of } from './k%23.js'",
      'node_modules/pkg/k#.js': "export const of = 'package'",
    })
    expect(one.told).toBe('')
    expect((await runEmitted(one)).output).toEqual({ it: ['odd', 'D', 'AB', ['c?.txt'], 'package', 'worked'] })
  })

  test('with a worker, whose modules and files are its own', async () => {
    const one = await emit({
      'program.ts': train(
        "await new Promise((resolve, reject) => new Worker(new URL('./work/w.ts', import.meta.url), { workerData: n }).on('message', resolve).on('error', reject))",
        "import { Worker } from 'node:worker_threads'\n",
      ),
      'work/w.ts': `import { readFileSync } from 'node:fs'
        import { parentPort, workerData } from 'node:worker_threads'
        import { double } from '../double.ts'
        const text = readFileSync(new URL('./w.txt', import.meta.url), 'utf8')
        parentPort?.postMessage([double(workerData), text])`,
      'work/w.txt': 'worked',
      'double.ts': 'export const double = (x: number): number => x * 2\n',
    })
    expect(one.told).toBe('')
    expect(one.stages.get('train')?.assets.map(({ path }) => path)).toEqual(['assets/1/w.mjs', 'assets/2/w.txt'])
    expect((await runEmitted(one, { n: 4 })).output).toEqual({ it: [8, 'worked'] })
  })

  test('with paths, decorators and fields as its tsconfig.json says', async () => {
    const one = await emit({
      'program.ts': train(
        '[twice(n), new Model().names(), Object.keys(new Model())]',
        "import { twice } from '#lib/twice'\nimport { Model } from './model.ts'\n",
      ),
      'tsconfig.json':
        '{ "compilerOptions": { "paths": { "#lib/*": ["./lib/*"] }, "experimentalDecorators": true, "useDefineForClassFields": false } }',
      'lib/twice.ts': 'export const twice = (x: number): number => x * 2\n',
      'model.ts': `const seen: string[] = []
        const field = (_: object, name: string): void => void seen.push(name)
        export class Model { @field a = 1; @field b?: number; names() { return seen } }`,
    })
    expect(one.told).toBe('')
    expect((await runEmitted(one, { n: 4 })).output).toEqual({ it: [8, ['a', 'b'], ['a']] })
  })

  test('in a package that is linked, beside others', async () => {
    const { folder } = program({
      'program.ts': "export { train } from 'lib'\n",
      'packages/lib/package.json': pkg('lib', ', "type": "module", "exports": "./src/main.ts"'),
      'packages/lib/src/main.ts': train('one', "import { one } from './one.ts'\n"),
      'packages/lib/src/one.ts': 'export const one = 1\n',
      'node_modules/.keep': '',
    })
    symlinkSync(join(folder, 'packages/lib'), join(folder, 'node_modules/lib'))
    const one = await emitFrom(folder, ['train@packages/lib/src/main.ts'])
    expect((await runEmitted(one)).output).toEqual({ it: 1 })
  })
})

describe('an emitted stage leaves out', () => {
  test('its siblings, the pipeline, the command line, and what only they need', async () => {
    const one = await emit({
      'program.ts': `import { main, map, pipeline, when } from 'millrace'
${train('n')}
import { heavy } from 'heavy'
const { weights } = { weights: ['weights of a sibling'].map((it) => it.trim()) }
class Sibling { load() { return heavy() } }
export const other = stage('other', {
  input: z.object({ sibling: z.string() }),
  output: z.object({}),
  run: () => ({ it: [weights, Sibling] }),
})
export const demo = pipeline('demo', { input: z.object({}), build: () => map([1], (n) => when(true, () => train({ n }))) })
main(import.meta, demo)
`,
      'node_modules/heavy/package.json': pkg('heavy', ', "type": "module", "exports": "./a.js"'),
      'node_modules/heavy/a.js': "globalThis.effectOfHeavy = 1\nexport const heavy = () => 'heavy'\n",
    })
    expect(one.told).toBe('')
    const code = one.stages.get('train')?.code ?? ''
    for (const word of ['eavy', 'weights', 'ibling', 'demo', 'rolldown', 'commander', 'concurrency'])
      expect([word, code.includes(word)]).toEqual([word, false])
    expect(code.match(/^import .*/gm)).toEqual(['import { fileURLToPath } from "node:url";'])
    expect((await runEmitted(one)).output).toEqual({ it: 1 })
  })

  test('nothing that its modules do when they load', async () => {
    const one = await emit({
      'program.ts': train(
        'globalThis.effects',
        `import './effect.ts'
        import 'effect'
        import { unused } from './passing.ts'
        import { push } from 'push'
        const pushed = push('called')
        const awaited = await Promise.resolve(push('awaited'))
        class Registered { static { push(this.name) } }\n`,
      ),
      'effect.ts': "globalThis.effects = ['local']\n",
      'passing.ts': "globalThis.effects.push('passing')\nexport const unused = 1\n",
      'tsconfig.json': '{ "compilerOptions": { "verbatimModuleSyntax": true } }',
      'node_modules/effect/package.json': pkg('effect', ', "type": "module", "exports": "./a.js"'),
      'node_modules/effect/a.js': "globalThis.effects.push('package')\n",
      'node_modules/push/package.json': pkg('push', ', "type": "module", "exports": "./a.js"'),
      'node_modules/push/a.js': 'export const push = (it) => globalThis.effects.push(it)\n',
    })
    expect((await runEmitted(one)).output).toEqual({
      it: ['local', 'package', 'passing', 'called', 'awaited', 'Registered'],
    })
  })
})
