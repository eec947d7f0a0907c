import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `import { setTimeout as sleep } from 'node:timers/promises'
import { existsSync } from 'node:fs'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const input = z.object({ epochs: z.int(), how: z.string() })
export const train = stage('train', { input, output: z.object({ epochs: z.int() }), run: async ({ epochs, how }, context) => {
  console.log('at work')
  let done = 0
  // stops early, and keeps what there is
  for (; done < epochs && !context.signal.aborted; done++) {
    await sleep(20)
    if (how === 'blocks') for (const end = Date.now() + 700; Date.now() < end; );
  }
  return { epochs: done }
} })
export const other = stage('other', { input: z.object({ bad: z.boolean() }), output: z.object({ n: z.int() }), run: async ({ bad }) => { await sleep(300); if (bad) throw new Error('boom'); return { n: 1 } } })
const options = (isolate: boolean) => ({ resources: { cpu: 0.5 }, ...(isolate ? { isolate: 'process' as const } : {}) })
const both = (isolate: boolean) => pipeline(isolate ? 'apart' : 'both', {
  input: z.object({ epochs: z.int().default(60), bad: z.boolean().default(false), timeout: z.boolean().default(false), how: z.string().default('') }),
  build: ({ epochs, bad, how }) => ({ epochs: train.with(options(isolate))({ epochs, how }).epochs, n: other.with({ resources: { cpu: 0.5 } })({ bad }).n }),
})
const timed = (isolate: boolean) => pipeline(isolate ? 'timed-apart' : 'timed', {
  input: z.object({ epochs: z.int().default(60), how: z.string().default('') }),
  build: ({ epochs, how }) => ({ epochs: train.with({ ...options(isolate), timeout: '600ms' })({ epochs, how }).epochs }),
})
export const p = both(false)
main(import.meta, p, both(true), timed(false), timed(true))
`

/** Each place where a stage of TypeScript may run. */
const places = [
  ['in a worker', { MILLRACE_LIGHT: '0' }, [], ''],
  ['in this process', {}, ['--in-process'], ''],
  ['in a process of its own', {}, [], 'apart'],
] as const

describe.each(places)('what a stage gives once it is told to stop is never its result: %s', (_, env, words, apart) => {
  const both = apart === '' ? [] : ['--pipeline', 'apart']
  /** After it, all epochs are done. */
  const isWhole = async (run: ReturnType<typeof program>['run'], more: readonly string[]) => {
    const { code, stdout } = await run([...words, ...more], { env })
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { epochs: 60 }])
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s', async (signal, code) => {
    const { run, start } = program(text)
    const started = start([...words, ...both], { env })
    await started.said('at work')
    started.child.kill(signal)
    expect([await started.ended, started.stdout()]).toEqual([{ code, signal: null }, ''])
    expect(started.stderr()).toContain('train cancelled: the run was cancelled')
    expect(started.stderr().match(/^stopping: .*$/gm)).toEqual(
      signal === 'SIGINT' ? ['stopping: what runs may end first; Ctrl-C once more ends it at once'] : null,
    )
    await isWhole(run, both)
  })

  test('--timeout', async () => {
    const { run } = program(text)
    // its store is there, so that the time is the stage's
    await run(['plan', ...both])
    const ran = await run([...words, ...both, '--timeout', '900ms'], { env })
    expect([ran.code, ran.stdout]).toEqual([4, ''])
    await isWhole(run, both)
  })

  test('--fail-fast', async () => {
    const { run } = program(text)
    const ran = await run([...words, ...both, '--fail-fast', '--param', 'bad=true'], { env })
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('train cancelled: another stage failed')])
    await isWhole(run, both)
  })

  test("a stage's own timeout", async () => {
    const timed = ['--pipeline', apart === '' ? 'timed' : 'timed-apart']
    const { run } = program(text)
    const ran = await run([...words, ...timed], { env })
    expect([ran.code, ran.stderr]).toEqual([
      1,
      expect.stringContaining('error[stage-timeout]: "train" did not end within its timeout of 600ms'),
    ])
    const plan = await run(['plan', ...timed])
    expect(plan.stdout).toContain('train')
    expect(plan.stdout).not.toContain('cached')
  })

  test('a timeout that it hears nothing of, as it blocks its process', async () => {
    const timed = ['--pipeline', apart === '' ? 'timed' : 'timed-apart', '--param', 'epochs=1', '--param', 'how=blocks']
    const { run } = program(text)
    const ran = await run([...words, ...timed], { env })
    expect([ran.code, ran.stdout]).toEqual([1, ''])
    expect(ran.stderr).toContain('error[stage-timeout]: "train" did not end within its timeout of 600ms')
  })
})

test('a run from code that is aborted, and its stage from code', async () => {
  const { run } = program({
    'stages.ts': text.replace(/^main.*$/m, ''),
    'program.ts': `import { run, runStage } from 'millrace'
import { p, train } from './stages.ts'
const tell = async (what) => { try { console.log(JSON.stringify(await what)) } catch (error) { console.log(error.name, error.status ?? '') } }
const soon = (ms) => { const controller = new AbortController(); setTimeout(() => controller.abort(), ms); return controller.signal }
const cancel = new AbortController()
await tell(run(p, {}, { signal: cancel.signal, onEvent: (at) => {
  if (at.event === 'stage.succeeded') cancel.abort()
  if (at.event === 'stage.cancelled') console.log(at.node, 'cancelled')
} }))
await tell(run(p, {}))
await tell(runStage(train, { epochs: 60, how: '' }, { signal: soon(200) }))
await tell(runStage(train, { epochs: 2, how: '' }))
`,
  })
  const { stdout, code } = await run()
  expect([code, stdout.split('\n')]).toEqual([
    0,
    ['train cancelled', 'RunError cancelled', '{"epochs":60,"n":1}', 'AbortError ', '{"epochs":2}', ''],
  ])
})
