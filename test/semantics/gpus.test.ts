import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '@millrace/ir'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const input = z.object({ n: z.int() })
const output = z.object({ sees: z.string(), order: z.string(), gpu: z.unknown() })
const look = (gpu: unknown) => ({
  sees: process.env.CUDA_VISIBLE_DEVICES ?? 'unset', order: process.env.CUDA_DEVICE_ORDER ?? 'unset',
  gpu: gpu ?? null,
})
const run = async (_: unknown, { resources }: { readonly resources: { readonly gpu?: unknown } }) => {
  await sleep(100)
  return look(resources.gpu)
}
export const train = stage('train', { input, output, resources: { cpu: 0.1, gpu: { type: 'h100-80gb', count: 1 } }, run })
export const plain = stage('plain', { input, output, resources: { cpu: 0.1 }, run })
export const gpus = pipeline('gpus', {
  input: z.object({ list: z.array(z.int()).default([0, 1, 2, 3]) }),
  build: ({ list }) => ({
    trained: map(list, (n) => train({ n })),
    both: train.with({ resources: { gpu: 2 } })({ n: 10 }),
    apart: train.with({ isolate: 'process' })({ n: 11 }),
    plain: plain({ n: 100 }),
    plainApart: plain.with({ isolate: 'process' })({ n: 101 }),
  }),
})
main(import.meta, gpus)
`

interface Seen {
  readonly sees: string
  readonly order: string
  readonly gpu: unknown
}

/** A program on a machine whose nvidia-smi tells what the test wants. */
function onMachine(list: string, source = text) {
  const it = program(source)
  const bin = join(it.folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'nvidia-smi'), `#!/bin/sh\ncat <<'END'\n${list}END\n`)
  chmodSync(join(bin, 'nvidia-smi'), 0o755)
  const env = { PATH: `${bin}:${process.env.PATH}`, MILLRACE_LIGHT: '0' }
  return { ...it, env }
}

const two = `GPU 0: NVIDIA H200 (UUID: GPU-aaaaaaaa-0000)
GPU 1: NVIDIA H200 (UUID: GPU-bbbbbbbb-0000)
`

/** How many GPUs are in use at once at the most, as the events tell. */
function mostAtOnce(events: readonly Event[]): number {
  let [now, most] = [0, 0]
  const held = new Map<string, number>()
  for (const event of events) {
    if (!('node' in event)) continue
    const call = `${event.node} ${event.index}`
    if (event.event === 'stage.started') {
      const { gpu } = event.resources
      held.set(call, typeof gpu === 'object' ? gpu.count : (gpu ?? 0))
      now += held.get(call) ?? 0
    } else if (event.event === 'stage.succeeded') now -= held.get(call) ?? 0
    most = Math.max(most, now)
  }
  return most
}

test('each stage sees exactly the GPUs that it got, one that asks for none sees none', async () => {
  const { run, env } = onMachine(two)
  const ran = await run(['--json'], { env })
  const events = ran.events() as unknown as Event[]
  const { output } = events.at(-1) as unknown as {
    output: { trained: Seen[]; both: Seen; apart: Seen; plain: Seen; plainApart: Seen }
  }
  expect(ran.code).toBe(0)
  const ids = ['GPU-aaaaaaaa-0000', 'GPU-bbbbbbbb-0000']
  for (const { sees, order, gpu } of [...output.trained, output.apart]) {
    expect(ids).toContain(sees)
    expect([order, gpu]).toEqual(['PCI_BUS_ID', { type: 'h100-80gb', count: 1 }])
  }
  expect(output.both).toMatchObject({ sees: ids.join(','), gpu: 2 })
  for (const { sees, gpu } of [output.plain, output.plainApart]) expect([sees, gpu]).toEqual(['', null])
  expect(mostAtOnce(events)).toBe(2)
  const notices = events.flatMap((at) => (at.event === 'notice' ? [`${at.code}: ${at.message}`] : []))
  expect(notices).toEqual([
    'resources-cut: this machine has GPUs of another type than asked for, which are taken instead: "train" (gpu h100-80gb: NVIDIA H200), "train.3" (gpu h100-80gb: NVIDIA H200)',
  ])
})

