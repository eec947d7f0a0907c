import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { copyTo, digest, digestIn, type Files, write } from './program.ts'

const program = `import { z } from 'zod'
import { main, pipeline, stage } from 'millrace'
import { double } from './helper.ts'
import config from './config.json' with { type: 'json' }

export const clean = stage('clean', { input: z.object({}), output: z.object({}), run: () => ({ n: 1 }) })
export const train = stage('train', {
  input: z.object({ rate: z.number() }),
  output: z.object({ loss: z.number() }),
  resources: { cpu: 1 },
  run: ({ rate }: { rate: number }) => ({ loss: double(rate) * config.factor }),
})
const digits = pipeline('digits', { input: z.object({}), build: () => train({ rate: 1 }) })
main(import.meta, digits)
`
const files: Files = {
  'main.ts': program,
  'helper.ts':
    'export const double = (x: number): number => x * 2\nexport const triple = (x: number): number => x * 3\n',
  'config.json': '{ "factor": 3 }',
}
const original = digest(files)
const edited = (from: string | RegExp, to: string, file = 'main.ts'): Files => {
  const text = files[file] as string
  expect(text.replace(from, to)).not.toBe(text)
  return { ...files, [file]: text.replace(from, to) }
}

describe('the digest of a stage stays the same', () => {
  const cases: Record<string, () => Files> = {
    'a sibling changes': () => edited('n: 1', 'n: 2'),
    'a sibling goes': () => edited(/export const clean.*\n/, ''),
    'a sibling with everything that could leave a trace comes': () =>
      edited(
        'export const clean',
        `const tagged = String.raw\`x\${Math.random()}\`
const spread = { ...JSON.parse('{}'), list: [...new Set([1, 2])] }
const [first, { second = 1 } = {}] = [spread, tagged].concat(await Promise.resolve([]))
const sum = first + second + -tagged.length
let counter = new Map().size
export class Model { static made = new Date(); static of = () => new Model() }
class Sub extends Model {}
export const third = stage('third', { run: async () => [performance.now(), counter, sum, Sub, (await import('./helper.ts')).triple] })
export const clean`,
      ),
    'the default export is a sibling': () => edited('main(', 'export default stage(`d`, { run: () => 3 })\nmain('),
    'a comment comes': () => edited('run: (', '// about run\n  /*! legal */ run: /* @__PURE__ */ ('),
    'a comment in the helper comes': () => edited('x * 2', 'x * /* twice */ 2 // done', 'helper.ts'),
    'the format changes': () => edited(/\n {2}(\w+:)/g, '\n\n\t\t$1'),
    'quotes and semicolons change': () => edited(/'(\w+)', \{/g, '"$1", {'),
    'types change': () => edited('{ rate: number }', '{ readonly rate: number & {} }'),
    'a cast comes': () => edited('config.factor', '((config satisfies object).factor as number)!'),
    'the stage is renamed': () => edited("stage('train'", "stage('fit'"),
    'its variable is renamed too': () => edited(/train(?=\W)/g, 'fit'),
    'its name is computed': () => edited("stage('train'", 'stage(["fi", "t"].join("")'),
    'resources change': () => edited('cpu: 1', 'cpu: Number("4"), gpu: { type: "h100-80gb", count: 8 }'),
    'resources go': () => edited('  resources: { cpu: 1 },\n', ''),
    'retries come': () => edited('resources:', 'retries: 2, resources:'),
    'a timeout comes': () => edited('resources:', "timeout: '10m', resources:"),
    'cache comes': () => edited('resources:', "'cache': false, resources:"),
    'isolate comes, last': () => edited('config.factor }),', "config.factor }), isolate: 'process'"),
    'workers come, last with a comma': () => edited('config.factor }),', 'config.factor }), workers: 2,'),
    'all of them come': () =>
      edited('resources:', "cache: true, retries: 1, timeout: '1s', isolate: 'process', workers: 1, resources:"),
    'the options are cast': () => edited(/factor \}\),\n\}\)/, 'factor }),\n} as const)'),
    'only an unused helper changes': () => edited('x * 3', 'x * 4', 'helper.ts'),
    'an unused import comes': () => edited("'millrace'", "'millrace'\nimport { readFileSync } from 'node:fs'"),
    'an unused module with constants comes': () => ({
      ...edited("'millrace'", "'millrace'\nimport { limit } from './limits.ts'"),
      'limits.ts': 'export const limit = Math.max(1, 2)',
    }),
    'main goes': () => edited('main(import.meta, digits)\n', ''),
    'main is awaited': () => edited('main(', 'await main('),
    'the pipeline changes': () => edited('{ rate: 1 }', '{ rate: 2 }'),
    'the JSON is formatted': () => edited('{ "factor"', '{\n  "factor"', 'config.json'),
    'an import of types alone has effects': () => ({
      ...edited(
        "'millrace'",
        "'millrace'\nimport type { Rate } from './rate.ts'\nimport { type Rate as Also } from './rate.ts'",
      ),
      'rate.ts': 'export type Rate = number\nglobalThis.rates = 1',
    }),
  }
  for (const [name, change] of Object.entries(cases))
    test(name, async () => {
      const files = change()
      expect(await digest(files, /const fit\b/.test(files['main.ts'] ?? '') ? 'fit' : 'train')).toBe(await original)
    })

  test('the folder is another', async () => {
    const place = 'some/where/else'
    expect(await digestIn(copyTo(write(files), place))).toBe(await original)
  })

  test('the variable is renamed where the module uses it', async () => {
    const main = (name: string): string => `import { stage } from 'millrace'
const ${name} = stage('x', { run: (name: string) => [${name}, { ${name} }, { train: 1, fit: 2 }, ((${name}: number) => ${name})(1)] })
export { ${name} }
export { ${name} as other }`
    const [one, two] = [await digest({ 'main.ts': main('train') }), await digest({ 'main.ts': main('fit') }, 'other')]
    // the property's name counts: what a stage gives out is named by it
    expect(one).not.toBe(two)
    const plain = (name: string): string =>
      main(name)
        .replace(`{ ${name} }, `, '')
        .replace(/\(\(.*\)\(1\)/, '1')
    expect(await digest({ 'main.ts': plain('train') })).toBe(await digest({ 'main.ts': plain('fit') }, 'fit'))
  })

  test('a helper file is renamed', async () => {
    const { 'helper.ts': helper = '', ...rest } = files
    const main = program.replace('./helper.ts', './lib/sums.ts')
    expect(await digest({ ...rest, 'main.ts': main, 'lib/sums.ts': helper })).toBe(await original)
  })

  test('helpers with default exports are renamed, and swap places', async () => {
    const main = (a: string, b: string): string => `import { stage } from 'millrace'
import a from './${a}'
import b from './${b}'
import * as all from './${a}'
export const train = stage('train', { run: () => [a, b, all] })`
    const first = 'export default () => 1'
    const second = 'export default class { static x = 2 }'
    expect(await digest({ 'main.ts': main('one.ts', 'two.ts'), 'one.ts': first, 'two.ts': second })).toBe(
      await digest({ 'main.ts': main('z/b.ts', 'a.ts'), 'z/b.ts': first, 'a.ts': second }),
    )
  })

  test('what it is made of lies in other files, and is imported in another order', async () => {
    const parts: Files = {
      a: "import { z } from 'zod'\nexport const a = z.object({ n: z.number() })\n",
      b: "import { a } from './a.ts'\nexport const b = a.extend({ m: z.string().optional() })\nimport { z } from 'zod'\n",
      c: 'export const c = Math.max(1, 2)\nexport class C { static of = [c, new Map()] }\n',
      d: "import { join } from 'node:path'\nexport const d = (by) => join('d', `${by}`)\nexport const made = d(2)\n",
    }
    const use =
      "export const train = stage('t', { input: b, output: a, run: () => [c, C, d, made, import('./late.ts')] })"
    const late = "import { c } from './c.ts'\nexport default c"
    const main = (...imports: string[]): Files => ({
      'main.ts': `import { stage } from 'millrace'\n${imports.join('\n')}\n${use}`,
      'a.ts': parts.a as string,
      'b.ts': parts.b as string,
      'c.ts': parts.c as string,
      'd.ts': parts.d as string,
      'late.ts': late,
    })
    const [a, b, c, d] = ['a', 'b', 'c, C', 'd, made'].map((names) => `import { ${names} } from './${names[0]}.ts'`)
    const one = await digest(main(a as string, b as string, c as string, d as string))
    expect(await digest(main(d as string, c as string, b as string, a as string))).toBe(one)
    expect(await digest(main("import './late.ts'", c as string, d as string, b as string, a as string))).toBe(one)
    const all: Files = {
      'main.ts': `import { z } from 'zod'\nimport { join } from 'node:path'\nimport { stage } from 'millrace'\n${Object.values(
        parts,
      )
        .map((text) => text.replace(/^import.*\n/gm, ''))
        .join('')}${use}`,
      'c.ts': parts.c as string,
      'late.ts': late,
    }
    expect(await digest(all)).toBe(one)
  })

  test('the version of millrace or zod changes', async () => {
    const other = write(files)
    renameSync(join(other, 'node_modules/millrace'), join(other, 'millrace'))
    expect(
      await digest({
        ...files,
        'node_modules/millrace/package.json':
          '{ "name": "millrace", "version": "9.0.0", "type": "module", "exports": "./a.js" }',
      }),
    ).toBe(await original)
  })

  test('another package that nothing uses comes', async () => {
    const main = program.replace("'millrace'", "'millrace'\nimport { unused } from 'dep'")
    expect(
      await digest({
        ...files,
        'main.ts': main,
        'node_modules/dep/package.json': '{ "name": "dep", "version": "1.0.0", "type": "module", "exports": "./a.js" }',
        'node_modules/dep/a.js': 'export const unused = 1',
      }),
    ).toBe(await original)
  })
})

