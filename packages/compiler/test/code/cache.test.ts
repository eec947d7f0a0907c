import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseChecksummed, withChecksum } from '@millrace/ir'
import { describe, expect, test } from 'vitest'
import { change, type Files, index, lookAt, newFolder, write } from './program.ts'

const files: Files = {
  'main.ts': `import { stage } from 'millrace'
import { helper } from './helper.ts'
import { dep } from 'dep'
import { lib } from 'lib'
import config from './config.json' with { type: 'json' }
export const train = stage('train', {
  run: async () => [helper, dep, lib, config, new URL('./a.txt', import.meta.url), new URL('./folder', import.meta.url), await import('./src/late.ts')],
})
export const other = stage('other', { run: () => new URL('./big.csv', import.meta.url) })
`,
  'helper.ts': 'export const helper = process.env.HELP',
  'src/late.ts': 'export const late = 1',
  'config.json': '{}',
  'a.txt': 'a',
  'big.csv': '1',
  'folder/b.txt': 'b',
  'tsconfig.json': '{ "extends": "./base.json" }',
  'base.json': '{}',
  'node_modules/dep/package.json':
    '{ "name": "dep", "version": "1.0.0", "type": "module", "exports": "./a.js", "dependencies": { "sub": "*" } }',
  'node_modules/dep/a.js': 'export const dep = 1',
  'node_modules/sub/package.json': '{ "name": "sub", "version": "1.0.0" }',
  'lib/package.json': '{ "name": "lib", "version": "1.0.0", "type": "module", "exports": "./a.js" }',
  'lib/a.js': 'export const lib = 1',
}
const from = (specifier: string): string =>
  `import { stage } from 'millrace'\nimport { f } from '${specifier}'\nexport const train = stage('t', { run: () => f() })`
const h = (n: number): string => `export const f = () => ${n}`
const paths = (to: string): string => `{"compilerOptions":{"paths":{"@/*":[${to}]}},"include":["**/*.ts"]}`
const dep: Files = {
  'node_modules/dep/package.json': '{ "name": "dep", "version": "1.0.0", "type": "module", "exports": "./a.js" }',
  'node_modules/dep/a.js': h(1),
}

/** Writes files, and links for `->target`. */
function place(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    rmSync(join(root, path), { recursive: true, force: true })
    if (text.startsWith('->')) symlinkSync(text.slice(2), join(root, path))
    else change(root, { [path]: text })
  }
}

const stale = `sha256:${'0'.repeat(64)}`

function program(): { root: string; cache: string; poison(): void } {
  const root = write(files)
  symlinkSync('../lib', join(root, 'node_modules/lib'))
  const cache = join(newFolder(), 'deep/cache')
  /** Makes a use of the cache visible. */
  const poison = (): void => {
    for (const name of readdirSync(cache)) {
      const kept = JSON.stringify(parseChecksummed(readFileSync(join(cache, name), 'utf8')))
      const other: unknown = JSON.parse(kept.replace(/"code":"sha256:\w+"/g, `"code":"${stale}"`))
      writeFileSync(join(cache, name), withChecksum(other))
    }
  }
  return { root, cache, poison }
}

test('a result is kept, and used as long as nothing changes', async () => {
  const { root, cache, poison } = program()
  const cold = await index(root, ['train'], { cache })
  expect(readdirSync(cache)).toEqual([expect.stringMatching(/^code-[0-9a-f]{32}\.json$/)])
  expect(await index(root, ['train'], { cache })).toEqual(cold)
  expect(await index(root, ['train'])).toEqual(cold)
  expect(cold.diagnostics).toHaveLength(1)
  poison()
  expect((await index(root, ['train'], { cache })).stages.get('train')?.code).toBe(stale)
  // what the stage doesn't use may change
  change(root, { 'big.csv': '2' })
  expect((await index(root, ['train'], { cache })).stages.get('train')?.code).toBe(stale)
})

