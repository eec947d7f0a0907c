import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ran } from '../support/processes.ts'
import { root } from '../support/processes.ts'
import { type Campaign, holds, same, type Trial } from './campaign.ts'

const many = readFileSync(join(root, 'bench/programs/many.ts'), 'utf8')

const heavy = `
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { file, folder, main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const isolate = process.env.ISOLATE ? { isolate: 'process' as const } : {}
export const print = stage('print', {
  ...isolate,
  input: z.object({ mib: z.number() }),
  output: z.object({ lines: z.number() }),
  run: async ({ mib }) => {
    const line = \`\${'x'.repeat(1023)}\\n\`
    for (let i = 0; i < mib * 1024; i++) {
      process.stdout.write(line)
      if (i % 1024 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    return { lines: mib * 1024 }
  },
})
export const large = stage('large', {
  ...isolate,
  input: z.object({ mib: z.number() }),
  output: z.object({ data: file() }),
  run: ({ mib }, context) => {
    const data = context.file('data.bin')
    const fd = openSync(data.path, 'w')
    for (let i = 0; i < mib; i++) writeSync(fd, Buffer.alloc(1 << 20, i))
    closeSync(fd)
    return { data }
  },
})
export const measure = stage('measure', {
  ...isolate,
  input: z.object({ data: file() }),
  output: z.object({ last: z.number(), size: z.number() }),
  run: ({ data }) => {
    const fd = openSync(data.path, 'r')
    const last = Buffer.alloc(1)
    readSync(fd, last, 0, 1, data.size - 1)
    closeSync(fd)
    return { last: last[0] as number, size: data.size }
  },
})
export const small = stage('small', {
  input: z.object({ i: z.number() }),
  output: z.object({ data: file() }),
  run: ({ i }, context) => {
    const data = context.file('i.txt')
    writeFileSync(data.path, String(i))
    return { data }
  },
})
export const shards = stage('shards', {
  ...isolate,
  input: z.object({ count: z.number() }),
  output: z.object({ list: folder() }),
  run: ({ count }, context) => {
    const list = context.folder('list')
    for (let i = 0; i < count; i++) writeFileSync(\`\${list.path}/\${i}.txt\`, String(i))
    return { list }
  },
})
export const range = stage('range', {
  input: z.object({ count: z.number() }),
  output: z.object({ list: z.array(z.number()) }),
  run: ({ count }) => ({ list: Array.from({ length: count }, (_, i) => i) }),
})
export const prints = pipeline('prints', { input: z.object({}), build: () => print({ mib: 1024 }) })
export const one = pipeline('one', { input: z.object({}), build: () => measure({ data: large({ mib: 256 }).data }) })
export const files = pipeline('files', {
  input: z.object({}),
  build: () => ({ last: map(range({ count: 10_000 }).list, (i) => small({ i }).data) }),
})
export const parts = pipeline('parts', { input: z.object({}), build: () => shards({ count: 10_000 }) })
main(import.meta, prints, one, files, parts)
`

/** One thing that is large, and what must come of it. */
interface Size {
  readonly name: string
  perform(trial: Trial): Promise<void>
}

const gigabyte = 1e9
/** Reliability: what a run may take beyond one that does next to nothing. */
const flat = 150e6

/** Runs a program and tells its peak memory too, in bytes, and its processor time, in seconds. */
async function measured(
  { run, folder }: Trial,
  pipeline: string,
  env: Readonly<Record<string, string>>,
  more: readonly string[] = ['--progress', 'quiet'],
): Promise<Ran & { readonly peak: number; readonly seconds: number }> {
  const figures = join(folder, `figures-${pipeline}`)
  const preload = join(root, 'test/faults/figures.cjs')
  const ran = await run(['--pipeline', pipeline, ...more], {
    env: { ...env, NODE_OPTIONS: `--require ${preload}`, FIGURES: figures },
    timeout: 900_000,
  })
  const processes = readFileSync(figures, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { peak: number; seconds: number })
  return { ...ran, peak: Math.max(...processes.map(({ peak }) => peak)), seconds: processes.at(-1)?.seconds ?? 0 }
}