describe('main and the options of other functions', () => {
  test('main of another module stays', async () => {
    const main = (call: string): Files => ({
      'main.ts': `import { stage } from 'millrace'\nimport { main } from './m.ts'\nexport const train = stage('t', { run: () => 1 })\n${call}`,
      'm.ts': 'export const main = (..._: unknown[]): void => { globalThis.ran = _ }',
    })
    expect(await digest(main('main(1)'))).not.toBe(await digest(main('main(2)')))
  })

  test('under an alias and through a namespace both are cut', async () => {
    const plain = `import { main, stage } from 'millrace'\nexport const train = stage('t', { run: () => 1 })\nmain(import.meta)`
    const alias = `import { main as go, stage } from 'millrace'\nexport const train = stage('t', { retries: 2, run: () => 1 })\ngo(import.meta, { retries: 1 })`
    expect(await digest({ 'main.ts': alias })).toBe(await digest({ 'main.ts': plain }))
    const namespace = (options: string, call = ''): string =>
      `import * as m from 'millrace'\nexport const train = m.stage('t', { ${options} run: () => 1 })\n${call}`
    expect(await digest({ 'main.ts': namespace('workers: 2,', 'm.main(import.meta)') })).toBe(
      await digest({ 'main.ts': namespace('') }),
    )
  })

  test('a local function of the same name keeps its options', async () => {
    const main = (retries: number): string => `import { stage } from 'millrace'
const inner = (stage: (name: string, options: object) => unknown) => stage('x', { retries: ${retries} })
export const train = stage('t', { run: () => inner(() => 1) })`
    expect(await digest({ 'main.ts': main(1) })).not.toBe(await digest({ 'main.ts': main(2) }))
  })

  test('python and container too', async () => {
    const main = (more: string): string => `import { container, python } from 'millrace'
export const train = python('t', { script: new URL('./t.py', import.meta.url), ${more} })
export const other = container('t', { image: 'x', command: ['a'], ${more} })`
    const options = "resources: { gpu: 1 }, workers: 4, timeout: '1h'"
    for (const name of ['train', 'other'])
      expect(await digest({ 'main.ts': main(options), 't.py': '' }, name)).toBe(
        await digest({ 'main.ts': main(''), 't.py': '' }, name),
      )
    expect(await digest({ 'main.ts': main('image: "y"') }, 'other')).not.toBe(
      await digest({ 'main.ts': main('') }, 'other'),
    )
  })
})
