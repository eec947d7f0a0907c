import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Event } from '@millrace/ir'
import { expect, onTestFinished, test } from 'vitest'
import { problemsOf, told } from '../conformance/events.ts'
import { alive } from '../support/processes.ts'
import { program } from '../support/program.ts'

const head = `import { execSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const input = z.object({ n: z.number().default(0) })
const output = z.object({ n: z.number() })
const noted = (name: string) => existsSync(name) ? readFileSync(name, 'utf8').trim().split('\\n').length : 0
/** Computes until a file is there. */
const block = (name: string) => { while (!existsSync(name)); }
`
/** Every call in a worker, whatever it computes. */
const env = { MILLRACE_LIGHT: '0' }
const until = async (is: () => boolean): Promise<void> => {
  while (!is()) await sleep(20)
}
const linesOf = (file: string): string[] => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])

/** Keeps all cores busy until the test ends. */
function busy(): void {
  for (let i = 0; i < availableParallelism(); i++) {
    const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
  }
}

test('under tsx a signal is heard while all cores compute: stages are told, what does not end is ended after its grace', async () => {
  const { folder, start } = program(`${head}
export const wait = stage('wait', { input, output, run: async (_, { signal }) => {
  await new Promise((done) => signal.addEventListener('abort', () => { appendFileSync('cleanup', 'cleaned up\\n'); done(0) }))
  return { n: 1 }
} })
export const spin = stage('spin', { input, output, run: ({ n }) => { appendFileSync('pids', process.pid + '\\n'); block('never'); return { n } } })
const list = Array.from({ length: Number(process.env.SPINS) }, (_, i) => i)
export const p = pipeline('p', { input: z.object({}), build: () => ({ a: wait({}).n, b: map(list, (n) => spin({ n }).n) }) })
main(import.meta, p)`)
  const spins = Math.max(1, availableParallelism() - 1)
  const started = start([], { how: 'tsx', env: { ...env, SPINS: String(spins) } })
  const pids = () => linesOf(join(folder, 'pids'))
  await until(() => pids().length === spins)
  busy()
  await sleep(1000)
  started.child.kill('SIGINT')
  expect(await started.ended).toEqual({ code: 130, signal: null })
  expect(linesOf(join(folder, 'cleanup'))).toEqual(['cleaned up'])
  const last = started.stderr().trimEnd().split('\n').at(-1)
  expect(last).toMatch(/^0 ran, 0 cached, 0 skipped, 0 failed, \d+\.\d\d s$/)
  expect(Number(/([\d.]+) s$/.exec(last ?? '')?.[1])).toBeGreaterThan(9.9)
  expect(pids().map((pid) => alive(Number(pid)))).not.toContain(true)
})

test('a second signal ends the workers at once', async () => {
  const { folder, start } = program(`${head}
export const spin = stage('spin', { input, output, run: ({ n }) => { appendFileSync('pids', process.pid + '\\n'); block('never'); return { n } } })
export const p = pipeline('p', { input: z.object({}), build: () => spin({}) })
main(import.meta, p)`)
  const started = start()
  await until(() => existsSync(join(folder, 'pids')))
  started.child.kill('SIGINT')
  await sleep(300)
  started.child.kill('SIGINT')
  expect(await started.ended).toEqual({ code: 130, signal: null })
  expect(Number(/([\d.]+) s$/.exec(started.stderr().trimEnd())?.[1])).toBeLessThan(9.9)
  expect(alive(Number(readFileSync(join(folder, 'pids'), 'utf8')))).toBe(false)
})

test('SIGKILL leaves no worker behind, nor what its stage started, though it computes', async () => {
  const { folder, start } = program(`${head}
export const spin = stage('spin', { input, output, run: ({ n }) => {
  execSync('sleep 1000 > /dev/null 2>&1 & echo $! >> pids')
  appendFileSync('pids', process.pid + '\\n')
  block('never')
  return { n }
} })
export const p = pipeline('p', { input: z.object({}), build: () => ({ all: map([1, 2], (n) => spin({ n }).n) }) })
main(import.meta, p)`)
  const started = start()
  const pids = () => linesOf(join(folder, 'pids'))
  await until(() => pids().length >= 2)
  expect(pids().map((pid) => alive(Number(pid)))).not.toContain(false)
  started.child.kill('SIGKILL')
  await started.ended
  await until(() => pids().every((pid) => !alive(Number(pid))))
})

