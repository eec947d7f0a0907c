import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { alive } from '../support/processes.ts'
import { program } from '../support/program.ts'

/** A stage that does harm, and one after it that does none. */
const harms = (run: string, options = '') => `import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const input = z.object({ n: z.number().default(0) })
const output = z.object({ n: z.number() })
export const harm = stage('harm', { input, output, ${options} run: async ({ n }) => { ${run} } })
export const none = stage('none', { input: z.object({ n: z.number(), after: z.array(output.nullable()) }), output, timeout: '20s', run: ({ n }) => ({ n: n + 1 }) })
export const p = pipeline('p', { input: z.object({ n: z.number().default(0) }), build: ({ n }) => {
  const all = map([n], (i) => harm({ n: i }), { failures: 'allow' })
  return { all, n: none({ n: 1, after: all }).n }
} })
export const q = pipeline('q', { input: z.object({ n: z.number().default(0) }), build: ({ n }) => harm({ n }) })
main(import.meta, p, q)
`
/** Every call in a worker, whatever it computes. */
const env = { MILLRACE_LIGHT: '0' }
const started = "spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref()"

const harm: Readonly<Record<string, readonly [run: string, message: RegExp]>> = {
  'closes the pipe on which its worker tells': [
    'fs.closeSync(4); return { n }',
    /^the process of "harm" was ended by SIGKILL \(9\)$/,
  ],
  'opens a file under the number of that pipe': [
    "fs.closeSync(4); fs.openSync('mine', 'w'); return { n }",
    /^the process of "harm" was ended by SIGKILL \(9\)$/,
  ],
  'writes what is no line to it': [
    "fs.writeSync(4, 'garbage\\n'); await sleep(60_000); return { n }",
    /^the runner refuses an attempt of "harm": "fd 4" holds what no worker writes$/,
  ],
  'changes what JSON writes': [
    "(Object.prototype as any).toJSON = () => 'q'; return { n }",
    /^the runner refuses an attempt of "harm": "fd 4" holds what no worker writes$/,
  ],
  'changes what lists write': [
    "(Array.prototype as any).toJSON = () => 'arr'; return { n: 'x' as never }",
    /^"harm" returned what its output schema refuses/,
  ],
}

test.each(Object.entries(harm))('a stage that %s fails alone', async (_, [run, message]) => {
  const it = program(harms(run))
  const { code, stderr, events } = await it.run(['--json', '--pipeline', 'p'], { env })
  const failed = events().filter(({ event }) => event === 'stage.failed')
  expect(failed).toEqual([
    expect.objectContaining({
      node: 'harm',
      cause: expect.objectContaining({ message: expect.stringMatching(message) }),
    }),
  ])
  expect([code, events().at(-1)]).toMatchObject([0, { status: 'succeeded', output: { all: [null], n: 2 } }])
  expect(stderr).not.toMatch(/^\s+at .*\.js:/m)
  expect(existsSync(join(it.folder, 'mine')) ? readFileSync(join(it.folder, 'mine'), 'utf8') : '').toBe('')
})

test('what a stage leaves running in its worker keeps no other from its turn', async () => {
  const { code, stdout } = await program(harms('setTimeout(() => { for (;;); }, 1); return { n }')).run(
    ['--pipeline', 'p', '--jobs', '1'],
    { env },
  )
  expect([code, JSON.parse(stdout)]).toEqual([0, { all: [{ n: 0 }], n: 2 }])
})

test('a stage with a timeout is ended by it, though its calls before hardly computed', async () => {
  const { run } = program(harms('while (n > 0); return { n }', "timeout: '2s',"))
  for (const n of [0, -1, -2]) expect((await run(['--pipeline', 'q', '--param', `n=${n}`])).code).toBe(0)
  const { code, stderr } = await run(['--pipeline', 'q', '--param', 'n=1'])
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('error[stage-timeout]: "harm" did not end within its timeout of 2s'),
  ])
})

/** Starts what is no part of its process group, and notes it. */
const leaves = `const child = ${started.replace('.unref()', '')}; child.unref(); writeFileSync('pid', String(child.pid));`
const pidIn = (folder: string): number => Number(readFileSync(join(folder, 'pid'), 'utf8'))
const untilNoted = async (folder: string): Promise<number> => {
  while (!existsSync(join(folder, 'pid')) || pidIn(folder) === 0) await sleep(20)
  return pidIn(folder)
}
const gone = async (pid: number): Promise<void> => {
  for (let i = 0; i < 500 && alive(pid); i++) await sleep(20)
  expect(alive(pid)).toBe(false)
}

test.runIf(process.platform === 'linux')(
  'what a stage started outside of its group ends with the program, killed or not',
  async () => {
    const ended = program(harms(`${leaves} return { n }`))
    expect((await ended.run(['--pipeline', 'q'], { env })).code).toBe(0)
    await gone(pidIn(ended.folder))

    const killed = program(harms(`${leaves} await sleep(600_000); return { n }`))
    const run = killed.start(['--pipeline', 'q'], { env, how: 'loader' })
    const pid = await untilNoted(killed.folder)
    run.child.kill('SIGKILL')
    await run.ended
    await gone(pid)
  },
)

test.runIf(process.platform === 'linux')('and with its timeout', async () => {
  const { folder, run } = program(harms(`${leaves} await sleep(600_000); return { n }`, "timeout: '1s',"))
  const { code } = await run(['--pipeline', 'q'], { env })
  expect(code).toBe(1)
  await gone(pidIn(folder))
})
