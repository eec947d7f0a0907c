import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { EmittedStage } from '../../packages/compiler/src/index.ts'
import type { Files } from '../support/files.ts'
import { program } from '../support/program.ts'
import { emitFrom, runEmitted } from './emitting.ts'
import { type Case, cases, pkg, readsIn } from './package-cases.ts'

const local: Files = {
  'before.ts': "globalThis.order = ['before']\nglobalThis.before = 'before'\n",
  'after.ts': "globalThis.order.push('after')\n",
  'own.cjs': "module.exports = require('a-dirname').table() + ''\n",
}

const moduleOf = ({ imports, it }: Case, name: string): string => `import { stage } from 'millrace'
import { z } from 'zod'
${imports}
export const train = stage('${name}', { input: z.object({}), output: z.object({ it: z.any() }), run: async () => ({ it: ${it} }) })
`

describe('a package that finds files by itself is shipped as it lies, and gives the same', () => {
  const names = Object.keys(cases)
  test.each(names)('%s', async (name) => {
    const { gives, shipped, packages } = cases[name] as Case
    const all = name === 'loaded' ? { ...packages, ...cases.dirname?.packages } : packages
    const { folder, run } = program({
      ...local,
      ...Object.fromEntries(Object.entries(all).map(([path, text]) => [`node_modules/${path}`, text])),
      'stage.ts': moduleOf(cases[name] as Case, name),
      'program.ts': `import { main, pipeline } from 'millrace'
import { z } from 'zod'
import { train } from './stage.ts'
export const demo = pipeline('demo', { input: z.object({}), build: () => train({}) })
main(import.meta, demo)
`,
    })
    const here = await run(['--progress', 'quiet'], { how: 'node' })
    expect(here.stdout === '' ? here.stderr : JSON.parse(here.stdout)).toEqual({ it: gives })
    const one = await emitFrom(folder, ['train@stage.ts'])
    expect(one.told).toBe('')
    expect(await runEmitted(one)).toMatchObject({ output: { it: gives } })
    if (name !== 'loaded') expect(shippedBy(one.stages.get('train'))).toEqual(shipped)
  })
})

const shippedBy = (stage: EmittedStage | undefined): string[] =>
  (stage?.assets ?? []).flatMap(({ path }) => (path.startsWith('node_modules/') ? [path.slice(13)] : []))

test('in the layout of pnpm, where each package has its own links', async () => {
  const files: Files = {
    'program.ts': moduleOf({ ...(cases.dirname as Case), imports: "import a from 'a-top'", it: 'a' }, 'train'),
    '.pnpm/a-top@1.0.0/node_modules/a-top/package.json': pkg('a-top', ', "dependencies": { "a-deep": "1" }'),
    '.pnpm/a-top@1.0.0/node_modules/a-top/index.js': `${readsIn}module.exports = [require('a-deep'), readFileSync(path.join(__dirname, 'x.txt'), 'utf8')]`,
    '.pnpm/a-top@1.0.0/node_modules/a-top/x.txt': 'X',
    '.pnpm/a-deep@1.0.0/node_modules/a-deep/package.json': pkg('a-deep'),
    '.pnpm/a-deep@1.0.0/node_modules/a-deep/index.js': "module.exports = 'deep'",
  }
  const { folder } = program(
    Object.fromEntries(
      Object.entries(files).map(([path, text]) => [path.replace(/^\.pnpm/, 'node_modules/.pnpm'), text]),
    ),
  )
  const link = (from: string, to: string): void => {
    mkdirSync(dirname(join(folder, 'node_modules', to)), { recursive: true })
    symlinkSync(join(folder, 'node_modules', from), join(folder, 'node_modules', to))
  }
  link('.pnpm/a-top@1.0.0/node_modules/a-top', 'a-top')
  link('.pnpm/a-deep@1.0.0/node_modules/a-deep', '.pnpm/a-top@1.0.0/node_modules/a-deep')
  expect(readdirSync(join(folder, 'node_modules')).sort()).toEqual(['.pnpm', 'a-top'])
  const one = await emitFrom(folder, ['train'])
  expect(one.told).toBe('')
  expect((await runEmitted(one)).output).toEqual({ it: ['deep', 'X'] })
  expect(shippedBy(one.stages.get('train'))).toEqual([
    'a-deep/index.js',
    'a-deep/package.json',
    'a-top/index.js',
    'a-top/package.json',
    'a-top/x.txt',
  ])
})
