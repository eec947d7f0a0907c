import { randomBytes } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { archiveDigest, readArchive } from '@millrace/ir'
import { expect, onTestFinished, test } from 'vitest'
import { type EmittedStage, emitStages, indexCode, packStage, stageArchive } from '../../packages/compiler/src/index.ts'
import { builtFolder } from '../support/built.ts'
import { writeProgram } from '../support/files.ts'
import { root } from '../support/processes.ts'
import { program } from '../support/program.ts'
import { emitFrom, runEmitted } from './emitting.ts'

const names = ['a', 'b', 'c', 'd', 'e', 'f']
const files = {
  'program.ts': `import { stage } from 'millrace'
import { z } from 'zod'
import * as all from 'many'
${names.map((name) => `import { ${name} } from './src/${name}.ts'`).join('\n')}
export const train = stage('train', {
  input: z.object({}),
  output: z.object({ it: z.any() }),
  run: async () => ({ it: [${names.join(', ')}, all.default, ${names
    .map((name) => `(await import('./late/${name}.ts')).default, (await import('many/${name}.js')).default`)
    .join(', ')}, new URL('./files', import.meta.url).href.replace(/.*code/, '')] }),
})
`,
  ...Object.fromEntries(
    names.flatMap((name) => [
      [`src/${name}.ts`, `const value = '${name}'\nexport const ${name} = value\n`],
      [`late/${name}.ts`, `class Same {}\nexport default class extends Same { static value = '${name}' }\n`],
      [`node_modules/many/${name}.js`, `exports.default = '${name}'`],
    ]),
  ),
  'node_modules/many/package.json': '{ "name": "many", "version": "1.0.0" }',
  'node_modules/many/index.js': `module.exports = [${names.map((name) => `require('./${name}.js')`)}]`,
  'files/one.txt': '1',
  'files/two.sh': '2',
}

test('the same program gives the same bytes in every folder, and nothing says where it was', async () => {
  const { folder } = program(files)
  chmodSync(join(folder, 'files/two.sh'), 0o755)
  const moved = join(program({}).folder, 'z/deeper/place')
  mkdirSync(moved, { recursive: true })
  cpSync(folder, moved, { recursive: true })
  const all = await Promise.all(
    [folder, moved, folder, moved].map(async (at) => (await emitFrom(at, ['train'])).stages.get('train')),
  )
  const archives = all.map((stage) => stageArchive(stage as NonNullable<typeof stage>))
  expect(new Set(archives.map(archiveDigest)).size).toBe(1)
  const text = Buffer.from(archives[0] as Uint8Array).toString()
  for (const word of [root, folder, moved, 'node_modules/', '.pnpm', 'packages/sdk'])
    expect([word, text.includes(word)]).toEqual([word, false])
  expect(readArchive(archives[0] as Uint8Array).map(({ path, executable }) => [path, executable])).toEqual([
    ['assets/1/files/one.txt', false],
    ['assets/1/files/two.sh', true],
    ['stage.mjs', false],
  ])
})

test('with millrace as it is published, too', async () => {
  const folder = join(builtFolder(), `emitted-${randomBytes(4).toString('hex')}`)
  writeProgram(folder, {
    'program.ts': `import { main, pipeline, runStage, stage } from 'millrace'
import { z } from 'zod'
export const train = stage('train', {
  input: z.object({ n: z.number() }),
  output: z.object({ it: z.any() }),
  run: ({ n }) => ({ it: n + 1 }),
})
export const demo = pipeline('demo', { input: z.object({}), build: () => train({ n: 1 }) })
export const tested = () => runStage(train, { n: 1 })
main(import.meta, demo)
`,
  })
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const one = await emitFrom(folder, ['train'])
  expect(one.told).toBe('')
  const code = one.stages.get('train')?.code ?? ''
  expect(code.match(/^import .*/gm)).toEqual(['import { fileURLToPath } from "node:url";'])
  expect(packStage(one.stages.get('train') as EmittedStage).length).toBeLessThan(60_000)
  expect((await runEmitted(one, { n: 2 })).output).toEqual({ it: 3 })
})

test('what indexCode found is what emitStages takes', async () => {
  const entry = join(root, 'examples/01-hello/hello.ts')
  const importModule = (url: string): Promise<Record<string, unknown>> => import(/* @vite-ignore */ url)
  const { greet } = await importModule(pathToFileURL(entry).href)
  const { stages } = await indexCode({ entry, stages: [{ key: 'greet', stage: greet as object }], importModule })
  const emitted = await emitStages({ stages })
  expect(emitted.diagnostics).toEqual([])
  const one = { folder: root, stages: emitted.stages, told: '' }
  expect((await runEmitted(one, { name: 'you' }, 'greet')).output).toEqual({ text: 'Hello, you!' })
})

test('stages of the examples run', async () => {
  const digits = await emitFrom(join(root, 'examples/02-digits'), [
    ...['analyse', 'ingest', 'monitor', 'publish', 'report', 'select', 'shift', 'split', 'train', 'validate'].map(
      (name) => `${name}@src/stages/${name}.ts`,
    ),
  ])
  expect(digits.told).toBe('')
  expect(digits.stages.size).toBe(10)
  const data = join(root, 'examples/02-digits/data/digits.csv.gz')
  const artifact = { path: data, digest: `sha256:${'0'.repeat(64)}`, size: 1 }
  expect(await runEmitted(digits, { data: artifact }, 'ingest')).toMatchObject({ output: { rows: 1797 } })
  const shapes = await emitFrom(
    join(root, 'examples/03-shapes'),
    ['draw', 'bind', 'inspect'].map((name) => `${name}@src/album.ts`),
  )
  expect(shapes.told).toBe('')
  const drawn = await runEmitted(shapes, { kind: 'circle', count: 3, purpose: 'learn' }, 'draw')
  expect(drawn.output).toMatchObject({ kind: 'circle' })
})
