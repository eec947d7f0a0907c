import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `import { inherit, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const n = z.object({ n: z.int() })
const a100 = (count: number) => ({ cpu: 4, memory: '32Gi', gpu: { type: 'a100-80gb', count } })
export const read = stage('read', { input: n, output: n, env: { HUB: inherit('none'), MODE: 'a' }, run: ({ n }) => ({ n }) })
export const train = stage('train', { input: n, output: n, resources: a100(1), run: ({ n }) => ({ n }) })
export const demo = pipeline('demo', {
  input: z.object({ epochs: z.int().default(20), deep: z.object({ rate: z.number() }).default({ rate: 1 }) }),
  build: ({ epochs }) => {
    const { n } = read({ n: epochs })
    return { a: train({ n }).n, b: train({ n: 2 }).n, c: train.with({ resources: a100(8) })({ n: 3 }).n }
  },
})
main(import.meta, demo)
`
const config = (environments: string) => `import { defineConfig, gke, laptop, onPrem, volume } from 'millrace/config'
const store = volume({ size: '20Gi', accessMode: 'ReadWriteMany' })
const nodes = [{ count: 2, cpu: 64, memory: '512Gi', gpu: { type: 'a100-80gb', count: 8 } }]
const common = { namespace: 'ml', store, nodes }
export default defineConfig({ environments: {
${environments}
} })
`
async function diff(environments: string, words: readonly string[] = ['a', 'b']) {
  const one = program({ 'program.ts': text, 'millrace.config.ts': config(environments) })
  return one.run(['diff', ...words], { env: { MILLRACE_GPUS: '0', HUB: undefined } })
}
const count = (n: number) =>
  `${n} difference${n === 1 ? '' : 's'}; the third column is the setting that declares it, the last a → b\n`

test('environments that are equal have no differences', async () => {
  const { code, stdout, stderr } = await diff('a: onPrem(common), b: onPrem(common),')
  expect([code, stdout, stderr]).toEqual([0, '', 'no differences between a and b\n'])
})

test('each difference has its stages, and the setting that declares it', async () => {
  const more = `namespace: 'shop', store: volume({ size: '1Gi' }), image: 'node:26', labels: { team: 'x' }, env: { HUB: 'https://hub' },
  nodes: [{ count: 1, cpu: 64, memory: '512Gi', gpu: { type: 'a100-80gb', count: 4 }, labels: { pool: 'new' } }],
  parameters: { demo: { epochs: 200, deep: { rate: 2 } }, other: { epochs: 3 } }, arch: 'amd64'`
  const { code, stdout, stderr } = await diff(`a: onPrem(common), b: onPrem({ ...common, ${more} }),`)
  expect([code, stderr]).toEqual([0, count(11)])
  expect(stdout).toMatchInlineSnapshot(`
    "pipeline              parameter epochs               parameters.demo.epochs  20 → 200
    pipeline              parameter deep                 parameters.demo.deep    {"rate":1} → {"rate":2}
    pipeline              namespace                      namespace               ml → shop
    pipeline              store                          store                   volume of 20Gi, ReadWriteMany → volume of 1Gi, ReadWriteOnce
    pipeline              label team                     labels.team             – → x
    read, train, train.2  image                          image                   node:24-slim → node:26
    read, train, train.2  nodes                          nodes                   2 nodes of 8 a100-80gb, cpu 64, memory 512Gi → 1 node of 4 a100-80gb, cpu 64, memory 512Gi
    read, train, train.2  node label kubernetes.io/arch  arch                    – → amd64
    read, train, train.2  node label pool                nodes                   – → new
    read                  variable HUB                   env.HUB                 none → https://hub
    train.3               fits                           nodes                   yes → no: it asks for 8 GPUs "a100-80gb", and a node has at most 4
    "
  `)
})

test('another kind of cluster names accelerators otherwise', async () => {
  const { stdout, stderr } = await diff('a: onPrem(common), b: gke(common),')
  expect(stderr).toBe(count(4))
  expect(stdout).toMatchInlineSnapshot(`
    "pipeline                 storage class                                                  preset  – → standard-rwx
    train, train.2, train.3  node label nvidia.com/gpu.product                              preset  NVIDIA-A100-80GB-PCIe or NVIDIA-A100-SXM4-80GB → –
    train, train.2, train.3  node label cloud.google.com/gke-accelerator                    preset  – → nvidia-a100-80gb
    train, train.2, train.3  pod annotation cluster-autoscaler.kubernetes.io/safe-to-evict  preset  – → false
    "
  `)
})

