import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const wait = () => new Promise<never>(() => {})
export const lose = stage('lose', {
  input: z.object({ how: z.string() }),
  output: z.object({}),
  run: async ({ how }) => {
    if (how === 'never') await wait()
    if (how === 'exit') process.exit(0)
    if (how === 'exit later') { setTimeout(() => process.exit(3), 5); await wait() }
    if (how === 'rejection') { Promise.reject(new Error('nobody catches it')); await sleep(30) }
    if (how === 'callback') { setTimeout(() => { throw new Error('thrown in a callback') }, 5); await wait() }
    if (how === 'late') setTimeout(() => { throw new Error('after its end') }, 10)
    if (how === 'slow') await sleep(60)
    return {}
  },
})
export const losing = pipeline('losing', {
  input: z.object({ hows: z.array(z.string()), apart: z.boolean().default(false) }),
  build: ({ hows }) => ({ here: map(hows, (how) => lose({ how })) }),
})
export const apart = pipeline('apart', {
  input: z.object({ hows: z.array(z.string()) }),
  build: ({ hows }) => ({ there: map(hows, (how) => lose.with({ isolate: 'process', resources: { cpu: 0.1 } })({ how })) }),
})
main(import.meta, losing, apart)
`
const hows = JSON.stringify(['never', 'exit', 'exit later', 'rejection', 'callback', 'slow'])
const expected = [
  'error[exit-called]: "lose" called process.exit(0)',
  'error[exit-called]: "lose" called process.exit(3)',
  'error[never-settled]: "lose" returned a promise that nothing can settle any more',
  'error[unhandled-error]: "lose" left unhandled Error: nobody catches it',
  'error[unhandled-error]: "lose" left unhandled Error: thrown in a callback',
]

test.each(['losing', 'apart'])(
  'every way of never giving an output is a failure with its cause: %s',
  async (pipeline) => {
    const args = ['--pipeline', pipeline, '--param', `hows=${hows}`]
    const { code, stdout, stderr } = await program(text).run(args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.match(/^error.*$/gm)?.toSorted()).toEqual(expected)
    expect(stderr).toContain('lose[5] succeeded')
    expect(stderr.split('\n').at(-2)).toBe('1 ran, 0 cached, 0 skipped, 5 failed, <s>')
  },
)

test('an error after the end of its stage fails nobody else', async () => {
  const { code, stdout } = await program(text).run(['--param', 'hows=["late","slow"]'])
  expect([code, stdout]).toEqual([0, '{"here":[{},{}]}\n'])
})
