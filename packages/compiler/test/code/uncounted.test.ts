import { formatDiagnostic } from '@millrace/ir'
import { describe, expect, test } from 'vitest'
import { indexCode } from '../../src/code/digest/code-index.ts'
import { digestUnrun, type Files, lookAt, write } from './program.ts'

const stage = (run: string, imports = ''): string =>
  `import { stage } from 'millrace'\n${imports}\nexport const train = stage('t', { run: () => ${run} })`
const worker = "import { Worker } from 'node:worker_threads'"
const paths = "import { fork } from 'node:child_process'\nimport { fileURLToPath } from 'node:url'"

describe('what a file imports that may be run by its path counts', () => {
  const cases: Record<string, readonly [run: string, imports: string]> = {
    'in a worker': ["new Worker(new URL('./w.ts', import.meta.url))", worker],
    'in a worker whose URL has a name': [
      "{ const at = new URL('./w.ts', import.meta.url); return new Worker(at) }",
      worker,
    ],
    'in a worker that gets a path': [
      "new Worker(fileURLToPath(new URL('./w.ts', import.meta.url)))",
      `${worker}\n${paths}`,
    ],
    'in a worker under another name': [
      "new W(new URL('./w.ts', import.meta.url))",
      "import { Worker as W } from 'node:worker_threads'",
    ],
    'in a worker of a namespace': [
      "new wt.Worker(new URL('./w.ts', import.meta.url))",
      "import * as wt from 'node:worker_threads'",
    ],
    'in a process': ["fork(fileURLToPath(new URL('./w.ts', import.meta.url)))", paths],
    'in a process, from a constant of the top level': [
      'fork(at)',
      `${paths}\nconst at = fileURLToPath(new URL('./w.ts', import.meta.url))`,
    ],
  }
  for (const [name, [run, imports]] of Object.entries(cases))
    test(name, async () => {
      const at = (v: number): Files => ({
        'main.ts': stage(run, imports),
        'w.ts': "import { v } from './v.ts'\nconsole.log(v)",
        'v.ts': `export const v = ${v}\nexport const unused = ${v}`,
      })
      expect(await digestUnrun(at(1))).toBe(await digestUnrun(at(1)))
      expect(await digestUnrun(at(2))).not.toBe(await digestUnrun(at(1)))
    })

  test('and it may be no code at all, or broken', async () => {
    const at = (text: string): Files => ({
      'main.ts': stage("new URL('./template.js', import.meta.url)"),
      'template.js': text,
    })
    const broken = await digestUnrun(at('const {{ name }} = 1'))
    expect(await digestUnrun(at('const {{ other }} = 1'))).not.toBe(broken)
    expect(await digestUnrun(at("import './nowhere.js'"))).not.toBe(broken)
    const { stages, diagnostics } = await lookAt(write({ 'main.ts': stage("new URL('./gone.js', import.meta.url)") }))
    expect(stages.size).toBe(0)
    expect(diagnostics.map(({ code }) => code)).toEqual(['missing-file'])
  })
})

