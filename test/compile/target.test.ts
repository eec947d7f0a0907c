import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const config = `import { defineConfig, onPrem, volume } from 'millrace/config'
const store = volume({ size: '20Gi' })
export default defineConfig({ environments: { one: onPrem({ namespace: 'ml', store }), other: onPrem({ namespace: 'shop', store }) } })
`
const text = `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const first = stage('first', { input: z.object({ n: z.int() }), output: z.object({ n: z.int() }), run: ({ n }) => ({ n }) })
const input = z.object({
  n: z.int().min(1).default(1).describe('how many'), name: z.string(), 'model.lr': z.number().optional(),
  deep: z.object({ on: z.boolean().default(true), list: z.array(z.string()) }),
})
export const demo = pipeline('demo', { input, build: ({ n }) => first({ n }) })
export const none = pipeline('none', { input: z.object({}), build: () => first({ n: 1 }) })
main(import.meta, demo, none)
`
const files = { 'program.ts': text, 'millrace.config.ts': config }
const params = ['--param', 'name=x', '--param', 'deep.list=a', '--environment', 'one']

test('without a command, a target for a cluster is compile with all its options', async () => {
  const { folder, run } = program(files)
  const made = await run(['--target', 'kubernetes', '--out', 'd', '--policy', ...params])
  expect([made.code, made.stdout]).toEqual([0, 'd/demo/one\n'])
  expect(existsSync(join(folder, 'd/demo/one/policy'))).toBe(true)
  for (const words of [
    ['--check', '--target=kubernetes', '--out', 'd', '--policy', ...params],
    [...params, '--out=d', '--policy', '--check', '--target', 'kubernetes'],
    ['--target', 'local', '--target', 'kubernetes', '--out', 'd', '--policy', '--check', ...params],
    ['compile', '--out', 'd', '--policy', '--check', ...params],
  ]) {
    const { code, stdout, stderr } = await run(words)
    expect([words, code, stdout, stderr]).toEqual([words, 0, '', 'd/demo/one is up to date\n'])
  }
  const help = await run(['--target', 'kubernetes', '--help'])
  expect([help.code, help.stdout]).toEqual([0, (await run(['compile', '--help'])).stdout])
})

test('a target that does not fit the command, or that there is not', async () => {
  const { folder, run } = program(files)
  const said: string[] = []
  for (const words of [
    ['--target', 'local', '--out', 'd'],
    ['--out', 'd'],
    ['run', '--target', 'kubernetes'],
    ['--target', 'kubernetes', 'run'],
    ['--target', 'kubernetes', '--fresh'],
    ['compile', '--target', 'local'],
    ['--target', 'argo'],
    ['compile', '--target', 'argo'],
    ['--target', 'kubernets', '--out', 'd'],
    ['--target', 'kubernets'],
    ['plan', '--target', 'kubernetes'],
    ['--target'],
  ]) {
    const { code, stdout, stderr } = await run(words)
    expect([words, code, stdout]).toEqual([words, 2, ''])
    said.push(`${words.join(' ')}: ${stderr}`)
  }
  expect(said.join('')).toMatchInlineSnapshot(`
    "--target local --out d: error[usage]: there is no option "--out"
      fix: See --help for the options.
    --out d: error[usage]: there is no option "--out"
      fix: See --help for the options.
    run --target kubernetes: error[usage]: run works on this machine, and the target is "kubernetes"
      fix: Use submit to run it on a cluster.
    --target kubernetes run: error[usage]: run works on this machine, and the target is "kubernetes"
      fix: Use submit to run it on a cluster.
    --target kubernetes --fresh: error[usage]: "compile" has no option "--fresh"
      fix: See --help of compile for the options.
    compile --target local: error[usage]: compile writes manifests for Kubernetes, and the target is "local"
      fix: Use --target kubernetes.
    --target argo: error[unknown-target]: there is no target "argo"
      fix: Use --target local.
    compile --target argo: error[unknown-target]: there is no target "argo"
      fix: Use --target kubernetes.
    --target kubernets --out d: error[usage]: "run" has no option "--out"
      fix: See --help of run for the options.
    --target kubernets: error[unknown-target]: there is no target "kubernets" (did you mean "kubernetes"?)
      fix: Use --target kubernetes.
    plan --target kubernetes: error[usage]: "plan" has no option "--target"
      fix: See --help of plan for the options.
    --target: error[usage]: option '--target <name>' argument missing
      fix: See --help for how to write it.
    "
  `)
  expect(existsSync(join(folder, 'd'))).toBe(false)
})

test('--help tells the parameters of each pipeline that has some', async () => {
  const { run } = program(files)
  const [whole, { stdout }] = [await run(['--help']), await run(['run', '--help'])]
  expect(whole.stdout.slice(whole.stdout.indexOf('Parameters'))).toBe(stdout.slice(stdout.indexOf('Parameters')))
  expect(stdout.slice(stdout.indexOf('Parameters'))).toMatchInlineSnapshot(`
    "Parameters of demo:
      n          integer from 1, default 1: how many
      name       string
      model.lr   number, optional
      deep.on    boolean, default true
      deep.list  a list of string

    "
  `)
  expect((await run(['plan', '--help'])).stdout).toContain('\nParameters of demo:\n  n ')
  expect((await run(['runs', '--help'])).stdout).not.toContain('Parameters')
})
