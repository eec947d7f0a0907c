import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Files by their paths; what is executable stands in `executable`. */
export interface Tree {
  readonly files: ReadonlyMap<string, string>
  readonly executable: ReadonlySet<string>
}

const program = `import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { asset, file, inherit, is, main, map, pipeline, stage, when } from 'millrace'
import { z } from 'zod'
import { round } from 'dep'
import { shift } from 'shared'
import { double } from './lib/double.ts'
import { N } from './lib/schemas.ts'
import { tally } from './stages/tally.ts'

const offset = 0
const unread = 1
const words = (): string => readFileSync(new URL('./data/words.txt', import.meta.url), 'utf8').trim()
type Named = { readonly n: number }

export const scale = stage('scale', { input: N, output: N, run: ({ n }) => ({ n: double(n) }) })

export const parity = stage('parity', {
  input: N,
  output: N,
  resources: { cpu: 1 },
  run: ({ n }: Named) => ({ n: n % 2 }),
})

export const label = stage('label', {
  input: z.object({ n: z.number() }),
  output: z.object({ text: z.string() }),
  env: { LEVEL: inherit('low'), MODE: 'fast' },
  run: ({ n }, { env }) => ({ text: \`\${words()} \${n} \${env.LEVEL} \${env.MODE}\` }),
})

export const tables = stage('tables', {
  input: z.object({ n: z.number(), step: z.number().default(0) }),
  output: N,
  run: ({ n, step }) => ({ n: n + step + readdirSync(new URL('./data/tables', import.meta.url)).length }),
})

export const packed = stage('packed', { input: N, output: N, run: ({ n }) => ({ n: shift(round(n)) }) })

export const late = stage('late', {
  input: N,
  output: N,
  run: async ({ n }) => ({ n: (await import('./lib/late.ts')).late(n) }),
})

const make = (by: number) =>
  stage('made', {
    input: N,
    output: N,
    run: ({ n }) => ({ n: n * by + offset }),
  })
export const made = make(3)

export const read = stage('read', {
  input: z.object({ of: file('text/plain') }),
  output: N,
  run: ({ of }) => ({ n: readFileSync(of.path, 'utf8').trim().length }),
})

export const write = stage('write', {
  input: N,
  output: z.object({ out: file('text/plain') }),
  run: ({ n }, context) => {
    const out = context.file('out.txt')
    writeFileSync(out.path, 'x'.repeat(n))
    return { out }
  },
})

export const count = stage('count', {
  input: z.object({ of: file('text/plain') }),
  output: N,
  run: ({ of }) => ({ n: readFileSync(of.path, 'utf8').length }),
})

export const extra = stage('extra', { input: N, output: N, run: ({ n }) => ({ n: n + 1 }) })

export const work = pipeline('work', {
  input: z.object({
    list: z.array(z.number()).default([1, 2]),
    more: z.number().default(10),
    data: file('text/plain').default(asset(new URL('./data/input.txt', import.meta.url))),
  }),
  build: ({ list, more, data }) => {
    const scaled = map(list, (n) => scale({ n }).n)
    const sum = tally({ ns: scaled, more })
    const odd = parity({ n: sum.n })
    const text = label({ n: odd.n })
    const listed = tables({ n: 1 })
    const kept = packed({ n: 3 })
    const later = late({ n: 4 })
    const tripled = made({ n: 5 })
    const size = read({ of: data })
    const written = write({ n: size.n })
    const counted = count({ of: written.out })
    const big = when(is(sum.n, '>', 100), () => extra({ n: 7 }).n, () => 0)
    return {
      sum: sum.n,
      text: text.text,
      listed: listed.n,
      kept: kept.n,
      later: later.n,
      tripled: tripled.n,
      counted: counted.n,
      big,
    }
  },
})
main(import.meta, work)
`

const manifest = (name: string, version: string, dependencies: readonly string[] = []): string =>
  `${JSON.stringify({
    name,
    version,
    type: 'module',
    exports: './index.js',
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, '*'])),
  })}\n`

/** The program that all edits begin with. */
export const base: Tree = {
  executable: new Set(),
  files: new Map(
    Object.entries({
      'program.ts': program,
      'package.json': '{ "name": "program", "version": "1.0.0", "private": true, "type": "module" }\n',
      'tsconfig.json': '{ "compilerOptions": { "strict": true } }\n',
      'README.md': '# A program\n',
      'settings.json': '{ "start": 1 }\n',
      'lib/schemas.ts': "import { z } from 'zod'\n\nexport const N = z.object({ n: z.number() })\n",
      'lib/double.ts': `import { times } from './times.ts'

export function double(n: number): number {
  return times(n, 2)
}
export const unused = (n: number): number => n * 7
`,
      'lib/times.ts': 'export const times = (a: number, b: number): number => a * b\n',
      'lib/index.ts': "export * from './times.ts'\nexport { double } from './double.ts'\n",
      'lib/late.ts': 'export const late = (n: number): number => n + 1\n',
      'lib/sum.ts': `export class Sum {
  total: number
  constructor(start: number) {
    this.total = start
  }
  add(ns: readonly number[]): number {
    for (const n of ns) this.total += n
    return this.total
  }
}
`,
      'stages/tally.ts': `import { stage } from 'millrace'
import { z } from 'zod'
import { N } from '../lib/schemas.ts'
import { Sum } from '../lib/sum.ts'
import settings from '../settings.json' with { type: 'json' }

const limit = 5
export const tally = stage('tally', {
  input: z.object({ ns: z.array(z.number()), more: z.number() }),
  output: N,
  run: ({ ns, more }) => ({ n: new Sum(settings.start).add(ns) + more + limit }),
})
`,
      'data/words.txt': 'words',
      'data/input.txt': 'input',
      'data/tables/a.csv': '1,2\n',
      'data/tables/b.csv': '3,4\n',
      'node_modules/dep/package.json': manifest('dep', '1.0.0', ['inner', 'same']),
      'node_modules/dep/index.js': 'export const round = (n) => Math.round(n)\n',
      'node_modules/inner/package.json': manifest('inner', '1.0.0'),
      'node_modules/inner/index.js': 'export const inner = 1\n',
      'node_modules/same/package.json': manifest('same', '1.0.0'),
      'node_modules/same/index.js': 'export const same = 1\n',
      'node_modules/other/package.json': manifest('other', '1.0.0'),
      'node_modules/other/index.js': 'export const other = 1\n',
      'linked/shared/package.json': manifest('shared', '1.0.0'),
      'linked/shared/index.js': "export { shift } from './shift.js'\nexport const other = 1\n",
      'linked/shared/shift.js': 'export const shift = (n) => n + 2\n',
    }),
  ),
}

/** Writes a tree into a folder, which holds nothing else afterwards. */
export function writeTree(folder: string, { files, executable }: Tree): void {
  rmSync(folder, { recursive: true, force: true })
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
    if (executable.has(path)) chmodSync(join(folder, path), 0o755)
  }
  symlinkSync('../linked/shared', join(folder, 'node_modules/shared'))
}
