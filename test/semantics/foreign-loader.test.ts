import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'

const files = {
  'helper.ts': "export const text: string = 'REAL'",
  'program.ts': `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
import { text } from './helper.ts'
const io = { input: z.object({}), output: z.object({ text: z.string() }) }
export const read = stage('read', { ...io, run: () => ({ text }) })
export const apart = stage('apart', { ...io, isolate: 'process', run: () => ({ text: String(text) }) })
export const p = pipeline('p', { input: z.object({}), build: () => ({ a: read({}).text, b: apart({}).text }) })
main(import.meta, p)
`,
  /** Replaces what a module holds, as a loader of another language does. */
  'hook.mjs': `import { registerHooks } from 'node:module'
registerHooks({
  load(url, context, next) {
    if (!url.endsWith('/helper.ts')) return next(url, context)
    return { format: 'module', source: "export const text = 'OTHER'", shortCircuit: true }
  },
})
`,
}
const notices = (stderr: string): string[] =>
  stderr.split('\n').flatMap((line) => (line.includes('notice[') ? [line.replace(/^.*notice/, 'notice')] : []))

describe.each([
  ['NODE_OPTIONS', { NODE_OPTIONS: '--import ./hook.mjs' }, '--import ./hook.mjs'],
  ['another place of it', { NODE_OPTIONS: '--no-warnings --import="./hook.mjs"' }, '--import ./hook.mjs'],
] as const)('with hooks that are given by %s', (_, env, shown) => {
  test('a run keeps nothing, takes nothing, and says so', async () => {
    const { run } = program(files)
    for (let i = 0; i < 2; i++) {
      const ran = await run([], { env })
      expect([ran.code, ran.stdout]).toEqual([0, '{"a":"OTHER","b":"OTHER"}\n'])
      expect(ran.stderr).toContain('2 ran, 0 cached')
      expect(notices(ran.stderr)).toEqual([
        `notice[foreign-loader]: "${shown}" may change the code that this process loads, so results of stages "read", "apart" are not cached (program.ts:7)`,
      ])
    }
    const real = await run()
    expect([real.stdout, real.stderr]).toEqual([
      '{"a":"REAL","b":"REAL"}\n',
      expect.stringContaining('2 ran, 0 cached'),
    ])
    expect((await run([], { env })).stdout).toBe('{"a":"OTHER","b":"OTHER"}\n')
    const plan = await run(['plan'], { env })
    expect(plan.stdout).toContain(`"${shown}" may change the code that this process loads, so nothing of it is cached`)
  })
})

test('tsx, debuggers and what only is there are no such hooks', async () => {
  const { run } = program({ ...files, 'preload.cjs': 'globalThis.preloaded = true' })
  for (const NODE_OPTIONS of ['--require ./preload.cjs', '--import tsx', '--max-old-space-size=2048 --conditions=x']) {
    const first = await run(['--fresh'], { env: { NODE_OPTIONS } })
    expect([first.code, notices(first.stderr)]).toEqual([0, []])
  }
  const again = await run()
  expect(again.stderr).toContain('0 ran, 2 cached')
})
