import { describe, expect, test } from 'vitest'
import { digestUnrun as digest, type Files } from './program.ts'

const head = "import { stage } from 'millrace'\nimport { z } from 'zod'\n"
const registry = `export const registry = new Map<string, number>()
export function register(name: string, v: number) { registry.set(name, v); return v }
`
const main = (run: string, more = ''): string =>
  `${head}${more}\nexport const train = stage('t', { run: () => ${run} })`
const registered = (adam: string, more: Files = {}): Files => ({
  'main.ts': main("registry.get('adam')", "import { registry } from './registry.ts'\nimport './adam.ts'"),
  'registry.ts': registry,
  'adam.ts': `import { register } from './registry.ts'\n${adam}\n`,
  ...more,
})
const noEffects: Files = { 'package.json': '{ "name": "program", "type": "module", "sideEffects": false }' }
const imported = (run: string, names: string, parts: string): Files => ({
  'main.ts': main(run, `import { ${names} } from './parts.ts'`),
  'parts.ts': parts,
})

describe('what a module does while it loads counts', () => {
  const cases: Record<string, readonly [Files, Files]> = {
    'in a call that makes a constant': [
      registered("export const adam = register('adam', 1)"),
      registered("export const adam = register('adam', 2)"),
    ],
    'in a call that its author calls pure': [
      registered("/* @__PURE__ */ register('adam', 1)\nconst adam = /* #__PURE__ */ register('eve', 1)"),
      registered("/* @__PURE__ */ register('adam', 2)\nconst adam = /* #__PURE__ */ register('eve', 1)"),
    ],
    'in a module whose package is said to have no effects, behind a barrel': [
      { ...registered("export * from './reg.ts'", noEffects), 'reg.ts': 'globalThis.adam = 1\nexport const a = 1' },
      { ...registered("export * from './reg.ts'", noEffects), 'reg.ts': 'globalThis.adam = 2\nexport const a = 1' },
    ],
    'in a static block': [
      registered("export class Adam { static { register('adam', 1) } }"),
      registered("export class Adam { static { register('adam', 2) } }"),
    ],
    'in a static field': [
      registered("export class Adam { static id = register('adam', 1) }"),
      registered("export class Adam { static id = register('adam', 2) }"),
    ],
    'in a class that is an expression': [
      registered("export const Adam = class { static id = register('adam', 1) }"),
      registered("export const Adam = class { static id = register('adam', 2) }"),
    ],
    'in the base of a class': [
      registered("const base = (v: number) => (register('adam', v), Object)\nexport class Adam extends base(1) {}"),
      registered("const base = (v: number) => (register('adam', v), Object)\nexport class Adam extends base(2) {}"),
    ],
    'in a decorator': [
      registered(
        "const named = (v: number) => (_: unknown) => { register('adam', v) }\n@named(1)\nexport class Adam {}",
      ),
      registered(
        "const named = (v: number) => (_: unknown) => { register('adam', v) }\n@named(2)\nexport class Adam {}",
      ),
    ],
    'in an enum': [
      registered("export enum Adam { id = register('adam', 1) }"),
      registered("export enum Adam { id = register('adam', 2) }"),
    ],
    'in a constructor': [
      registered("class Adam { id = register('adam', 1) }\nexport const adam = new Adam()"),
      registered("class Adam { id = register('adam', 2) }\nexport const adam = new Adam()"),
    ],
    'in a function that a list calls': [
      registered("const names = ['adam'].map((name) => register(name, 1))"),
      registered("const names = ['adam'].map((name) => register(name, 2))"),
    ],
    'in a template': [
      registered("const text = `x${register('adam', 1)}`"),
      registered("const text = `x${register('adam', 2)}`"),
    ],
    'in a default of a pattern': [
      registered("const { a = register('adam', 1) }: any = {}"),
      registered("const { a = register('adam', 2) }: any = {}"),
    ],
    'in a default export': [
      { 'main.ts': main('globalThis.k', "import './k.ts'"), 'k.ts': 'export default (globalThis.k = 1)' },
      { 'main.ts': main('globalThis.k', "import './k.ts'"), 'k.ts': 'export default (globalThis.k = 2)' },
    ],
    'through names of another module': [
      registered("import * as all from './all.ts'\nexport const adam = all.enter('adam', 1)", {
        'all.ts': "export { register as enter } from './registry.ts'",
      }),
      registered("import * as all from './all.ts'\nexport const adam = all.enter('adam', 2)", {
        'all.ts': "export { register as enter } from './registry.ts'",
      }),
    ],
    'in a package': [
      registered("import { put } from 'dep'\nexport const adam = put(1)", {
        'node_modules/dep/package.json': '{ "name": "dep", "version": "1.0.0", "type": "module", "exports": "./a.js" }',
        'node_modules/dep/a.js': 'export const put = (v) => v',
      }),
      registered("import { put } from 'dep'\nexport const adam = put(2)", {
        'node_modules/dep/package.json': '{ "name": "dep", "version": "1.0.0", "type": "module", "exports": "./a.js" }',
        'node_modules/dep/a.js': 'export const put = (v) => v',
      }),
    ],
    'to an object that it exports': [
      imported('m.layers', 'm', model("const l1 = m.add('a')")),
      imported('m.layers', 'm', model("const l1 = m.add('a')\nconst l2 = m.add('b')")),
    ],
    'to an object, by a method that lists have too': [
      imported('m.layers', 'm', model("const l1 = m.map('a')")),
      imported('m.layers', 'm', model("const l1 = m.map('b')")),
    ],
    'to an instance': [
      imported('m.layers', 'm', `${instance}const l1 = m.concat('a')`),
      imported('m.layers', 'm', `${instance}const l1 = m.concat('b')`),
    ],
    'to a counter': [
      imported('b', 'b', 'let n = 0\nconst next = () => ++n\nexport const a = next()\nexport const b = next()\n'),
      imported('b', 'b', 'let n = 0\nconst next = () => ++n\nexport const b = next()\n'),
    ],
    'to a generator': [
      imported(
        'b',
        'b',
        'function* ids() { yield 1; yield 2 }\nconst all = ids()\nconst [a] = all\nexport const [b] = all',
      ),
      imported('b', 'b', 'function* ids() { yield 1; yield 2 }\nconst all = ids()\nexport const [b] = all'),
    ],
    'to a list': [
      imported('list', 'list', 'export const list: number[] = []\nconst n = list.push(1)'),
      imported('list', 'list', 'export const list: number[] = []\nconst n = list.push(2)'),
    ],
    'to a list, by sorting it': [
      imported('list', 'list', 'export const list = [2, 1]\nconst sorted = list.sort()'),
      imported('list', 'list', 'export const list = [2, 1]\nconst sorted = 1'),
    ],
    'after a while': [
      imported(
        'state.v',
        'state',
        'export const state = { v: 0 }\nconst _ready = await Promise.resolve().then(() => { state.v = 1 })',
      ),
      imported(
        'state.v',
        'state',
        'export const state = { v: 0 }\nconst _ready = await Promise.resolve().then(() => { state.v = 2 })',
      ),
    ],
    'to what all have': [
      imported('[].foo()', '', 'const done = ((Array.prototype as any).foo = () => 1)'),
      imported('[].foo()', '', 'const done = ((Array.prototype as any).foo = () => 2)'),
    ],
    'in a getter': [imported('state.v', 'state', `${getter}state.go`), imported('state.v', 'state', getter)],
    'in a getter, for a constant': [
      imported('state.v', 'state', `${getter}const { go } = state`),
      imported('state.v', 'state', getter),
    ],
    'in a setter': [
      imported('state.v', 'state', `${setter}const a = new A(1)`),
      imported('state.v', 'state', `${setter}const a = new A(2)`),
    ],
    'in what it imports by a call': [
      imported('globalThis.k', '', "const late = await import('./late.ts')\nexport default late.x + 1"),
      imported('globalThis.k', '', 'export default 1'),
    ],
    'by changing zod': [
      imported('z.string()', '', "import { z } from 'zod'\nconst said = z.config(z.locales.de())"),
      imported('z.string()', '', "import { z } from 'zod'\nconst said = z.config(z.locales.fr())"),
    ],
  }
  for (const [name, [before, after]] of Object.entries(cases))
    test(name, async () => {
      const late = { 'late.ts': 'globalThis.k = 1\nexport const x = 1' }
      expect(await digest({ ...late, ...after })).not.toBe(await digest({ ...late, ...before }))
    })
})

