/** How a stage uses packages, and what it gives: here, and where nothing is installed. */
export interface Case {
  readonly imports: string
  readonly it: string
  readonly gives: unknown
  /** Files under `node_modules`. */
  readonly packages: Readonly<Record<string, string>>
  /** Paths under `node_modules` that are shipped; none for a package that is bundled. */
  readonly shipped: readonly string[]
}

export const pkg = (name: string, more = ''): string => `{ "name": "${name}", "version": "1.0.0"${more} }`
const esm = (name: string, more = ''): string => pkg(name, `, "type": "module", "exports": "./index.js"${more}`)
export const readsIn = "const { readFileSync } = require('fs'), path = require('path')\n"

export const cases: Record<string, Case> = {
  dirname: {
    imports: "import * as a from 'a-dirname'",
    it: 'a.table()',
    gives: 5,
    packages: {
      'a-dirname/package.json': pkg('a-dirname'),
      'a-dirname/index.js': `${readsIn}exports.table = () => JSON.parse(readFileSync(path.join(__dirname, 'data', 't.json'), 'utf8')).n`,
      'a-dirname/data/t.json': '{"n":5}',
      'a-dirname/other.bin': 'not asked for',
    },
    shipped: ['a-dirname/data/t.json', 'a-dirname/index.js', 'a-dirname/package.json'],
  },
  'dirname-unknown': {
    imports: "import a from 'a-unknown'",
    it: "a.read('data/x.txt')",
    gives: 'X',
    packages: {
      'a-unknown/package.json': pkg('a-unknown'),
      'a-unknown/index.js': "exports.read = (name) => require('./lib').read(__dirname, name)",
      'a-unknown/lib.js': `${readsIn}exports.read = (root, name) => readFileSync(path.join(root, name), 'utf8')`,
      'a-unknown/data/x.txt': 'X',
      'a-unknown/run.sh': '#!/bin/sh',
      'a-unknown/LICENSE': 'MIT',
      'a-unknown/README.md': '#',
      'a-unknown/index.d.ts': 'export {}',
      'a-unknown/index.js.map': '{}',
      'a-unknown/test/index.js': "require('mocha')",
      'a-unknown/node_modules/unused/package.json': pkg('unused'),
    },
    shipped: [
      'a-unknown/LICENSE',
      'a-unknown/data/x.txt',
      'a-unknown/index.js',
      'a-unknown/lib.js',
      'a-unknown/package.json',
      'a-unknown/run.sh',
    ],
  },
  'kinds-by-name': {
    imports: "import a from 'a-kinds'",
    it: "a.read('lib.d.ts') + a.read('docs/x.md')",
    gives: 'types#',
    packages: {
      'a-kinds/package.json': pkg('a-kinds'),
      'a-kinds/index.js': `${readsIn}const all = ['.d.ts', '.md'], folder = 'docs/'
        exports.read = (name) => all.map((end) => (name.endsWith(end) ? readFileSync(path.resolve(__dirname, name), 'utf8') : '')).join('')`,
      'a-kinds/lib.d.ts': 'types',
      'a-kinds/docs/x.md': '#',
    },
    shipped: ['a-kinds/docs/x.md', 'a-kinds/index.js', 'a-kinds/lib.d.ts', 'a-kinds/package.json'],
  },
  'create-require': {
    imports: "import { version } from 'a-require'",
    it: 'version()',
    gives: '1.0.0',
    packages: {
      'a-require/package.json': esm('a-require'),
      'a-require/index.js':
        "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\nconst v = require('./package.json').version\nexport const version = () => v",
    },
    shipped: ['a-require/index.js', 'a-require/package.json'],
  },
  'create-require-of-node': {
    imports: "import { sep } from 'a-builtin'",
    it: 'sep',
    gives: '/',
    packages: {
      'a-builtin/package.json': esm('a-builtin'),
      'a-builtin/index.js':
        "import { createRequire } from 'module'\nconst require = createRequire(import.meta.url)\nexport const { sep } = require('path').posix",
    },
    shipped: [],
  },
  'dynamic-require': {
    imports: "import { load } from 'a-lang'",
    it: "load('de')",
    gives: 'hallo welt',
    packages: {
      'a-lang/package.json': pkg('a-lang', ', "dependencies": { "a-world": "1" }'),
      'a-lang/index.js': "exports.load = (l) => require('./lang/' + l + '.js').hi",
      'a-lang/lang/de.js': "exports.hi = 'hallo ' + require('a-world')",
      'a-lang/lang/en.js': "exports.hi = 'hello'",
      'a-lang/other.js': "require('not-there')",
      'a-world/package.json': pkg('a-world', ', "main": "lib/w"'),
      'a-world/lib/w.js': "module.exports = require('./name')",
      'a-world/lib/name.js': "module.exports = 'welt'",
      'a-world/unused.js': '',
    },
    shipped: [
      'a-lang/index.js',
      'a-lang/lang/de.js',
      'a-lang/lang/en.js',
      'a-lang/package.json',
      'a-world/lib/name.js',
      'a-world/lib/w.js',
      'a-world/package.json',
    ],
  },
  'dynamic-import': {
    imports: "import { load } from 'a-late'",
    it: "await load('de')",
    gives: 'hallo',
    packages: {
      'a-late/package.json': esm('a-late'),
      'a-late/index.js': 'export const load = async (l) => (await import(`./lang/${l}.js`)).default',
      'a-late/lang/de.js': "export default 'hallo'",
    },
    shipped: ['a-late/index.js', 'a-late/lang/de.js', 'a-late/package.json'],
  },
  'plugin-by-name': {
    imports: "import { use } from 'a-host'",
    it: "use('plugin')",
    gives: 'plugged',
    packages: {
      'a-host/package.json': pkg('a-host', ', "optionalDependencies": { "a-plugin": "1", "a-absent": "1" }'),
      'a-host/index.js': 'exports.use = (name) => require(`a-${name}`)',
      'a-plugin/package.json': pkg('a-plugin'),
      'a-plugin/index.js': "module.exports = 'plugged'",
    },
    shipped: ['a-host/index.js', 'a-host/package.json', 'a-plugin/index.js', 'a-plugin/package.json'],
  },
  meta: {
    imports: "import { all } from 'a-meta'",
    it: 'all()',
    gives: ['D', 'D', 'D', 'D'],
    packages: {
      'a-meta/package.json': esm('a-meta'),
      'a-meta/index.js': `import { readFileSync } from 'node:fs'
        import { dirname, join } from 'node:path'
        import { fileURLToPath } from 'node:url'
        const here = dirname(fileURLToPath(import.meta.url))
        const read = (path) => readFileSync(path, 'utf8')
        export const all = () => [read(join(here, 'd.txt')), read(join(import.meta.dirname, 'd.txt')),
          read(join(import.meta.filename, '../d.txt')), read(new URL('.', import.meta.url).pathname + 'd.txt')]`,
      'a-meta/d.txt': 'D',
    },
    shipped: ['a-meta/d.txt', 'a-meta/index.js', 'a-meta/package.json'],
  },
  resolved: {
    imports: "import * as a from 'a-resolve'\nimport * as b from 'a-meta-resolve'",
    it: '[a.f(), b.f()]',
    gives: ['D', 'E'],
    packages: {
      'a-resolve/package.json': pkg('a-resolve'),
      'a-resolve/index.js': "exports.f = () => require('fs').readFileSync(require.resolve('./d.txt'), 'utf8')",
      'a-resolve/d.txt': 'D',
      'a-meta-resolve/package.json': esm('a-meta-resolve'),
      'a-meta-resolve/index.js':
        "import { readFileSync } from 'fs'\nexport const f = () => readFileSync(new URL(import.meta.resolve('./e.txt')), 'utf8')",
      'a-meta-resolve/e.txt': 'E',
    },
    shipped: [
      'a-meta-resolve/e.txt',
      'a-meta-resolve/index.js',
      'a-meta-resolve/package.json',
      'a-resolve/d.txt',
      'a-resolve/index.js',
      'a-resolve/package.json',
    ],
  },
  processes: {
    imports: "import * as a from 'a-child'\nimport * as b from 'a-worker'",
    it: '[a.f(), await b.f()]',
    gives: ['child of it', 'worker'],
    packages: {
      'a-child/package.json': pkg('a-child'),
      'a-child/index.js':
        "const { execFileSync } = require('child_process')\nexports.f = () => execFileSync(process.execPath, [require('path').join(__dirname, 'w.js')]).toString()",
      'a-child/w.js': "process.stdout.write('child ' + require('./of'))",
      'a-child/of.js': "module.exports = 'of it'",
      'a-worker/package.json': pkg('a-worker'),
      'a-worker/index.js': `const { Worker } = require('worker_threads')
        exports.f = () => new Promise((ok, no) => { const w = new Worker(require('path').join(__dirname, 'w.js')); w.on('message', ok); w.on('error', no) })`,
      'a-worker/w.js': "require('worker_threads').parentPort.postMessage('worker')",
    },
    shipped: [
      'a-child/index.js',
      'a-child/of.js',
      'a-child/package.json',
      'a-child/w.js',
      'a-worker/index.js',
      'a-worker/package.json',
      'a-worker/w.js',
    ],
  },
  wasm: {
    imports: "import { size } from 'a-wasm'\nimport { sum } from 'b-wasm'",
    it: '[size(), sum]',
    gives: [8, 1],
    packages: {
      'a-wasm/package.json': pkg('a-wasm'),
      'a-wasm/index.js':
        "const wasmPath = `${__dirname}/a_bg.wasm`\nconst bytes = require('fs').readFileSync(wasmPath)\nexports.size = () => bytes.length",
      'a-wasm/a_bg.wasm': 'asm12345',
      'b-wasm/package.json': esm('b-wasm'),
      'b-wasm/index.js':
        "import { readFileSync } from 'fs'\nexport const sum = readFileSync(new URL('./b.wasm', import.meta.url)).length",
      'b-wasm/b.wasm': 'b',
    },
    shipped: ['a-wasm/a_bg.wasm', 'a-wasm/index.js', 'a-wasm/package.json'],
  },
  sloppy: {
    imports: "import a from 'a-sloppy'\nimport { f } from 'a-eval'",
    it: '[a.f(3), f()]',
    gives: [[6, 'object'], 'posix'],
    packages: {
      'a-sloppy/package.json': pkg('a-sloppy'),
      'a-sloppy/index.js': `exports.f = function (n) { for (i = 1, all = 1; i <= n; i++) all *= i
        return [all, typeof (function () { return this })()] }`,
      'a-eval/package.json': pkg('a-eval'),
      'a-eval/index.js': "exports.f = () => 'posix' in eval('require')('path') && 'posix'",
    },
    shipped: ['a-eval/index.js', 'a-eval/package.json', 'a-sloppy/index.js', 'a-sloppy/package.json'],
  },
  'one-instance': {
    imports: "import { make } from 'a-maker'\nimport { Thing, count } from 'a-thing'\nimport { also } from 'a-pure'",
    it: '[make() instanceof Thing, also() instanceof Thing, count()]',
    gives: [true, true, 2],
    packages: {
      'a-maker/package.json': pkg('a-maker', ', "dependencies": { "a-thing": "1" }'),
      'a-maker/index.js': "const { Thing } = require('a-thing')\nexports.make = () => new Thing(__dirname)",
      'a-pure/package.json': esm('a-pure'),
      'a-pure/index.js': "import { Thing } from 'a-thing'\nexport const also = () => new Thing()",
      // a wrapper for modules around the one instance
      'a-thing/package.json': pkg(
        'a-thing',
        ', "exports": { "import": "./w.mjs", "require": "./c.cjs" }, "imports": { "#n": "./n.cjs" }',
      ),
      'a-thing/w.mjs': "import it from './c.cjs'\nexport const { Thing, count } = it",
      'a-thing/c.cjs':
        "let n = 0\nexports.Thing = class { constructor() { n += require('#n') } }\nexports.count = () => n",
      'a-thing/n.cjs': 'module.exports = 1',
    },
    shipped: [
      'a-maker/index.js',
      'a-maker/package.json',
      'a-thing/c.cjs',
      'a-thing/n.cjs',
      'a-thing/package.json',
      'a-thing/w.mjs',
    ],
  },
  versions: {
    imports: "import a from 'a-new'\nimport b from 'a-old'",
    it: '[a, b]',
    gives: ['new 2', 'old 1'],
    packages: {
      'a-new/package.json': pkg('a-new', ', "dependencies": { "a-base": "2" }'),
      'a-new/index.js': "module.exports = 'new ' + require('a-base').v, __dirname",
      'a-base/package.json': pkg('a-base'),
      'a-base/index.js': 'exports.v = 2',
      'a-old/package.json': pkg('a-old', ', "dependencies": { "a-base": "1" }'),
      'a-old/index.js': "module.exports = 'old ' + require('a-base').v, __dirname",
      'a-old/node_modules/a-base/package.json': pkg('a-base'),
      'a-old/node_modules/a-base/index.js': 'exports.v = 1',
    },
    shipped: [
      'a-base/index.js',
      'a-base/package.json',
      'a-new/index.js',
      'a-new/package.json',
      'a-old/index.js',
      'a-old/node_modules/a-base/index.js',
      'a-old/node_modules/a-base/package.json',
      'a-old/package.json',
    ],
  },
  order: {
    imports:
      "import './before.ts'\nimport { seen, late } from 'a-order'\nimport { common } from 'a-order/c.cjs'\nimport './after.ts'",
    it: '[seen, common, late, globalThis.order]',
    gives: ['before', 'before', 'awaited', ['before', 'module', 'common', 'after']],
    packages: {
      'a-order/package.json': pkg(
        'a-order',
        ', "type": "module", "exports": { ".": "./index.js", "./c.cjs": "./c.cjs" }',
      ),
      'a-order/index.js':
        "globalThis.order.push('module')\nexport const seen = globalThis.before\nexport const late = await Promise.resolve('awaited')\nexport const url = import.meta.url",
      'a-order/c.cjs': "globalThis.order.push('common')\nexports.common = globalThis.before\nexports.at = __filename",
    },
    shipped: ['a-order/c.cjs', 'a-order/index.js', 'a-order/package.json'],
  },
  passed: {
    imports: "import ns, { own, deep, common, again } from 'a-pass'\nimport * as all from 'a-pass'",
    it: '[ns(), own, deep, common, again(), Object.keys(all).sort()]',
    gives: ['default', 1, 2, 3, 2, ['again', 'common', 'deep', 'default', 'own']],
    packages: {
      'a-pass/package.json': esm('a-pass'),
      'a-pass/index.js':
        "export * from './deep.js'\nexport { common } from './c.cjs'\nexport const own = 1\nexport default () => import.meta.url && 'default'",
      'a-pass/deep.js':
        "import { deep } from './deep2.js'\nexport * from './deep2.js'\nexport const again = () => deep",
      'a-pass/deep2.js': 'export let deep = 2',
      'a-pass/c.cjs': 'exports.common = 3',
    },
    shipped: ['a-pass/c.cjs', 'a-pass/deep.js', 'a-pass/deep2.js', 'a-pass/index.js', 'a-pass/package.json'],
  },
  loaded: {
    imports: "import a from 'a-tries'\nimport b from 'a-main'",
    it: '[a, b, (await import("a-tries")).default, typeof (await import("./own.cjs")).default]',
    gives: ['none', 'imported', 'none', 'string'],
    packages: {
      'a-tries/package.json': pkg('a-tries'),
      'a-tries/index.js':
        "let it = 'none'\ntry { it = require('a-not-there') } catch {}\ntry { it = require('./build/x.node') } catch {}\nmodule.exports = it, __dirname",
      'a-main/package.json': pkg('a-main'),
      'a-main/index.js':
        "module.exports = require.main === module ? 'run' : module.parent === null ? 'run' : 'imported'",
    },
    shipped: ['a-main/index.js', 'a-main/package.json', 'a-tries/index.js', 'a-tries/package.json'],
  },
  bundled: {
    imports: "import a from 'b-umd'\nimport { Color } from 'b-shapes'\nimport c from 'b-circle'",
    it: '[a(), new Color().name, c.b.a.done, c.b.late]',
    gives: ['umd', 'red', true, 1],
    packages: {
      'b-umd/package.json': pkg('b-umd'),
      'b-umd/index.js': `(function (root, factory) { if (typeof define === 'function' && define.amd) define([], factory)
        else if (typeof module === 'object' && module.exports) module.exports = factory()
        else root.umd = factory() })(typeof self !== 'undefined' ? self : this, function () { return function () { return 'umd' } })`,
      'b-shapes/package.json': pkg('b-shapes'),
      'b-shapes/index.js':
        "const color_1 = require('./color')\nObject.defineProperty(exports, 'Color', { enumerable: true, get: function () { return color_1.Color } })",
      'b-shapes/color.js':
        "function Color() { if (!(this instanceof Color)) return new Color(); this.name = 'red' }\nexports.Color = Color",
      'b-circle/package.json': pkg('b-circle'),
      'b-circle/index.js': "exports.done = false\nexports.b = require('./b')\nexports.done = true",
      'b-circle/b.js': "exports.a = require('./index')\nexports.late = exports.a.done ? 0 : 1",
    },
    shipped: [],
  },
}