describe('a result is not used after a change of', () => {
  const edits: Record<string, (root: string) => void> = {
    'another set of stages': () => undefined,
    'a nearer package.json': (root) => change(root, { 'src/package.json': '{}' }),
    'a package beside a dependant': (root) =>
      change(root, { 'node_modules/dep/node_modules/sub/package.json': '{ "name": "sub", "version": "2.0.0" }' }),
    'a link': (root) => {
      change(root, {
        'lib2/package.json': files['lib/package.json'] as string,
        'lib2/a.js': files['lib/a.js'] as string,
      })
      rmSync(join(root, 'node_modules/lib'))
      symlinkSync('../lib2', join(root, 'node_modules/lib'))
    },
    'a file in an asset folder': (root) => change(root, { 'folder/c.txt': 'c' }),
    'an asset that goes': (root) => rmSync(join(root, 'a.txt')),
    'a module that is renamed': (root) => renameSync(join(root, 'src/late.ts'), join(root, 'src/later.ts')),
  }
  for (const file of Object.keys(files))
    if (!['big.csv', 'node_modules/dep/a.js'].includes(file))
      edits[file] = (root) => change(root, { [file]: `${files[file]}\n` })
  for (const [name, edit] of Object.entries(edits))
    test(name, async () => {
      const { root, cache, poison } = program()
      await index(root, ['train'], { cache })
      poison()
      edit(root)
      const keys = name === 'another set of stages' ? ['train', 'other'] : ['train']
      const { stages, diagnostics } = await index(root, keys, { cache })
      expect(stages.get('train')?.code).not.toBe(stale)
      expect(stages.has('train')).toBe(!diagnostics.some(({ severity }) => severity === 'error'))
    })

  /** Files, with links as `->target`; each is another way to resolve an import to what it wasn't. */
  const places: Record<string, readonly [Files, Files]> = {
    'a file in front of a folder': [{ 'main.ts': from('./h'), 'h/index.ts': h(1) }, { 'h.ts': h(2) }],
    'TypeScript in front of JavaScript': [{ 'main.ts': from('./h.js'), 'h.js': h(1) }, { 'h.ts': h(2) }],
    'a linked file': [
      { 'main.ts': from('./h.ts'), 'a.ts': h(1), 'b.ts': h(2), 'h.ts': '->a.ts' },
      { 'h.ts': '->b.ts' },
    ],
    'a linked folder': [
      { 'main.ts': from('./cur/h.ts'), 'v1/h.ts': h(1), 'v2/h.ts': h(2), cur: '->v1' },
      { cur: '->v2' },
    ],
    'a linked folder that holds the same': [
      {
        'main.ts': from('./a/cur/h.ts'),
        'a/n.ts': h(1),
        'b/n.ts': h(2),
        'a/v1/h.ts': "export { f } from '../n.ts'",
        'b/v1/h.ts': "export { f } from '../n.ts'",
        'a/cur': '->v1',
      },
      { 'a/cur': '->../b/v1' },
    ],
    'the program, which is a link': [
      { 'main.ts': '->one.ts', 'one.ts': from('./h.ts'), 'two.ts': from('./i.ts'), 'h.ts': h(1), 'i.ts': h(2) },
      { 'main.ts': '->two.ts' },
    ],
    'a path of tsconfig that comes first': [
      { 'main.ts': from('@/h.ts'), 'tsconfig.json': paths('"./over/*","./src/*"'), 'src/h.ts': h(1) },
      { 'over/h.ts': h(2) },
    ],
    'a path in front of a package': [
      { 'main.ts': from('dep'), 'tsconfig.json': `{"compilerOptions":{"paths":{"*":["./over/*"]}}}` },
      { 'over/dep.ts': h(2) },
    ],
    'a base in front of a package': [
      { 'main.ts': from('dep'), 'tsconfig.json': `{"compilerOptions":{"baseUrl":"./over"}}` },
      { 'over/dep.ts': h(2) },
    ],
    'a tsconfig that another one refers to': [
      {
        'main.ts': from('@/h.ts'),
        'tsconfig.json': '{"files":[],"references":[{"path":"./tsconfig.app.json"}]}',
        'tsconfig.app.json': paths('"./v1/*"'),
        'v1/h.ts': h(1),
        'v2/h.ts': h(2),
      },
      { 'tsconfig.app.json': paths('"./v2/*"') },
    ],
    'what a tsconfig extends that another one refers to': [
      {
        'main.ts': from('@/h.ts'),
        'tsconfig.json': '{"files":[],"references":[{"path":"./app"}]}',
        'app/tsconfig.json': '{"extends":"./base","include":["../*.ts"]}',
        'app/base.json': paths('"../v1/*"'),
        'v1/h.ts': h(1),
        'v2/h.ts': h(2),
      },
      { 'app/base.json': paths('"../v2/*"') },
    ],
    'a nearer tsconfig': [
      {
        'main.ts': from('./in/g.ts'),
        'in/g.ts': "export { f } from '@/h.ts'",
        'tsconfig.json': paths('"./v1/*"'),
        'v1/h.ts': h(1),
        'in/v2/h.ts': h(2),
      },
      { 'in/tsconfig.json': paths('"./v2/*"') },
    ],
    'a file in a linked package': [
      {
        'main.ts': from('lib/h'),
        'lib/package.json': '{ "name": "lib" }',
        'lib/h/index.ts': h(1),
        'node_modules/lib': '->../lib',
      },
      { 'lib/h.ts': h(2) },
    ],
  }
  for (const [name, [before, after]] of Object.entries(places))
    test(name, async () => {
      const root = write({ ...dep, 'main.ts': '' })
      const cache = newFolder()
      place(root, before)
      const one = (await lookAt(root, { cache })).stages.get('train')?.code
      expect(one).toBeDefined()
      expect((await lookAt(root, { cache })).stages.get('train')?.code).toBe(one)
      place(root, after)
      expect((await lookAt(root, { cache })).stages.get('train')?.code).not.toBe(one)
      expect(await lookAt(root, { cache })).toEqual(await lookAt(root))
    })

  test('the exports themselves', async () => {
    const { root, cache, poison } = program()
    await index(root, ['train'], { cache })
    poison()
    const stage = (): void => undefined
    const importModule = async (url: string): Promise<Record<string, unknown>> =>
      url.endsWith('main.ts') ? { other: stage } : {}
    const { stages } = await index(root, [], { cache, stages: [{ key: 'train', stage }], importModule })
    expect(stages.get('train')).toMatchObject({ export: 'other' })
    expect(stages.get('train')?.code).not.toBe(stale)
  })
})