test('a machine of one runs them one at a time, with what was cut told', async () => {
  const { run, env } = onMachine('GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-cccccccc-0000)\n')
  const ran = await run(['--json'], { env })
  const events = ran.events() as unknown as Event[]
  const { output } = events.at(-1) as unknown as { output: { trained: Seen[]; both: Seen } }
  expect([ran.code, mostAtOnce(events)]).toEqual([0, 1])
  expect([...output.trained, output.both].map(({ sees }) => sees)).toEqual(Array(5).fill('GPU-cccccccc-0000'))
  const notices = events.flatMap((at) => (at.event === 'notice' ? [at.message] : []))
  expect(notices).toEqual(['this machine has less than asked for; requests were cut: "train.2" (gpu 2 to 1)'])
})

test('--strict refuses another type', async () => {
  const { run, env } = onMachine(two)
  const ran = await run(['--strict'], { env })
  expect([ran.code, ran.stderr.split('\n')[0]]).toEqual([
    2,
    'error[resources-missing]: "train" asks for more than this machine has: gpu h100-80gb: NVIDIA H200',
  ])
})

test('variables of the run say which there are', async () => {
  const { run, env } = onMachine(two)
  const ran = await run(['--json'], { env: { ...env, CUDA_VISIBLE_DEVICES: '7' } })
  const { output } = ran.events().at(-1) as unknown as { output: { trained: Seen[]; plain: Seen } }
  expect(output.trained.map(({ sees, order }) => [sees, order])).toEqual(Array(4).fill(['7', 'unset']))
  expect(output.plain.sees).toBe('')
})

const typed = `import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const output = z.object({ sees: z.string() })
const run = () => ({ sees: process.env.CUDA_VISIBLE_DEVICES ?? 'unset' })
const h100 = (count: number) => ({ cpu: 0.1, gpu: { type: 'h100-80gb', count } })
export const train = stage('train', { input: z.object({ n: z.int() }), output, resources: h100(1), run })
export const kinds = pipeline('kinds', {
  input: z.object({ list: z.array(z.int()).default([0, 1, 2]) }),
  build: ({ list }) => ({
    ones: map(list, (n) => train({ n })),
    pair: train.with({ resources: h100(2) })({ n: 10 }),
    any: train.with({ resources: { cpu: 0.1, gpu: 1 } })({ n: 11 }),
  }),
})
main(import.meta, kinds)
`
const a100 = 'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaaaaaa-0000)\n'
const h100 = (at: number) => `GPU ${at}: NVIDIA H100 80GB HBM3 (UUID: GPU-hhhhhhhh-000${at})\n`
type Typed = { readonly output: { ones: { sees: string }[]; pair: { sees: string }; any: { sees: string } } }

test('a request for a type gets GPUs of that type, and waits for them', async () => {
  const { run, env } = onMachine(a100 + h100(1) + h100(2), typed)
  const ran = await run(['--json', '--strict'], { env })
  const events = ran.events() as unknown as Event[]
  expect([ran.code, events.filter(({ event }) => event === 'notice')]).toEqual([0, []])
  const { output } = events.at(-1) as unknown as Typed
  for (const { sees } of output.ones) expect(['GPU-hhhhhhhh-0001', 'GPU-hhhhhhhh-0002']).toContain(sees)
  expect(output.pair.sees).toBe('GPU-hhhhhhhh-0001,GPU-hhhhhhhh-0002')
  // no other request could want it
  expect(output.any.sees).toBe('GPU-aaaaaaaa-0000')
})

test('only where the machine has too few of a type others are taken, which is told, and --strict refuses', async () => {
  const { run, env } = onMachine(a100 + h100(1), typed)
  const ran = await run(['--json'], { env })
  const events = ran.events() as unknown as Event[]
  const { output } = events.at(-1) as unknown as Typed
  expect(ran.code).toBe(0)
  expect(output.ones.map(({ sees }) => sees)).toEqual(Array(3).fill('GPU-hhhhhhhh-0001'))
  expect(output.pair.sees).toBe('GPU-aaaaaaaa-0000,GPU-hhhhhhhh-0001')
  expect(events.flatMap((at) => (at.event === 'notice' ? [`${at.code}: ${at.message}`] : []))).toEqual([
    'resources-cut: this machine has GPUs of another type than asked for, which are taken instead: "train.2" (gpu h100-80gb: NVIDIA A100-SXM4-40GB)',
  ])
  const strict = await run(['--strict'], { env })
  expect([strict.code, strict.stderr.split('\n')[0]]).toEqual([
    2,
    'error[resources-missing]: "train.2" asks for more than this machine has: gpu h100-80gb: NVIDIA A100-SXM4-40GB',
  ])
})