/** The last line of a run without its time. */
const counts = ({ stderr }: Ran): string => (stderr.trimEnd().split('\n').at(-1) ?? '').replace(/, <s>$/, '')

/** So many calls: the right result, under 1 GB, and again from the cache; in the campaign also linear in time. */
const calls = (pipeline: string, size: number, ran: number, n: number): Size => ({
  name: `${size} calls, ${pipeline}`,
  async perform(trial) {
    trial.write(many)
    const env = { SIZE: String(size) }
    const told = `${ran} ran, 0 cached, 0 skipped, 0 failed`
    if (trial.full) await measured(trial, pipeline, { SIZE: String(size / 10) })
    const small = trial.full ? await measured(trial, pipeline, { SIZE: String(size / 10) }, ['--fresh']) : undefined
    const first = await measured(trial, pipeline, env, ['--fresh', '--progress', 'quiet'])
    same(first.stderr, [first.code, first.stdout, counts(first)], [0, `{"n":${n}}\n`, told])
    holds(`${first.peak} bytes of memory at the most`, first.peak < gigabyte)
    if (small) holds(`${first.seconds} s of ${small.seconds} s`, first.seconds < 12 * small.seconds)
    const again = await measured(trial, pipeline, env)
    const cached = `0 ran, ${ran} cached, 0 skipped, 0 failed`
    same(again.stderr, [again.code, again.stdout, counts(again)], [0, first.stdout, cached])
    holds(`${again.peak} bytes of memory at the most`, again.peak < gigabyte)
  },
})

/** Much data: the right result, and memory as if there were none. */
const bytes = (pipeline: string, isolate: boolean, check: (ran: Ran, trial: Trial) => void): Size => ({
  name: `${pipeline}${isolate ? ' isolated' : ''}`,
  async perform(trial) {
    trial.write({ 'program.ts': heavy, 'idle.ts': many })
    const idle = { entry: 'idle.ts', env: { NODE_OPTIONS: `--require ${join(root, 'test/faults/figures.cjs')}` } }
    const figures = join(trial.folder, 'idle')
    await trial.run(['--pipeline', 'chain'], { ...idle, env: { ...idle.env, SIZE: '100', FIGURES: figures } })
    const { peak: least } = JSON.parse(readFileSync(figures, 'utf8')) as { peak: number }
    const ran = await measured(trial, pipeline, isolate ? { ISOLATE: '1' } : {}, ['--progress', 'plain'])
    same(ran.stderr.slice(-2000), ran.code, 0)
    check(ran, trial)
    holds(`${ran.peak} bytes of memory, and ${least} when idle`, ran.peak < least + flat)
  },
})

const logIsCut = (ran: Ran): void => {
  same('its result', ran.stdout, '{"lines":1048576}\n')
  const told = ran.stderr.split('\n').filter((line) => line.includes('[more in '))
  same('where the rest is, told once', told.length, 1)
}
const isLarge = (ran: Ran): void => same('its result', ran.stdout, `{"last":255,"size":${256 << 20}}\n`)
const isWhole = (ran: Ran): void => holds(ran.stdout, /^\{"list":\{.*"size":38890\}\}\n$/.test(ran.stdout))

const sizes: readonly Size[] = [
  calls('chain', 100_000, 100_000, 4_999_950_000),
  bytes('prints', true, logIsCut),
  bytes('one', false, isLarge),
  bytes('parts', false, isWhole),
  calls('fan', 100_000, 100_001, 5_000_050_000 % 1_000_000_007),
  calls('layers', 90_000, 90_001, 562_402_910),
  calls('mapped', 100_000, 100_002, 5_000_050_000 % 1_000_000_007),
  bytes('prints', false, logIsCut),
  bytes('one', true, isLarge),
  bytes('parts', true, isWhole),
]

export const size: Campaign = {
  name: 'size',
  what: '100,000 calls under 1 GB and in linear time; 1 GiB printed, a file of 256 MiB, 10,000 files in flat memory',
  sample: 4,
  full: sizes.length,
  jobs: 1,
  async perform(trial) {
    const at = sizes[trial.index % sizes.length] as Size
    await at.perform(trial)
    return undefined
  },
}
