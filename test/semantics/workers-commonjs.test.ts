import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'

const pkg = (name: string, more: string) => `{ "name": "${name}", "version": "1.0.0", ${more} }`

/** Packages that mean something else to who imports them and to who requires them. */
const packages = {
  'node_modules/dual/package.json': pkg('dual', '"exports": { "import": "./a.mjs", "require": "./a.cjs" }'),
  'node_modules/dual/a.mjs': "export const kind = 'imported'",
  'node_modules/dual/a.cjs': "exports.kind = 'required'",
  'node_modules/interop/package.json': pkg('interop', '"main": "./a.js"'),
  'node_modules/interop/a.js':
    "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = () => 'default'; exports.more = 'more'",
  'node_modules/plain/package.json': pkg('plain', '"main": "./a.js"'),
  'node_modules/plain/a.js': "module.exports = Object.assign(() => 'called', { more: 'too' })",
}

const text = `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
import { kind } from 'dual'
import f, { more } from 'interop'
import plain, * as all from 'plain'
import data from './data.json'
const run = async () => ({
  inWorker: Symbol.for('millrace.require') in globalThis,
  it: [
    kind, typeof f === 'function' ? (f as any)() : Object.keys(f), more, plain(), all.more ?? null, (await import('dual')).kind,
    Object.keys(data), (data as any).admin ?? null,
  ],
})
const output = z.object({ inWorker: z.boolean(), it: z.json() })
export const one = stage('one', { input: z.object({}), output, run })
export const own = stage('own', { input: z.object({}), output, isolate: 'process', run })
export const it = pipeline('it', { input: z.object({}), build: () => one({}) })
export const apart = pipeline('apart', { input: z.object({}), build: () => own({}) })
main(import.meta, it, apart)
`

const files = {
  ...packages,
  'program.ts': text,
  'data.json': '{ "__proto__": { "admin": true }, "a-b": 1 }',
}

const sloppy = {
  'program.ts': text
    .replace('import data', "import { sloppy } from './sloppy.cjs'\nimport data")
    .replace('it: [', 'it: [sloppy(), '),
  'sloppy.cjs': `const frozen = Object.freeze({ n: 1 })
exports.sloppy = () => { try { frozen.n = 2; undeclared = 1; return 'sloppy' } catch { return 'strict' } }`,
}

describe('a stage means the same in a worker as in this process and in one of its own', () => {
  for (const [what, type] of [
    ['CommonJS', '"type": "commonjs"'],
    ['without a type', '"private": true'],
    ['ES modules', '"type": "module"'],
  ] as const)
    for (const [beside, more] of [
      ['', {}],
      [', beside CommonJS of its own', sloppy],
    ] as const)
      test(`in a package that is ${what}${beside}`, async () => {
        const { run } = program({ ...files, ...more, 'package.json': `{ "name": "p", ${type} }` })
        const output = async (...words: string[]) => {
          const { code, stdout, stderr } = await run(['--fresh', ...words], { env: { MILLRACE_LIGHT: '0' } })
          expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')])
          return JSON.parse(stdout) as { readonly inWorker: boolean; readonly it: readonly unknown[] }
        }
        const there = await output('--pipeline', 'it')
        // what is CommonJS itself can't be bundled as it is
        expect(there.inWorker).toBe(beside === '')
        const here = await output('--pipeline', 'it', '--in-process')
        expect(there.it).toEqual(here.it)
        expect(there.it).toEqual((await output('--pipeline', 'apart')).it)
        expect(there.it.slice(-2)).toEqual([['__proto__', 'a-b'], null])
      })
})