describe('a place that no digest can follow is a notice', () => {
  const sites = async (files: Files): Promise<(string | undefined)[]> => {
    const { diagnostics } = await lookAt(write({ 'g.cjs': 'module.exports = 1', 'config.json': '{}', ...files }))
    expect(diagnostics.every(({ code }) => code === 'uncounted-file')).toBe(true)
    return diagnostics.map(({ message }) => / by (.*), which/.exec(message)?.[1])
  }
  const required = (text: string): Files => ({ 'main.ts': stage('f', "import f from './f.cjs'"), 'f.cjs': text })
  const cases: Record<string, readonly [Files, readonly string[]]> = {
    'require under another name': [required("const r = require\nmodule.exports = () => r('./g.cjs')"), ['require']],
    'require passed on': [required('module.exports = () => load(require)'), ['require']],
    'require of a module': [
      required("const r = module.require.bind(module)\nmodule.exports = () => r('./g.cjs')"),
      ['module', 'module'],
    ],
    'a path that require finds': [required("module.exports = require.resolve('./g.cjs')"), ['require']],
    'a worker by a path': [{ 'main.ts': stage("new Worker('./w.js')", worker) }, ["new Worker('./w.js')"]],
    'a process by a path': [{ 'main.ts': stage("fork('./w.js')", paths) }, ["fork('./w.js')"]],
    'a file that a stage reads while it runs': [
      {
        'main.ts': stage(
          "[readFileSync('./config.json'), load()]",
          "import { readFileSync } from 'node:fs'\nimport { load } from './load.ts'",
        ),
        'load.ts': `import * as fs from 'node:fs'
import { join, resolve } from 'node:path'
const { readFile } = fs.promises
const folder = 'data'
export const load = () => [fs.createReadStream('/srv/a.csv'), readFile(join(folder, 'b.csv')), fs.readdirSync(\`\${folder}/c\`),
  fs.existsSync(resolve(process.cwd(), 'd')), fs.openSync('e'), fs.promises.stat('f'), fs.copyFileSync('g', 'h')]`,
      },
      [
        "createReadStream('/srv/a.csv')",
        "readFile('data/b.csv')",
        "readdirSync('data/c')",
        "existsSync('d')",
        "openSync('e')",
        "stat('f')",
        "copyFileSync('g')",
        "readFileSync('./config.json')",
      ],
    ],
    'a file that is read while a module loads': [
      {
        'main.ts': stage(
          '[a, b, c, d]',
          `import fs, { readFileSync as read } from 'node:fs'
import { readFile } from 'fs/promises'
const a = JSON.parse(read('config.json', 'utf8'))
const b = await readFile('./config.json')
const c = fs.createReadStream('config.json')
const d = await fs.promises.readFile('config.json')`,
        ),
      },
      [
        "readFileSync('config.json')",
        "readFile('./config.json')",
        "createReadStream('config.json')",
        "readFile('config.json')",
      ],
    ],
  }
  for (const [name, [files, expected]] of Object.entries(cases))
    test(name, async () => expect(await sites(files)).toEqual(expected))

  const none: Record<string, Files> = {
    'what CommonJS needs': required(
      "const g = require('./g.cjs')\nif (require.main === module) g()\nif (typeof require === 'function' && typeof module === 'object') exports.g = g\nmodule.exports.g = g",
    ),
    'names of its own': { 'main.ts': stage('((require, module) => [require, module])(1, 2)') },
    'a file whose bytes count': {
      'main.ts': stage(
        'a',
        "import { readFileSync } from 'node:fs'\nconst a = readFileSync(new URL('./config.json', import.meta.url))",
      ),
    },
    'a file that a stage makes': {
      'main.ts': stage(
        "[writeFileSync('./out/a.txt', ''), readFileSync('out/a.txt'), readdirSync('out'), openSync('b.txt', 'w'), statSync('b.txt'), copyFileSync(c, 'd'), existsSync('d')]",
        "import { copyFileSync, existsSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'\nconst c = ''",
      ),
    },
    'a file that it waits for': {
      'main.ts': stage(
        "{ while (!existsSync('go')); for (; statSync('stop') && true; ); }",
        "import { existsSync, statSync } from 'node:fs'",
      ),
    },
    'a file of the machine': {
      'main.ts': stage("readFileSync('/proc/meminfo')", "import { readFileSync } from 'node:fs'"),
    },
    'a path that it is given': {
      'main.ts': stage('readFileSync(it.path)', "import { readFileSync } from 'node:fs'\nconst it = { path: '' }"),
    },
    'a file that a sibling reads': {
      'main.ts': stage('1', "import { readFileSync } from 'node:fs'\nconst a = readFileSync('config.json')"),
    },
  }
  for (const [name, files] of Object.entries(none))
    test(`${name}: none`, async () => expect(await sites(files)).toEqual([]))
})