test('an accelerator that is described otherwise; a stage that fits only one of both', async () => {
  const accelerators = `accelerators: { 'a100-80gb': { resource: 'example.com/gpu' }, l4: { resource: 'example.com/l4' } }`
  const other = await diff(`a: onPrem(common), b: onPrem({ ...common, ${accelerators}, gpuVendor: 'amd' }),`)
  expect(other.stdout).toMatchInlineSnapshot(`
    "every stage     toleration nvidia.com/gpu   accelerators.a100-80gb  any:NoSchedule → –
    every stage     toleration example.com/gpu  accelerators.a100-80gb  – → any:NoSchedule
    train, train.2  devices                     accelerators.a100-80gb  1 nvidia.com/gpu → 1 example.com/gpu
    train.3         devices                     accelerators.a100-80gb  8 nvidia.com/gpu → 8 example.com/gpu
    "
  `)
  const small = await diff(`a: onPrem(common), b: onPrem({ ...common, arch: 'amd64', nodes: [{ count: 1, cpu: 2 }] }),`)
  expect(small.stdout).toMatchInlineSnapshot(`
    "train, train.2  fits                           nodes  yes → no: it asks for 1 GPU "a100-80gb", and no node has one
    read            nodes                          nodes  2 nodes of 8 a100-80gb, cpu 64, memory 512Gi → 1 node of cpu 2
    read            toleration nvidia.com/gpu      nodes  any:NoSchedule → –
    read            node label kubernetes.io/arch  arch   – → amd64
    train.3         fits                           nodes  yes → no: it asks for 8 GPUs "a100-80gb", and no node has one
    "
  `)
})

test('this machine beside a cluster', async () => {
  const { stdout } = await diff('a: onPrem({ ...common, env: { HUB: "b" } }),', ['a', 'laptop'])
  // what is cut depends on the machine
  expect(stdout.replace(/ → (?=cpu|memory|gpu).*(gpu \d to 0)/g, ' → … $1')).toMatchInlineSnapshot(`
    "pipeline        namespace            namespace  ml → –
    pipeline        store                store      volume of 20Gi, ReadWriteMany → a folder of this machine
    every stage     image                image      node:24-slim → –
    train, train.2  less than asked for  –          – → … gpu 1 to 0
    read            variable HUB         env.HUB    b → none
    train.3         less than asked for  –          – → … gpu 8 to 0
    "
  `)
})

test('as JSON it is one line; a token is not shown', async () => {
  const token = `glpat-${'x'.repeat(20)}`
  const { stdout, stderr } = await diff(`a: onPrem(common), b: onPrem({ ...common, env: { HUB: '${token}' } }),`, [
    'a',
    'b',
    '--json',
  ])
  expect([JSON.parse(stdout), stderr]).toEqual([
    {
      a: 'a',
      b: 'b',
      differences: [
        { stages: ['read'], what: 'variable HUB', a: 'none', b: 'a token of GitLab, not shown', settings: ['env.HUB'] },
      ],
    },
    count(1),
  ])
})

test('what is written wrong', async () => {
  const told = async (...words: string[]) => {
    const { code, stdout, stderr } = await diff('onprem: onPrem(common), cloud: gke(common),', words)
    expect([code, stdout]).toEqual([2, ''])
    return stderr
  }
  expect(
    await told('onprm', 'cluod'),
  ).toBe(`error[unknown-environment]: there is no environment "onprm" (did you mean "onprem"?)
  fix: Use one of: onprem, cloud, laptop; or define it in millrace.config.ts.
error[unknown-environment]: there is no environment "cluod" (did you mean "cloud"?)
  fix: Use one of: onprem, cloud, laptop; or define it in millrace.config.ts.
`)
  const two = `error[usage]: diff compares two environments
  fix: Name them, for example diff onprem cloud.
`
  expect(await told()).toBe(two)
  expect(await told('onprem')).toBe(two)
  expect(
    await told('onprem', 'cloud', 'edge'),
  ).toBe(`error[usage]: too many arguments for 'diff'. Expected 2 arguments but got 3: onprem, cloud, edge.
  fix: See --help for how to write it.
`)
})
