import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packedProject } from '../test/support/packed.ts'
import { type Figure, machine, measure, type Subject } from './measure.ts'

/** `pnpm bench [rounds] [words]`: prints the table of bench/README.md. Whole processes, peers in the same run. */
const rounds = Number(process.argv[2] ?? 7)
/** Only rows whose name holds this. */
const only = process.argv[3] ?? ''
const here = join(import.meta.dirname, 'programs')
const built = await packedProject(mkdtempSync(join(tmpdir(), 'millrace-built-')))
const store = join(built, 'store')
for (const name of ['diamond.ts', 'many.ts', 'ten.ts', 'floor.ts', 'millrace.config.ts'])
  copyFileSync(join(here, name), join(built, name))
process.on('exit', () => rmSync(built, { recursive: true, force: true }))

const tsx = join(import.meta.dirname, 'node_modules/.bin/tsx')
const node = process.execPath
const quiet = ['--store', store, '--progress', 'quiet']
/**
 * Puts a folder out of the way. Deleted at the end only: for minutes after a deletion of many files ext4 searches each
 * new file's inode among those deleted ones, which would be counted as ours.
 */
function putAside(folder: string): void {
  if (existsSync(folder)) renameSync(folder, `${folder}-${randomUUID()}`)
}
const caches = join(built, 'caches')
process.env.XDG_CACHE_HOME = caches
/** Leaves what Node has compiled of packages: only the first program that a user ever runs finds none of it. */
const wipe = () => {
  putAside(store)
  putAside(join(caches, 'millrace/code'))
}

interface Row {
  readonly what: string
  readonly target: string
  readonly subject: Subject
  readonly bare?: Subject
}

const bare = (shape: string, size = 10_000): Subject => ({
  name: `bare ${shape}`,
  command: [node, 'bare.ts', shape],
  cwd: here,
  env: { SIZE: String(size) },
})
const millrace = (what: string, command: readonly string[], more: Partial<Subject> = {}): Subject => ({
  name: what,
  command: [...command, ...quiet],
  cwd: command[0] === tsx ? here : built,
  before: wipe,
  ...more,
})
/** Manifests of ten stages, written anew, with their code bundled anew. */
const compiled = (pipeline: string, size: number): Subject => ({
  name: `compile ${pipeline} ${size}`,
  command: [node, 'ten.ts', 'compile', '--pipeline', pipeline, '--out', join(built, 'deploy'), '--store', store],
  cwd: built,
  env: { SIZE: String(size) },
  before() {
    wipe()
    putAside(join(built, 'deploy'))
  },
})
const many = (pipeline: string): readonly string[] => ['many.ts', '--pipeline', pipeline]

/** A store in which the diamond ran ten thousand times. */
const longStore = join(built, 'long')
execFileSync(node, ['diamond.ts', '--store', longStore, '--progress', 'quiet'], { cwd: built, stdio: 'ignore' })
const [ran] = readdirSync(join(longStore, 'runs')).filter((name) => /^\d/.test(name)) as [string]
for (let i = 1; i < 10_000; i++) {
  const id = `20200101-000000-${i.toString(16).padStart(6, '0')}`
  cpSync(join(longStore, 'runs', ran), join(longStore, 'runs', id), { recursive: true })
}

const floors: Subject[] = [
  { name: 'floor: tsx with zod', command: [tsx, 'floor.ts'], cwd: here },
  { name: 'floor: built with zod', command: [node, 'floor.ts'], cwd: built },
]

const rows: Row[] = [
  {
    what: '4-stage diamond, cold, `tsx`, in this workspace',
    target: '0.6 s',
    subject: millrace('diamond tsx', [tsx, 'diamond.ts']),
    bare: bare('diamond'),
  },
  {
    what: '4-stage diamond, cold, `tsx`, package as published',
    target: '0.6 s',
    subject: { ...millrace('diamond tsx packed', [tsx, 'diamond.ts']), cwd: built },
    bare: bare('diamond'),
  },
  {
    what: '4-stage diamond, cold, built',
    target: '0.35 s',
    subject: millrace('diamond built', [node, 'diamond.ts']),
    bare: bare('diamond'),
  },
  {
    what: '10,000 distinct calls, chain',
    target: '2 s, 300 MB',
    subject: millrace('chain', [node, ...many('chain')]),
    bare: bare('chain'),
  },
  {
    what: '10,000 distinct calls, fan-out',
    target: '2 s, 300 MB',
    subject: millrace('fan', [node, ...many('fan')]),
    bare: bare('fan'),
  },
  {
    what: '10,000 items of one map',
    target: '–',
    subject: millrace('mapped', [node, ...many('mapped')]),
    bare: bare('fan'),
  },
  {
    what: '100,000 distinct calls, chain',
    target: '12 times 10,000, 1 GB',
    subject: millrace('chain 100,000', [node, ...many('chain')], { env: { SIZE: '100000' } }),
    bare: bare('chain', 100_000),
  },
  {
    what: '100,000 distinct calls, fan-out',
    target: '12 times 10,000, 1 GB',
    subject: millrace('fan 100,000', [node, ...many('fan')], { env: { SIZE: '100000' } }),
    bare: bare('fan', 100_000),
  },
  {
    what: '90,000 distinct calls, 300 layers of 300',
    target: '12 times 10,000, 1 GB',
    subject: millrace('layers', [node, ...many('layers')], { env: { SIZE: '90000' } }),
  },
  {
    what: 're-run of 1,000 cached calls',
    target: '0.6 s',
    subject: millrace('cached', [node, ...many('fan')], { env: { SIZE: '999' }, before() {} }),
    bare: bare('fan', 999),
  },
  ...['chain', 'fan'].map((pipeline) => ({
    what: `\`compile\` of 10,000 calls of 10 stages, ${pipeline}`,
    target: '3 s',
    subject: compiled(pipeline, 10_000),
  })),
  { what: '`compile` of 1,000 calls of 10 stages, chain', target: '–', subject: compiled('chain', 1000) },
  {
    what: '`--help`, built',
    target: '0.25 s',
    subject: { name: 'help', command: [node, 'diamond.ts', '--help'], cwd: built },
  },
  {
    what: '`plan` of the diamond, unchanged, built',
    target: '0.25 s',
    subject: { name: 'plan', command: [node, 'diamond.ts', 'plan', '--store', longStore], cwd: built },
  },
  {
    what: '`runs list` with 10,000 runs, built',
    target: '0.5 s',
    subject: { name: 'runs list', command: [node, 'diamond.ts', 'runs', 'list', '--store', longStore], cwd: built },
  },
]

const show = ({ seconds, peak }: Figure): string =>
  `${seconds.median.toFixed(2)} s (${seconds.least.toFixed(2)}–${seconds.most.toFixed(2)}), ${peak.toFixed(0)} MB`

console.log(`${machine()}; ${rounds} rounds, median (least–most), peak memory of the largest process\n`)
console.log('| what | target | Millrace | bare promises | ratio |')
console.log('|---|---|---|---|---|')
for (const figure of measure(floors, rounds)) console.log(`| ${figure.name} | | ${show(figure)} | | |`)
for (const { what, target, subject, bare } of rows.filter(({ what }) => what.includes(only))) {
  wipe()
  const [ours, theirs] = measure(bare ? [subject, bare] : [subject], rounds) as [Figure, Figure?]
  const peer = theirs ? `${show(theirs)} | ${(ours.seconds.median / theirs.seconds.median).toFixed(1)}` : '|'
  console.log(`| ${what} | ≤ ${target} | ${show(ours)} | ${peer} |`)
}