test('a worker that is killed fails its stage alone, and is tried again like any other failure', async () => {
  const { run } = program(`${head}
const die = (n: number, times: number) => {
  appendFileSync('tries-' + n, 'x\\n')
  if (noted('tries-' + n) <= times) execSync('kill -9 ' + process.pid)
  return { n }
}
export const dies = stage('dies', { input, output, run: ({ n }) => die(n, 9) })
export const once = stage('once', { input, output, retries: 1, run: ({ n }) => die(n, 1) })
export const fine = stage('fine', { input, output, run: ({ n }) => ({ n }) })
export const p = pipeline('p', { input: z.object({}), build: () => ({ a: dies({ n: 1 }).n, b: once({ n: 2 }).n, c: fine({ n: once.with({ retries: 2 })({ n: 3 }).n }).n }) })
main(import.meta, p)`)
  const ran = await run(['--json'], { env })
  const events = ran.events() as unknown as Event[]
  expect([ran.code, problemsOf(events)]).toEqual([1, []])
  const ends = told(events).filter((line) => !line.endsWith('started'))
  expect(ends.toSorted()).toEqual([
    'dies failed',
    'fine succeeded',
    'once retried',
    'once succeeded',
    'once.2 retried',
    'once.2 succeeded',
  ])
  const { errors } = events.at(-1) as Extract<Event, { event: 'run.finished' }>
  expect(errors.map(({ code, message, fix }) => ({ code, message, fix }))).toEqual([
    {
      code: 'process-failed',
      message: 'the process of "dies" was ended by SIGKILL (9)',
      fix: 'Give the stage more memory, if the machine ended it for using too much.',
    },
  ])
})

test('what shared a worker with a stage that took it down is begun again, and nobody hears of it', async () => {
  const { folder, run } = program(`${head}
export const part = stage('part', { input, output, resources: { cpu: 0.05 }, run: async ({ n }, { log, metric }) => {
  appendFileSync('began', n + '\\n')
  log('at work'); metric('n', n)
  while (noted('began') < 8) await sleep(10)
  if (n === 0) { appendFileSync('down', 'x'); execSync('kill -9 ' + process.pid) }
  while (!existsSync('down')) await sleep(10)
  // not before it is gone
  await sleep(200)
  return { n }
} })
export const p = pipeline('p', { input: z.object({}), build: () => ({ all: map([0, 1, 2, 3, 4, 5, 6, 7], (n) => part({ n }).n, { failures: 'allow' }) }) })
main(import.meta, p)`)
  const ran = await run(['--json', '--jobs', '8'], { env })
  const events = ran.events() as unknown as Event[]
  const { output } = events.at(-1) as Extract<Event, { event: 'run.finished' }>
  expect([ran.code, output, problemsOf(events)]).toEqual([0, { all: [null, 1, 2, 3, 4, 5, 6, 7] }, []])
  const starts = events.filter((at) => at.event === 'stage.started')
  expect(starts.map((at) => at.attempt)).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
  // some of them did
  expect(readFileSync(join(folder, 'began'), 'utf8').trim().split('\n').length).toBeGreaterThan(8)
})

test('a stage that nothing can settle waits for what still runs beside it, in whatever process', async () => {
  const { run } = program(`${head}
export const never = stage('never', { input, output, run: () => new Promise<never>(() => {}) })
export const heeds = stage('heeds', { input, output, run: async (_, { signal }) => new Promise((done) => signal.addEventListener('abort', () => done({ n: 1 }))) })
export const slow = stage('slow', { input, output, run: async () => { for (let i = 0; i < 20; i++) await sleep(50); return { n: 1 } } })
export const p = pipeline('p', { input: z.object({}), build: () => ({ a: never.with({ resources: { cpu: 0.1 } })({}).n, b: heeds.with({ resources: { cpu: 0.1 } })({}).n, c: slow.with({ resources: { cpu: 0.1 } })({}).n }) })
main(import.meta, p)`)
  for (const words of [[], ['--in-process']]) {
    const ran = await run(['--json', '--fresh', ...words], { env })
    const ends = told(ran.events() as unknown as Event[]).filter((line) => !line.endsWith('started'))
    expect([ran.code, ends[0], ends.slice(1).toSorted()]).toEqual([
      1,
      'slow succeeded',
      expect.arrayContaining(['never failed']),
    ])
  }
})