function model(more: string): string {
  const push = '(l: any) { this.layers.push(l); return this }'
  return `export const m: any = { layers: [], add${push}, map${push} }\n${more}\n`
}
const instance = `class Model { layers: string[] = []; concat(l: string) { this.layers.push(l); return this } }
export const m = new Model()\n`
const getter = 'export const state = { v: 0, get go() { this.v = 1; return 1 } }\n'
const setter = `export const state = { v: 0 }\nclass A { constructor(v: number) { this.v = v } set v(v: number) { state.v = v } }\n`

describe('siblings that only make something leave no trace', () => {
  const cases: Record<string, readonly [from: string, to: string]> = {
    'a schema': ['export const N = z.object({ n: z.number() })', 'export const N = z.object({ n: z.string() })'],
    'a schema made of another one': [
      "import { Base } from './parts.ts'\nexport const N = Base.extend({ n: z.number() }).partial()",
      "import { Base } from './parts.ts'\nexport const N = Base.omit({ a: true }).extend({ n: z.array(Base) })",
    ],
    'a stage': [
      "export const other = stage('o', { input: z.object({}), run: () => 1 })",
      "export const other = stage('o', { input: z.object({}), run: () => 2 })",
    ],
    'a stage of a factory': [
      "const make = (n: number, names: string[]) => stage('o', { input: z.object(Object.fromEntries(names.map((name) => [name, z.number()]))), run: () => n })\nexport const other = make(1, ['a'])",
      "const make = (n: number, names: string[]) => stage('o', { input: z.object(Object.fromEntries(names.map((name) => [name, z.number()]))), run: () => n })\nexport const other = make(2, ['b'])",
    ],
    'a stage of a factory in another module': [
      "import { make } from './index.ts'\nexport const other = make(1)",
      "import { make } from './index.ts'\nexport const other = make(2)",
    ],
    'a stage of a factory that a module exports by default': [
      "import make from './default.ts'\nexport const other = make({ n: 1 })",
      "import make from './default.ts'\nexport const other = make({ n: 2 })",
    ],
    'many stages': [
      "export const all = Object.fromEntries([1, 2].map((n) => [n, stage('o', { run: () => n })]))",
      "export const all = Object.fromEntries([1, 3].map((n) => [n, stage('o', { run: () => n })]))",
    ],
    'a Map': ["const m = new Map([['a', 1]])", "const m = new Map([['a', 2]])"],
    'a list of another one': [
      'const l = [1, 2]\nconst m = [...l, 3].map((x) => x * 2).filter(Boolean).sort((a, b) => a - b)',
      'const l = [1, 2]\nconst m = [...l, 4].map((x) => x * 2).filter(Boolean).sort((a, b) => b - a)',
    ],
    'a helper that fills what it makes': [
      'function table(n: number) { const out: Record<string, number> = {}; const seen = new Set<number>(); for (let i = 0; i < n; i++) { out[i] = i; seen.add(i) } return [out, ...seen] }\nconst t = table(3)',
      'function table(n: number) { const out: Record<string, number> = {}; const seen = new Set<number>(); for (let i = 0; i < n; i++) { out[i] = i; seen.add(i) } return [out, ...seen] }\nconst t = table(4)',
    ],
    'an instance': [
      "import { Sum } from './parts.ts'\nclass More extends Sum { more = [1] }\nconst s = new More(1)",
      "import { Sum } from './parts.ts'\nclass More extends Sum { more = [1] }\nconst s = new More(2)",
    ],
    'an error class': [
      'class Bad extends Error { static code = Number(1) }',
      'class Bad extends Error { static code = Number(2) }',
    ],
    'text of a file': [
      "import { readFileSync } from 'node:fs'\nconst text = readFileSync(new URL('./a.txt', import.meta.url), 'utf8').trim().split('\\n')",
      "import { readFileSync } from 'node:fs'\nconst text = readFileSync(new URL('./a.txt', import.meta.url), 'utf8').split(',')",
    ],
    'a variable': [
      "const at = process.env.DATA?.split(',') ?? ['a']",
      "const at = process.env.DATA?.split(';') ?? ['b']",
    ],
    data: [
      "import data from './data.json' with { type: 'json' }\nconst names = data.names.map((name) => name.length)",
      "import data from './data.json' with { type: 'json' }\nconst names = data.names.filter((name) => name.length)",
    ],
    'a hash': [
      "import { createHash } from 'node:crypto'\nconst h = createHash('sha256').update('a').digest('hex')",
      "import { createHash } from 'node:crypto'\nconst h = createHash('sha256').update('b').digest('hex')",
    ],
  }
  const parts: Files = {
    'parts.ts': `${head}export const Base = z.object({ a: z.string() })
export class Sum { total: number; constructor(start: number) { this.total = start; this.reset(start) } reset(to: number) { this.total = to } }
export const make = (n: number) => define(() => n)
const define = (run: () => number) => { const options = { input: Base, run }; return stage('o', options) }
`,
    'index.ts': "export * from './parts.ts'",
    'default.ts': `${head}export default ({ n }: { n: number }) => stage('o', { run: () => n })`,
    'a.txt': 'a',
    'data.json': '{ "names": ["a"] }',
  }
  for (const [name, [from, to]] of Object.entries(cases))
    test(name, async () => {
      const one = await digest({ ...parts, 'main.ts': main('1', from) })
      expect(await digest({ ...parts, 'main.ts': main('1', to) })).toBe(one)
      expect(await digest({ ...parts, 'main.ts': main('1') })).toBe(one)
    })
})