const light = `import { execSync } from 'node:child_process'
import { inherit, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const output = z.object({ sees: z.string(), shell: z.string(), inherited: z.string(), here: z.boolean() })
const run = (_: unknown, { env }: { readonly env: Readonly<Record<string, string>> }) => ({
  sees: process.env.CUDA_VISIBLE_DEVICES ?? 'unset',
  shell: execSync('echo "\${CUDA_VISIBLE_DEVICES-unset}"').toString().trim(),
  inherited: env.CUDA_DEVICE_ORDER ?? 'unset',
  here: String(process.ppid) === process.env.TEST_PID,
})
const io = { input: z.object({ n: z.int() }), output, env: { CUDA_DEVICE_ORDER: inherit('none') } }
export const plain = stage('plain', { ...io, resources: { cpu: 0.1 }, run })
export const train = stage('train', { ...io, resources: { cpu: 0.1, gpu: 1 }, run })
// made by a call: no other process finds it
const made = (n: number) => stage('bound', { ...io, resources: { cpu: 0.1, gpu: 1 }, run: (input, context) => ({ ...run(input, context), n }) })
const bound = made(1)
export const first = pipeline('first', {
  input: z.object({}),
  build: () => {
    const before = plain({ n: 1 })
    const with_ = bound.with({ after: [before] })({ n: 2 })
    return { before, bound: with_, after: plain.with({ after: [with_] })({ n: 3 }), train: train({ n: 4 }) }
  },
})
process.on('exit', () => console.error('at the end ' + (process.env.CUDA_VISIBLE_DEVICES ?? 'unset')))
main(import.meta, first)
`
interface Light {
  readonly sees: string
  readonly shell: string
  readonly inherited: string
  readonly here: boolean
}

test('a call in the process of the program, and what it starts, sees no GPU unless it asks for some', async () => {
  const { run, env } = onMachine(two, light)
  const look = async (more: Readonly<Record<string, string>>, ...words: string[]) => {
    const variables = {
      ...env,
      MILLRACE_LIGHT: '20',
      CUDA_DEVICE_ORDER: 'FASTEST_FIRST',
      TEST_PID: String(process.pid),
      ...more,
    }
    for (;;) {
      const { code, stdout, stderr } = await run(['--fresh', '--jobs', '1', ...words], { env: variables })
      expect([code, stderr]).toEqual([0, expect.stringContaining(`at the end ${more.CUDA_VISIBLE_DEVICES ?? 'unset'}`)])
      const output = JSON.parse(stdout) as Readonly<Record<'before' | 'bound' | 'after' | 'train', Light>>
      // a stage that was not measured yet, or in a moment when all took long, runs in a worker
      if (output.before.here && output.after.here) return output
    }
  }
  const none = { sees: '', shell: '', inherited: 'FASTEST_FIRST', here: true }
  const found = await look({})
  expect([found.before, found.after]).toEqual([none, none])
  expect(found.bound).toMatchObject({ sees: 'unset', shell: 'unset', here: true })
  expect(found.train).toMatchObject({ shell: expect.stringMatching(/^GPU-(a|b)+-0000$/), here: false })
  const given = await look({ CUDA_VISIBLE_DEVICES: '3' })
  expect([given.before, given.after]).toEqual([none, none])
  expect(given.bound).toMatchObject({ sees: '3', shell: '3', inherited: 'FASTEST_FIRST', here: true })
  expect(given.train).toEqual({ sees: '3', shell: '3', inherited: 'FASTEST_FIRST', here: false })
  // there they share the process with those that ask for some
  const all = await look({ CUDA_VISIBLE_DEVICES: '3' }, '--in-process')
  expect(Object.values(all)).toEqual(Array(4).fill({ sees: '3', shell: '3', inherited: 'FASTEST_FIRST', here: true }))
}, 120_000)