test('a damaged cache is a miss, and an error is not kept', async () => {
  const { root, cache } = program()
  const cold = await index(root, ['train'], { cache })
  const file = join(cache, readdirSync(cache)[0] as string)
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    readFileSync(file, 'utf8').replace('"evidence"', '"x"'),
    readFileSync(file, 'utf8').slice(0, -9),
  ]) {
    writeFileSync(file, text)
    expect(await index(root, ['train'], { cache })).toEqual(cold)
  }
  rmSync(cache, { recursive: true })
  rmSync(join(root, 'a.txt'))
  expect((await index(root, ['train'], { cache })).diagnostics).toHaveLength(1)
  change(root, { 'a.txt': 'a' })
  expect(await index(root, ['train'], { cache })).toEqual(cold)
})

test('a cache that can not be written is no error', async () => {
  const { root } = program()
  expect((await index(root, ['train'], { cache: join(root, 'main.ts/cache') })).stages.size).toBe(1)
})

test('with the cache no bundler and no parser is loaded', async () => {
  const { root, cache } = program()
  const script = join(root, 'script.mjs')
  writeFileSync(
    script,
    `import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context) } })
const { indexCode } = await import(${JSON.stringify(new URL('../../src/code/digest/code-index.ts', import.meta.url).href)})
const { train } = await import('./main.ts')
const started = performance.now()
const { stages, modules, diagnostics } = await indexCode({ entry: ${JSON.stringify(join(root, 'main.ts'))}, stages: [{ key: 'train', stage: train }], importModule: (url) => import(url), cache: ${JSON.stringify(cache)} })
console.log(JSON.stringify({ index: [[...stages], modules, diagnostics], rolldown: loaded.filter((url) => /rolldown|compute-index/.test(url)), ms: performance.now() - started }))`,
  )
  const run = (): { index: unknown; rolldown: string[]; ms: number } =>
    JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  const [cold, warm] = [run(), run()]
  expect(cold.rolldown.length).toBeGreaterThan(1)
  expect(warm).toMatchObject({ index: cold.index, rolldown: [] })
})
