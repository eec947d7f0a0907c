import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeProgram } from '../support/files.ts'
import { node, type Ran } from '../support/processes.ts'
import { same, type Trial } from './campaign.ts'

/**
 * About 25 calls that put everything into a store that can lie there: small and large values, files, folders, metrics,
 * logs, a stage in a process of its own, one that fails or is killed. `audit` reads the bytes of all artifacts anew in
 * every run.
 */
const program = `
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { file, folder, main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const hash = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const N = z.object({ n: z.number() })
export const number = stage('number', {
  input: N, output: z.object({ n: z.number() }),
  run: ({ n }, context) => {
    context.metric('half', n / 2)
    return { n: n * 7 }
  },
})
export const big = stage('big', {
  input: N, output: z.object({ text: z.string() }),
  run: ({ n }) => ({ text: hash(String(n)).repeat(1200) }),
})
export const table = stage('table', {
  input: N, output: z.object({ table: file() }),
  run: ({ n }, context) => {
    console.log('writes table ' + n)
    const table = context.file('table.csv')
    writeFileSync(table.path, Array.from({ length: 40 * n }, (_, i) => i + ',' + hash(String(i))).join('\\n'))
    return { table }
  },
})
export const tree = stage('tree', {
  input: N, output: z.object({ tree: folder() }),
  run: ({ n }, context) => {
    const tree = context.folder('tree')
    for (const name of ['a', 'b', 'c']) writeFileSync(join(tree.path, name), hash(name + n).repeat(9))
    return { tree }
  },
})
export const bulk = stage('bulk', {
  input: N, output: z.object({ bulk: file() }),
  run: ({ n }, context) => {
    const bulk = context.file('bulk.bin')
    writeFileSync(bulk.path, Buffer.alloc(1_200_000 + n, hash('bulk')))
    return { bulk }
  },
})
export const read = stage('read', {
  input: z.object({ table: file() }), output: z.object({ bytes: z.string() }),
  run: ({ table }) => ({ bytes: hash(readFileSync(table.path)) }),
})
export const leaf = stage('leaf', {
  input: z.object({ tree: folder() }), output: z.object({ bytes: z.string() }),
  run: ({ tree }) => ({ bytes: hash(readdirSync(tree.path).map((name) => name + readFileSync(join(tree.path, name))).join()) }),
})
export const noisy = stage('noisy', {
  input: N, output: z.object({ lines: z.number() }),
  run: ({ n }, context) => {
    for (let i = 0; i < 100; i++) console.log('line ' + i + ' of ' + n)
    for (let step = 0; step < 20; step++) context.metric('loss', 1 / (step + n), step)
    return { lines: 100 }
  },
})
export const apart = stage('apart', {
  input: N, output: z.object({ told: file(), n: z.number() }), isolate: 'process',
  run: ({ n }, context) => {
    const told = context.file('told.txt')
    writeFileSync(told.path, 'told ' + n)
    console.log('told')
    return { told, n }
  },
})
export const gate = stage('gate', {
  input: N, output: z.object({ open: z.boolean() }),
  run: () => {
    if (process.env.GATE === 'kill') process.kill(process.pid, 'SIGKILL')
    if (process.env.GATE === 'shut') throw new Error('the gate is shut')
    return { open: true }
  },
})
export const audit = stage('audit', {
  input: z.object({ files: z.array(file()), folders: z.array(folder()) }), output: z.object({ bytes: z.array(z.string()) }),
  cache: false,
  run: ({ files, folders }) => ({
    bytes: [
      ...files.map(({ path }) => hash(readFileSync(path))),
      ...folders.map(({ path }) => hash(readdirSync(path).map((name) => readFileSync(join(path, name), 'utf8')).join())),
    ],
  }),
})
const input = z.object({ n: z.number().default(1) })
export const work = pipeline('work', {
  input,
  build: ({ n }) => {
    const numbers = map([1, 2, 3, 4, 5, 6], (i) => number({ n: i }))
    const tables = map([1, 2, 3], (i) => table({ n: i }))
    const more = table({ n })
    const trees = [tree({ n: 1 }), tree({ n })]
    const mass = bulk({ n: 1 })
    const told = apart({ n: 1 })
    return {
      numbers,
      own: number({ n }),
      big: [big({ n: 1 }), big({ n })],
      tables,
      more,
      trees,
      mass,
      read: map(tables, ({ table }) => read({ table })),
      leaves: [leaf(trees[0]!), leaf(trees[1]!)],
      noisy: noisy({ n: 1 }),
      told,
      audit: audit({ files: [more.table, mass.bulk, told.told], folders: [trees[0]!.tree, trees[1]!.tree] }),
    }
  },
})
export const gated = pipeline('gated', {
  input,
  build: ({ n }) => {
    const more = table({ n: 9 })
    const seen = audit({ files: [more.table], folders: [] })
    return { numbers: map([1, 2, 50], (i) => number({ n: i })), more, seen, gate: gate.with({ after: [seen] })({ n }) }
  },
})
export const small = pipeline('small', { input, build: ({ n }) => ({ n: number({ n }).n, one: number({ n: 1 }) }) })
main(import.meta, work, gated, small)
`