describe('a variable that a stage reads while it runs is a notice', () => {
  const reads = async (files: Files, env: readonly string[] = []): Promise<(string | undefined)[]> => {
    const root = write(files)
    const stage = {}
    const { diagnostics } = await indexCode({
      entry: `${root}/main.ts`,
      stages: [{ key: 'train', stage, env }],
      importModule: async (url) => (url.endsWith('main.ts') ? { train: stage } : {}),
    })
    expect(
      diagnostics.every(({ code, severity }) => code === 'environment-at-top-level' && severity === 'notice'),
    ).toBe(true)
    return diagnostics.map(({ message, at }) => `${/ reads (.*), whose/.exec(message)?.[1]} ${at.line}:${at.column}`)
  }
  const cases: Record<string, readonly [run: string, before: string, expected: readonly string[]]> = {
    'by its name': ['process.env.MODE', '', ['process.env.MODE 3:46']],
    'in brackets': ["process.env['MODE']", '', ['process.env.MODE 3:46']],
    'of the global object': ['globalThis.process?.env.MODE', '', ['process.env.MODE 3:46']],
    'by a name that is made': ['process.env[String(1)]', '', ['process.env 3:46']],
    'taken apart': [
      '{ const { A, B: b = "1" } = process.env; return [A, b] }',
      '',
      ['process.env.A 3:74', 'process.env.B 3:74'],
    ],
    'by another name': [
      '{ const env = process.env; return env.A ?? env.B }',
      '',
      ['process.env.A 3:80', 'process.env.B 3:89'],
    ],
    'by import': ['env.MODE', "import { env } from 'node:process'", ['process.env.MODE 3:46']],
    'of what process is taken apart into': [
      '{ const { env } = process; return env.MODE }',
      '',
      ['process.env.MODE 3:80'],
    ],
    'whether it is there': ["'MODE' in process.env", '', ['process.env.MODE 3:56']],
    'all of them': ['Object.keys(process.env)', '', ['process.env 3:58']],
    'in what it calls': ['mode()', 'const mode = () => process.env.MODE', ['process.env.MODE 2:20']],
    'more than once': [
      '[process.env.MODE, process.env.MODE, mode()]',
      'const mode = () => process.env.MODE',
      ['process.env.MODE 2:20'],
    ],
  }
  for (const [name, [run, before, expected]] of Object.entries(cases))
    test(name, async () => expect(await reads({ 'main.ts': stage(run, before) })).toEqual(expected))

  test('which is not what it declares, what is ours, what it sets, what a child gets, and what a sibling reads', async () => {
    const files = {
      'main.ts': stage(
        "[process.env.MODE, process.env.TMPDIR, process.env.MILLRACE_JOB, (process.env.A = '1'), delete process.env.B, spawn('x', [], { env: { ...process.env, A: '1' } }), spawn('x', [], { env: process.env })]",
        "import { spawn } from 'node:child_process'\nexport const other = () => process.env.OTHER",
      ),
    }
    expect(await reads(files, ['MODE'])).toEqual([])
    expect(await reads(files)).toEqual(['process.env.MODE 4:47'])
  })

  test('with its place and a way out', async () => {
    const { diagnostics } = await lookAt(
      write({ 'main.ts': stage('[process.env.MODE, process.env[key()]]', 'const key = () => "x"') }),
    )
    expect(
      diagnostics
        .map((diagnostic) => formatDiagnostic({ ...diagnostic, at: { ...diagnostic.at, file: 'main.ts' } }))
        .join('\n'),
    ).toBe(`notice[environment-at-top-level]: stage "train" reads process.env.MODE, whose value its key doesn't count: when it changes, old results are still taken, and in a pod it may be missing
  at main.ts:3:47
  fix: Declare it, env: { MODE: inherit() }, and read it from context.env.
notice[environment-at-top-level]: stage "train" reads process.env, whose variables its key doesn't count: when one changes, old results are still taken, and in a pod it may be missing
  at main.ts:3:65
  fix: Declare each in the stage's env with inherit() and read it from context.env.`)
  })
})
