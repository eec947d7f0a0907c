import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Event } from '@millrace/ir'
import { describe, expect, test } from 'vitest'
import { problemsOf, told } from '../conformance/events.ts'
import type { Started } from '../support/processes.ts'
import { program } from '../support/program.ts'

const text = `
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const first = stage('first', {
  cache: false,
  input: z.object({}),
  output: z.object({ at: z.number() }),
  run: () => ({ at: Date.now() }),
})
export const wait = stage('wait', {
  input: z.object({ n: z.number(), at: z.number(), how: z.string() }),
  output: z.object({ n: z.number() }),
  run: async ({ n, how }, { signal }) => {
    writeFileSync('pid', String(process.pid))
    console.log('at work')
    signal.addEventListener('abort', () => console.log('told to end'))
    while (!existsSync('go')) {
      if (how !== 'deaf' && signal.aborted) throw new Error('told to end')
      if (how === 'blocked') while (!existsSync('go'));
      await sleep(10)
    }
    return { n }
  },
})
export const waiting = pipeline('waiting', {
  input: z.object({ how: z.string().default('heeds'), list: z.array(z.number()).default([1, 2, 3]) }),
  build: ({ how, list }) => {
    const { at } = first({})
    return { at, list: map(list, (n) => wait({ n, at, how }).n) }
  },
})
export const apart = pipeline('apart', {
  input: z.object({ how: z.string().default('heeds') }),
  build: ({ how }) => ({ n: wait.with({ isolate: 'process' })({ n: 1, at: first({}).at, how }).n }),
})
main(import.meta, waiting, apart)
`
const eventsOf = (stdout: string): Event[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event)
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Reads its stdout no more. */
async function closed({ child }: Started): Promise<void> {
  const stdout = child.stdout as Readable
  stdout.destroy()
  await once(stdout, 'close')
}

test('SIGINT cancels: exit 130, the stages are told, and the next run goes on under the same id', async () => {
  const { folder, run, start } = program(text)
  const cancelled = start(['--json'])
  await cancelled.said('at work')
  cancelled.child.kill('SIGINT')
  expect(await cancelled.ended).toEqual({ code: 130, signal: null })
  const events = eventsOf(cancelled.stdout())
  expect(problemsOf(events)).toEqual([])
  expect(events.at(-1)).toMatchObject({ event: 'run.finished', status: 'cancelled', output: null })
  const begun = told(events).filter((line) => /^wait.*started/.test(line))
  expect(told(events).filter((line) => line.endsWith('cancelled')).length).toBe(begun.length)
  expect(cancelled.stderr().trimEnd().split('\n').at(-1)).toMatch(/^1 ran, 0 cached, 0 skipped, 0 failed, /)

  writeFileSync(join(folder, 'go'), '')
  const again = await run(['--json'])
  const more = again.events() as unknown as Event[]
  expect([again.code, more[0]?.run]).toEqual([0, events[0]?.run])
  expect(told(more)).toContain('first cached')
  const first = events.find((at) => at.event === 'stage.succeeded' && at.node === 'first')
  expect(more.at(-1)).toMatchObject({
    status: 'succeeded',
    output: { at: (first as unknown as { output: { at: number } }).output.at },
  })
})

describe.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s', (signal, code) => {
  test('cancels too, and says so without --json', async () => {
    const { run, start } = program(text)
    const cancelled = start()
    await cancelled.said('at work')
    cancelled.child.kill(signal)
    expect([await cancelled.ended, cancelled.stdout()]).toEqual([{ code, signal: null }, ''])
    const { stdout } = await run(['runs', 'list'])
    expect(stdout).toBe('<run>  waiting  <start>  cancelled  1 ran, 0 cached, 0 skipped, 0 failed  <s>\n')
  })
})

test('a second signal ends a run whose stages do not heed the first', async () => {
  const { start } = program(text)
  const cancelled = start(['--param', 'how=deaf'])
  await cancelled.said('at work')
  const began = performance.now()
  cancelled.child.kill('SIGINT')
  await cancelled.said('told to end')
  // signals that come together are one
  await sleep(300)
  expect(cancelled.child.exitCode).toBe(null)
  cancelled.child.kill('SIGINT')
  expect(await cancelled.ended).toEqual({ code: 130, signal: null })
  // before the grace of 10 s is over
  expect(performance.now() - began).toBeLessThan(9500)
})

test.each(['SIGINT', 'SIGKILL'] as const)('%s leaves no process behind', async (signal) => {
  const { folder, start } = program(text)
  const run = start(['--pipeline', 'apart', '--param', `how=${signal === 'SIGKILL' ? 'blocked' : 'heeds'}`])
  await run.said('at work')
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
  expect([pid !== run.child.pid, alive(pid)]).toEqual([true, true])
  run.child.kill(signal)
  const { code } = await run.ended
  expect(code).toBe(signal === 'SIGINT' ? 130 : null)
  // also a child whose loop is blocked, and which can't see that its parent has died
  while (alive(pid)) await sleep(20)
})

