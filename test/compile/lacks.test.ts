import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { normal } from '../support/processes.ts'
import { program } from '../support/program.ts'

const text = `import { container, inherit, main, pipeline, python, stage } from 'millrace'
import { z } from 'zod'
const io = { input: z.object({}), output: z.object({ n: z.int() }) }
export const plain = stage('plain', { ...io, run: () => ({ n: 1 }) })
export const envy = stage('envy', { ...io, env: { HUB_TOKEN: inherit(), MODE: inherit('fast') }, run: () => ({ n: 2 }) })
const hidden = stage('hidden', { ...io, run: () => ({ n: 3 }) })
export const all = pipeline('all', {
  input: z.object({}),
  build: () => {
    python('script', { ...io, script: new URL('./train.py', import.meta.url) })({})
    container('box', { ...io, image: 'alpine', command: ['true'] })()
    plain.with({ workers: 4 })()
    envy()
    hidden()
    return plain()
  },
})
export const slices = pipeline('slices', {
  input: z.object({}),
  build: () => plain.with({ resources: { tpu: { type: 'v5e', topology: '4x4' } } })(),
})
export const one = pipeline('one', { input: z.object({}), build: () => plain() })
main(import.meta, all, slices, one)
`
const config = `import { bucket, defineConfig, gke, volume } from 'millrace/config'
const store = volume({ size: '20Gi' })
export default defineConfig({
  environments: {
    cloud: gke({ namespace: 'ml', store }),
    queued: gke({ namespace: 'ml', store: bucket('s3://team/store'), queue: 'team' }),
  },
})
`

test('what the target "kubernetes" can not do is an error of compile and of submit, and nothing is written', async () => {
  const { folder, run } = program({ 'program.ts': text, 'train.py': '', 'millrace.config.ts': config })
  const refused = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await run(words)
    expect([code, stdout, existsSync(join(folder, 'deploy'))]).toEqual([2, '', false])
    return normal(stderr, folder)
  }
  const stages = await refused('compile', '--environment', 'cloud')
  expect(stages).toMatchInlineSnapshot(`
    "error[missing-environment-value]: stage "envy" inherits the variable HUB_TOKEN, which the environment has no value for
      at program.ts:13:5
      fix: Give HUB_TOKEN in the env of the environment, or give inherit() a default.
    error[not-supported]: "script" is a python stage, which the target "kubernetes" can't run yet
      at program.ts:10:79
      fix: Write the stage in TypeScript.
    error[not-supported]: "box" is a container stage, which the target "kubernetes" can't run yet
      at program.ts:11:67
      fix: Write the stage in TypeScript.
    error[not-supported]: "plain" is a distributed stage of 4 workers, which the target "kubernetes" can't run yet
      at program.ts:12:30
      fix: Leave workers out.
    error[stage-not-exported]: no module exports stage "hidden", so the target "kubernetes" can't run it
      at program.ts:14:5
      fix: Export it from the module that defines it.
    "
  `)
  expect(await refused('submit', '--environment', 'cloud')).toBe(stages)
  expect(await refused('compile', '--environment', 'cloud', '--pipeline', 'slices')).toMatchInlineSnapshot(`
    "error[does-not-fit]: "plain" does not fit the environment "cloud": it asks for the TPU "v5e" with topology "4x4", which is 4 hosts; a stage can't have more than one yet
      at program.ts:20:83
      fix: Ask for a slice of one host: 1x1, 2x2, 2x4.
    "
  `)
  expect(await refused('compile', '--environment', 'queued', '--pipeline', 'one')).toMatchInlineSnapshot(`
    "error[not-supported]: environment "queued" keeps its store in a bucket, which the target "kubernetes" can't use yet
      at program.ts:22:20
      fix: Use volume() for its store.
    error[not-supported]: environment "queued" has the queue "team", which the target "kubernetes" can't use yet
      at program.ts:22:20
      fix: Leave queue out.
    "
  `)
})

test('what only a local run can do is no option of compile and submit', async () => {
  const { run } = program({ 'program.ts': text, 'millrace.config.ts': config })
  const told = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await run(words)
    return [code, stdout, stderr]
  }
  for (const [command, option] of [
    ['compile', '--fresh'],
    ['compile', '--from'],
    ['submit', '--fresh'],
    ['submit', '--fail-fast'],
    ['submit', '--jobs'],
  ] as const)
    expect(await told(command, option)).toEqual([
      2,
      '',
      `error[usage]: "${command}" has no option "${option}"\n  fix: See --help of ${command} for the options.\n`,
    ])
  expect(await told('run', '--target', 'kubernetes')).toMatchInlineSnapshot(`
    [
      2,
      "",
      "error[usage]: run works on this machine, and the target is "kubernetes"
      fix: Use submit to run it on a cluster.
    ",
    ]
  `)
})