/** Fills two stores: in \`merged\` old packs were merged into an index, in \`many\` the next run does it. */
const prepare = `
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { run } from 'millrace'
import { gated, small, work } from './program.ts'
const store = 'merged'
const quiet = console.log
console.log = () => {}
const ignore = async (promise: Promise<unknown>) => { await promise.catch(() => {}) }
await run(work, { n: 1 }, { store })
const keep = new Set(readdirSync(store + '/runs'))
const packs = () => readdirSync(store + '/results/packs').length
for (let n = 100; packs() < 65; n++) await run(small, { n }, { store })
const clean = () => {
  for (const name of readdirSync(store + '/runs').filter((name) => /^\\d/.test(name)).slice(2, -1))
    if (!keep.has(name)) rmSync(store + '/runs/' + name, { recursive: true })
}
const end = async () => {
  await run(work, { n: 2 }, { store })
  process.env.GATE = 'shut'
  await ignore(run(gated, { n: 1 }, { store }))
  const env = { ...process.env, MILLRACE_STORE: store, GATE: 'kill' }
  spawnSync(process.execPath, ['program.ts', '--pipeline', 'gated', '--param', 'n=2'], { env, stdio: 'ignore' })
}
cpSync(store, 'many', { recursive: true })
for (const n of [900, 901]) await run(small, { n }, { store })
clean()
await run(work, { n: 3 }, { store, fresh: true })
await end()
quiet(packs())
`

/** What a run of it leaves out: `['--pipeline', 'gated', '--param', 'n=1']`. */
export type Words = readonly string[]

export const works: readonly Words[] = [
  ['--param', 'n=1'],
  ['--param', 'n=2'],
  ['--pipeline', 'gated', '--param', 'n=1'],
  ['--pipeline', 'gated', '--param', 'n=2'],
]

export interface Template {
  readonly folder: string
  readonly entry: string
  /** Folders of the prepared stores. */
  readonly stores: readonly string[]
  /** The output of each of `works`, computed in an empty store. */
  readonly truths: readonly string[]
  /** How many calls each of them ran there. */
  readonly counts: readonly string[]
}

let made: Template | undefined

/** The program with its stores, once a process; goes with it. */
export function template({ folder: beside }: Trial): Template {
  if (made) return made
  const folder = join(dirname(beside), `stores-${randomBytes(4).toString('hex')}`)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  writeProgram(folder, { 'program.ts': program, 'prepare.ts': prepare })
  const run = (args: Words, store: string) => {
    const env = { ...process.env, MILLRACE_STORE: join(folder, store) }
    const { status, stdout, stderr } = spawnSync(node, args, { cwd: folder, env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
    return { stdout, stderr }
  }
  run(['prepare.ts'], 'merged')
  const ran = works.map((words, at) => run(['program.ts', ...words], `truth-${at}`))
  made = {
    folder,
    entry: join(folder, 'program.ts'),
    stores: ['merged', 'many'].map((name) => join(folder, name)),
    truths: ran.map(({ stdout }) => withoutPaths(stdout)),
    counts: ran.map(({ stderr }) => countsOf(stderr)),
  }
  return made
}

/** `N ran, N cached, N skipped, N failed`, of what a run says. */
export const countsOf = (stderr: string): string => /^\d+ ran, .* failed/m.exec(stderr)?.[0] ?? ''

/** Outputs are equal but for where their artifacts lie. */
export const withoutPaths = (text: string): string => text.replace(/"path":"[^"]*"/g, '"path":""')

/** What it printed on stdout, with nothing replaced. */
export const textOf = ({ events }: Pick<Ran, 'events'>): string => `${JSON.stringify(events()[0])}\n`

/** Like `same`, for long texts. */
export function alike(what: string, found: string, expected: string): void {
  if (found === expected) return
  const at = [...found].findIndex((character, i) => character !== expected[i])
  same(what, found.slice(Math.max(0, at - 60), at + 60), expected.slice(Math.max(0, at - 60), at + 60))
}