test('a signal that comes while the last stage blocks this process is heard when it ends: its result came too late', async () => {
  const { folder, run, start } = program(text)
  const args = ['--param', 'how=blocked', '--param', 'list=[1]', '--in-process']
  const blocked = start(args)
  while (!existsSync(join(folder, 'pid'))) await sleep(20)
  blocked.child.kill('SIGINT')
  await sleep(200)
  expect(blocked.child.exitCode).toBe(null)
  writeFileSync(join(folder, 'go'), '')
  expect([await blocked.ended, blocked.stdout()]).toEqual([{ code: 130, signal: null }, ''])
  expect((await run(['runs', 'list'])).stdout).toContain('waiting  <start>  cancelled  1 ran, ')
  const again = await run(args)
  expect([again.code, again.stderr.trimEnd().split('\n').at(-1)]).toEqual([
    0,
    '1 ran, 1 cached, 0 skipped, 0 failed, <s>',
  ])
})

test('signals that come together are one: a wrapper passes on what its group has got already', async () => {
  const { start } = program(text)
  const cancelled = start(['--param', 'how=deaf'])
  await cancelled.said('at work')
  cancelled.child.kill('SIGINT')
  cancelled.child.kill('SIGTERM')
  await sleep(600)
  expect(cancelled.child.exitCode).toBe(null)
  cancelled.child.kill('SIGINT')
  expect((await cancelled.ended).signal).toBe(null)
})

test('a program whose tsx was killed before it came to run anything ends by itself', async () => {
  const late = "writeFileSync('loaded', '')\nwhile (!existsSync('on')) await sleep(10)\nmain(import.meta"
  const { folder, start } = program(text.replace('main(import.meta', late))
  const run = start([], { how: 'tsx' })
  while (!existsSync(join(folder, 'loaded'))) await sleep(10)
  run.child.kill('SIGKILL')
  await once(run.child, 'exit')
  writeFileSync(join(folder, 'on'), '')
  // its pipes close when the program has ended
  expect(await run.ended).toEqual({ code: null, signal: 'SIGKILL' })
  expect(run.stdout()).toBe('')
})

test('what nohup starts goes on when its terminal closes', async () => {
  const { folder, start } = program(text)
  // nohup puts a stdin that can only be written in a terminal's place
  const before = ['sh', '-c', 'trap "" HUP; exec "$@" 0>/dev/null', 'sh']
  const run = start(['--param', 'list=[1]'], { before })
  await run.said('at work')
  run.child.kill('SIGHUP')
  await sleep(200)
  writeFileSync(join(folder, 'go'), '')
  expect(await run.ended).toEqual({ code: 0, signal: null })
})

test('kill -9: the next run goes on where it was, and does again only what was not committed', async () => {
  const { folder, run, start } = program(text)
  const killed = start(['--json'])
  await killed.said('at work')
  killed.child.kill('SIGKILL')
  await killed.ended
  const [begin] = eventsOf(killed.stdout())
  const { stdout } = await run(['runs', 'list'])
  expect(stdout).toBe('<run>  waiting  <start>  interrupted\n')
  writeFileSync(join(folder, 'go'), '')
  const again = await run(['--json'])
  const events = again.events() as unknown as Event[]
  expect([again.code, problemsOf(events), events[0]?.run]).toEqual([0, [], begin?.run])
  expect(told(events).filter((line) => line.startsWith('first'))).toEqual(['first cached'])
})

test('an output that nobody reads any more is exit 141, and kept', async () => {
  const { folder, run, start } = program(text)
  const args = ['--param', 'list=[1]']
  const piped = start(args)
  await piped.said('at work')
  await closed(piped)
  writeFileSync(join(folder, 'go'), '')
  expect(await piped.ended).toEqual({ code: 141, signal: null })
  expect((await run(['runs', 'list'])).stdout).toContain('waiting  <start>  succeeded  2 ran, ')
})

test('a reader of stdout that goes away cancels the run: exit 141', async () => {
  const { folder, run, start } = program(text)
  const piped = start(['--json', '--param', 'list=[1,2]'])
  await piped.said('at work')
  await closed(piped)
  // what it says next finds nobody
  writeFileSync(join(folder, 'go'), '')
  expect(await piped.ended).toEqual({ code: 141, signal: null })
  expect(piped.stderr()).not.toContain('EPIPE')
  expect(existsSync(join(folder, 'store'))).toBe(true)
  // and every other command just ends
  const list = start(['runs', 'list'])
  await closed(list)
  expect(await list.ended).toEqual({ code: 141, signal: null })
  expect(list.stderr()).toBe('')
  expect((await run(['--param', 'list=[1,2]'])).code).toBe(0)
})