test('a timeout counts from when the code of a stage begins, and ends one that blocks its worker', async () => {
  const { folder, run } = program(`${head}
export const blocks = stage('blocks', { input, output, timeout: '300ms', run: ({ n }) => { appendFileSync('pids', process.pid + '\\n'); block('never'); return { n } } })
export const quick = stage('quick', { input, output, timeout: '1s', run: ({ n }) => ({ n }) })
export const p = pipeline('p', { input: z.object({}), build: () => ({ a: blocks({}).n, b: quick({}).n }) })
main(import.meta, p)`)
  const ran = await run(['--json'], { env })
  const events = ran.events() as unknown as Event[]
  expect([
    ran.code,
    told(events)
      .filter((line) => !line.endsWith('started'))
      .toSorted(),
  ]).toEqual([1, ['blocks failed', 'quick succeeded']])
  const { errors } = events.at(-1) as Extract<Event, { event: 'run.finished' }>
  expect(errors.map(({ message }) => message)).toEqual(['"blocks" did not end within its timeout of 300ms'])
  expect(alive(Number(readFileSync(join(folder, 'pids'), 'utf8')))).toBe(false)
})

test('a stage that prints faster than anybody reads is held back, and loses nothing', async () => {
  const { run } = program(`${head}
export const loud = stage('loud', { input, output, run: () => {
  const line = 'x'.repeat(1023)
  for (let i = 0; i < 20_000; i++) console.log(line)
  return { n: process.memoryUsage().rss / 2 ** 20 }
} })
export const p = pipeline('p', { input: z.object({}), build: () => loud({}) })
main(import.meta, p)`)
  const ran = await run(['--progress', 'quiet'], { env })
  expect(ran.code).toBe(0)
  expect(JSON.parse(ran.stdout).n).toBeLessThan(400)
  const logs = await run(['runs', 'logs'], { env })
  expect(logs.stdout.split('\n').filter((line) => line.endsWith('xxx')).length).toBe(20_000)
})

test('where no worker can start, all runs here', async () => {
  const { run } = program({
    'die.cjs': "if (process.argv[1]?.endsWith('worker.js')) process.exit(7)",
    'program.ts': `${head}
export const one = stage('one', { input, output, run: ({ n }) => ({ n: process.pid === Number(process.env.MAIN ?? process.pid) ? n : -1 }) })
export const p = pipeline('p', { input: z.object({}), build: () => ({ all: map([1, 2, 3], (n) => one({ n }).n) }) })
process.env.MAIN = String(process.pid)
main(import.meta, p)`,
  })
  const ran = await run([], { env: { ...env, NODE_OPTIONS: '--require ./die.cjs' } })
  expect([ran.code, ran.stdout]).toEqual([0, '{"all":[1,2,3]}\n'])
})

test('what a stage wants done at the end of its process is done when the run ends', async () => {
  const { folder, run } = program(`${head}
export const one = stage('one', { input, output, run: ({ n }) => { process.once('exit', () => writeFileSync('cleaned', 'up')); return { n } } })
export const p = pipeline('p', { input: z.object({}), build: () => one({}) })
main(import.meta, p)`)
  expect((await run([], { env })).code).toBe(0)
  expect(readFileSync(join(folder, 'cleaned'), 'utf8')).toBe('up')
})

test.each([[[]], [['--in-process']]])('a stage may run another pipeline, wherever it runs: %j', async (words) => {
  const { run } = program({
    'inner.ts': `${head}
export const inner = stage('inner', { input, output, run: ({ n }) => { console.log('within'); return { n: n + 1 } } })
export const p = pipeline('inner', { input, build: ({ n }) => inner({ n }) })`,
    'program.ts': `${head}import { run } from 'millrace'
import { p as other } from './inner.ts'
export const one = stage('one', { input, output, run: async ({ n }) => ({ n: (await run(other, { n }, { store: './other' })).n * 10 }) })
export const p = pipeline('p', { input: z.object({}), build: () => one({ n: 4 }) })
main(import.meta, p)`,
  })
  const ran = await run([...words], { env })
  expect([ran.code, ran.stdout]).toEqual([0, '{"n":50}\n'])
})
