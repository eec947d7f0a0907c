import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

test('the whole of what a person sees: notices, progress, errors, summary', async () => {
  const text = `
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const io = { input: z.object({ n: z.int().optional() }), output: z.object({ n: z.int() }) }
export const fails = stage('fails', {
  ...io,
  retries: 1,
  run: () => {
    console.log('trying')
    throw new Error('no data')
  },
})
const works = stage('works', { ...io, run: () => ({ n: 1 }) })
export const demo = pipeline('demo', {
  input: z.object({}),
  build: () => {
    const { n } = fails()
    works({ n })
    return works.with({ after: [works()] })({ n: 2 })
  },
})
main(import.meta, demo)
`
  const ran = await program(text).run(['--jobs', '1'], { how: 'tsx' })
  expect([ran.code, ran.stdout]).toEqual([1, ''])
  expect(ran.stderr).toMatchInlineSnapshot(`
    "<time> demo run <run>
    <time> notice[stage-not-exported]: no module exports stage "works", so its results are not cached (program.ts:18)
    <time> works.2 started
    <time> works.2 succeeded in <s>
    <time> fails started
    <time> fails | trying
    <time> fails retried at <time>: "fails" threw Error: no data
    <time> works.3 started
    <time> works.3 succeeded in <s>
    <time> fails started (attempt 2)
    <time> fails | trying
    <time> fails failed: "fails" threw Error: no data
    <time> works not run: fails failed
    error[stage-threw]: "fails" threw Error: no data
      at run (program.ts:10:11)
      called at program.ts:17:19
      stage at program.ts:5:22
      log:
      | trying
      fix: Mend the stage, or give it retries if the cause passes by itself.
    2 ran, 0 cached, 0 skipped, 1 failed, <s>
    "
  `)
})
