import { describe, expect, test } from 'vitest'
import type { Files } from '../support/files.ts'
import { program } from '../support/program.ts'
import { emitFrom, runEmitted } from './emitting.ts'

const head = "import { main, pipeline, stage } from 'millrace'\nimport { z } from 'zod'\n"

/** A program whose stage `train` gives an expression. */
const train = (it: string, before: string): string => `${head}${before}
export const train = stage('train', { input: z.object({}), output: z.object({ it: z.any() }), run: () => ({ it: ${it} }) })
export const demo = pipeline('demo', { input: z.object({}), build: () => train({}) })
main(import.meta, demo)
`
const pure = '"type": "module", "sideEffects": false'
const pkg = (name: string, more = ''): string => `{ "name": "${name}", "version": "1.0.0", ${pure}${more} }`
const own: Files = { 'package.json': `{ ${pure} }` }

const cases: Record<string, readonly [files: Files, it: unknown]> = {
  'of an own module': [
    { 'program.ts': train('globalThis.own', "import './reg.ts'"), 'reg.ts': 'globalThis.own = 1\n', ...own },
    1,
  ],
  'of an own module that imports another one so': [
    {
      'program.ts': train('globalThis.own', "import './reg.ts'"),
      'reg.ts': "import './deep.ts'\n",
      'deep.ts': 'globalThis.own = 1\n',
      ...own,
    },
    1,
  ],
  'of an own module of which something else is imported, and used or not': [
    {
      'program.ts': train(
        '[globalThis.a, globalThis.b, used]',
        "import { used } from './used.js'\nimport { unused } from './unused.js'",
      ),
      'used.js': 'globalThis.a = 1\nexport const used = 2\n',
      'unused.js': 'globalThis.b = 1\nexport const unused = 2\n',
      'tsconfig.json': '{ "compilerOptions": { "verbatimModuleSyntax": true } }',
      ...own,
    },
    [1, 1, 2],
  ],
  'behind a barrel': [
    {
      'program.ts': train('[globalThis.a, [].last, a]', "import { a } from './lib/index.ts'"),
      'lib/index.ts': "export * from './a.ts'\nexport * from './b.ts'\n",
      'lib/a.ts': 'export const a = 1\n',
      'lib/b.ts': 'globalThis.a = 2\nArray.prototype.last = 3\nexport const b = 1\n',
      ...own,
    },
    [2, 3, 1],
  ],
  'that globs leave out': [
    {
      'program.ts': train('globalThis.own', "import './src/reg.ts'"),
      'src/reg.ts': 'globalThis.own = 1\n',
      'package.json': '{ "type": "module", "sideEffects": ["./other/**", "*.css"] }',
    },
    1,
  ],
  'of a class, a call and a decorator': [
    {
      'program.ts': train('globalThis.seen', "import './a.ts'"),
      'a.ts': `globalThis.seen = []
        const add = (it) => globalThis.seen.push(it)
        class A { static { add('block') } static field = add('field') }
        const made = add('call')
        const decorate = () => (_) => { add('decorator') }
        @decorate() class B {}`,
      'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true } }',
      ...own,
    },
    ['block', 'field', 'call', 'decorator'],
  ],
  'that its author calls pure': [
    {
      'program.ts': train('globalThis.seen', "import './a.ts'"),
      'a.ts': `const seen = globalThis.seen = []
        const add = /* @__NO_SIDE_EFFECTS__ */ (it) => seen.push(it)
        /* @__PURE__ */ add(1)
        const unused = /* #__PURE__ */ seen.push(2)
        /*#__NO_SIDE_EFFECTS__*/ function also() { /*@__PURE__*/ seen.push(3); return 1 }
        also()`,
    },
    [1, 2, 3],
  ],
  'of a package': [
    {
      'program.ts': train('get()', "import { get } from 'set'\nimport 'set/register'"),
      'node_modules/set/package.json': pkg('set', ', "exports": { ".": "./index.js", "./register": "./register.js" }'),
      'node_modules/set/index.js': 'export const get = () => globalThis.registered',
      'node_modules/set/register.js': "import './deep.js'",
      'node_modules/set/deep.js': 'globalThis.registered = 1',
    },
    1,
  ],
  'of a package that another one imports': [
    {
      'program.ts': train('[get(), globalThis.deep]', "import { get } from 'set'"),
      'node_modules/set/package.json': pkg('set', ', "exports": "./index.js"'),
      'node_modules/set/index.js': "import './deep.js'\nimport 'core'\nexport const get = () => globalThis.registered",
      'node_modules/set/deep.js': 'globalThis.deep = 2',
      'node_modules/core/package.json': pkg('core', ', "exports": "./index.js"'),
      'node_modules/core/index.js': 'globalThis.registered = 1',
    },
    [1, 2],
  ],
  'of a module that is loaded for what it exports, too': [
    {
      'program.ts': train('[get(), globalThis.n]', "import { get } from 'set'\nimport 'set/register'"),
      'node_modules/set/package.json': pkg('set', ', "exports": { ".": "./index.js", "./register": "./register.js" }'),
      'node_modules/set/index.js': "export * from './register.js'\nexport const get = () => globalThis.registered",
      'node_modules/set/register.js': "import './deep.js'\nglobalThis.registered = 1\nexport const other = 2",
      'node_modules/set/deep.js': 'globalThis.n = 3',
    },
    [1, 3],
  ],
}

describe('an import for its effect is kept here, in a pod and in the key, whatever `sideEffects` says', () => {
  test.each(Object.entries(cases))('%s', async (_, [files, it]) => {
    const { folder, run } = program(files)
    const here = await run(['--progress', 'quiet'])
    expect(JSON.parse(here.stdout || here.stderr)).toEqual({ it })
    const one = await emitFrom(folder, ['train'])
    expect(one.told).toBe('')
    expect((await runEmitted(one)).output).toEqual({ it })
  })
})
