import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `import { inherit, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const n = z.object({ n: z.int() })
export const read = stage('read', { input: n, output: n, run: ({ n }) => ({ n }) })
const h100 = { cpu: 8, memory: '32Gi', gpu: { type: 'h100-80gb', count: 8 } }
export const train = stage('train', { input: n, output: n, resources: h100, run: ({ n }) => ({ n }) })
export const demo = pipeline('demo', {
  input: z.object({ epochs: z.int().default(20) }),
  build: ({ epochs }) => ({ a: train(read({ n: epochs })).n, b: train({ n: 2 }).n }),
})
main(import.meta, demo)
`
const config = (
  environments: string,
) => `import { defineConfig, gke, k3s, laptop, onPrem, volume } from 'millrace/config'
const store = volume({ size: '20Gi', accessMode: 'ReadWriteMany' })
const common = { namespace: 'ml', store }
export default defineConfig({ environments: {
${environments}
} })
`
const gpus = (type: string, count: number) =>
  `nodes: [{ count: 2, cpu: 64, memory: '512Gi', gpu: { type: '${type}', count: ${count} } }]`
const all = `laptop: laptop(),
onprem: onPrem({ ...common, ${gpus('h100-80gb', 8)} }),
cloud: gke({ ...common, ${gpus('h100-80gb', 4)}, image: 'registry.example/node:24' }),
edge: k3s({ ...common, nodes: [{ count: 1, cpu: 4, memory: '8Gi' }] }),`

test('check tells a line for each environment, what is missing, and the nearest fit', async () => {
  const one = program({ 'program.ts': text, 'millrace.config.ts': config(all) })
  const { code, stdout, stderr } = await one.run(['check'], { env: { MILLRACE_GPUS: '0' } })
  expect([code, stdout]).toEqual([
    2,
    `laptop  fits          3 stages, 2 with less than asked for
onprem  fits          3 stages
cloud   does not fit  train, train.2
edge    does not fit  train, train.2
`,
  ])
  const [notice = '', , , ...rest] = stderr.split('\n')
  // what else is cut depends on the machine
  expect(notice).toMatch(
    /^notice\[resources-cut\]: this machine has less than asked for; requests were cut: "train" \(.*gpu 8 to 0\), "train.2" \(.*gpu 8 to 0\)$/,
  )
  expect(rest.join('\n')).toBe(
    `warning[image-without-digest]: environment "cloud": the image "registry.example/node:24" has no digest, so what it holds may change under its name
  at millrace.config.ts:7:8
  fix: Add the digest of the image that was tested: "registry.example/node:24@sha256:…".
error[does-not-fit]: "train" does not fit the environment "cloud": it asks for 8 GPUs "h100-80gb", and a node has at most 4; the same goes for "train.2"
  at program.ts:9:32
  fix: Ask for at most 4, or add larger nodes to the environment.
error[does-not-fit]: "train" does not fit the environment "edge": it asks for 8 GPUs "h100-80gb", and no node has one; the same goes for "train.2"
  at program.ts:9:32
  fix: Add nodes with "h100-80gb" to the environment.
the program does not fit 2 of 4 environments
`,
  )
})

test('one environment alone, in words and as JSON; an image with its digest is no matter', async () => {
  const image = `registry.example/node:24@sha256:${'0'.repeat(64)}`
  const one = program({
    'program.ts': text,
    'millrace.config.ts': config(`${all} pinned: onPrem({ ...common, image: '${image}' }),`),
  })
  const check = async (...words: string[]) => {
    const { code, stdout, stderr } = await one.run(['check', ...words])
    return [code, stdout, stderr]
  }
  expect(await check('--environment', 'pinned')).toEqual([
    0,
    'pinned  fits          3 stages\n',
    'the program fits 1 environment\n',
  ])
  expect(await check('--environment', 'clod')).toEqual([
    2,
    '',
    `error[unknown-environment]: there is no environment "clod" (did you mean "cloud"?)
  fix: Use one of: laptop, onprem, cloud, edge, pinned; or define it in millrace.config.ts.
`,
  ])
  const { events, code } = await one.run(['check', '--environment', 'edge', '--json'])
  const [told, ...more] = events()
  expect([code, more]).toEqual([2, []])
  const misfit = (node: string) => ({ code: 'does-not-fit', severity: 'error', at: { pipeline: 'demo', node } })
  expect(told).toMatchObject({
    environments: [
      { environment: 'edge', fits: false, stages: null, cut: 0, problems: [misfit('train'), misfit('train.2')] },
    ],
  })
})

test('what is wrong everywhere is told once; what the config has wrong comes first', async () => {
  const one = program({
    'program.ts': text.replace(
      '{ input: n, output: n, run: ({ n })',
      '{ input: n, output: n, env: { HUB: inherit() }, run: ({ n })',
    ),
    'millrace.config.ts': config('a: onPrem(common), b: onPrem(common), c: onPrem({ ...common, env: { HUB: "c" } }),'),
  })
  const told = await one.run(['check'])
  expect([told.code, told.stdout, told.stderr]).toEqual([
    2,
    'a  does not fit  read\nb  does not fit  read\nc  fits          3 stages\n',
    `error[missing-environment-value]: stage "read" inherits the variable HUB, which the environment has no value for
  at program.ts:9:38
  fix: Give HUB in the env of the environment, or give inherit() a default.
the program does not fit 2 of 3 environments
`,
  ])
  const wrong = `edge: k3s({ namespace: 'shop', store: volume({ size: '1Gi' }), nodes: [{ count: 2 }] }),`
  writeFileSync(join(one.folder, 'millrace.config.ts'), config(`a: onPrem(common), ${wrong}`))
  const refused = await one.run(['check'])
  expect([refused.code, refused.stdout, refused.stderr]).toEqual([
    2,
    '',
    `error[bad-environment]: environment "edge": store.accessMode is "ReadWriteOnce", a volume for one node, and nodes has 2
  at millrace.config.ts:5:26
  fix: Use a storage class that can ReadWriteMany, and say accessMode: "ReadWriteMany".
`,
  ])
  writeFileSync(join(one.folder, 'millrace.config.ts'), config(''))
  const none = await one.run(['check'])
  expect([none.code, none.stdout, none.stderr]).toEqual([
    2,
    '',
    `error[unknown-environment]: there is no environment
  fix: Define one in millrace.config.ts, for example onprem: onPrem({ namespace: 'ml', store: volume({ size: '100Gi' }) }).
`,
  ])
})

test('what an environment declares of parameters is checked like what is typed', async () => {
  const declares = (parameters: string) => config(`onprem: onPrem({ ...common, parameters: { demo: ${parameters} } }),`)
  const one = program({ 'program.ts': text, 'millrace.config.ts': declares(`{ epochs: 'many', epoch: 3 }`) })
  for (const command of ['check', 'compile']) {
    const { code, stderr } = await one.run([command])
    expect([code, stderr.replace(/^the program .*\n/m, '')]).toEqual([
      2,
      `error[unknown-parameter]: pipeline "demo" has no parameter "epoch" (did you mean "epochs"?)
  at millrace.config.ts:5:9
  fix: Use one of: epochs.
error[invalid-parameter]: the parameter "epochs" of pipeline "demo" is refused by its schema: Invalid input: expected number, received string
  at millrace.config.ts:5:9
  fix: Give "epochs" as its schema says: integer.
`,
    ])
  }
  writeFileSync(join(one.folder, 'millrace.config.ts'), declares(`{ epochs: 'many' }`))
  expect((await one.run(['check', '--param', 'epochs=3'])).stdout).toBe('onprem  fits          3 stages\n')
})

test('a file that an environment declares is beside the config', async () => {
  const reading = `import { file, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const table = z.object({ table: file('text/csv') })
export const read = stage('read', { input: table, output: z.object({}), run: () => ({}) })
main(import.meta, pipeline('demo', { input: table, build: ({ table }) => read({ table }) }))
`
  const declares = (name: string) =>
    config(`onprem: onPrem({ ...common, parameters: { demo: { table: '${name}' } } }),`)
  const one = program({
    'in/program.ts': reading,
    'in/millrace.config.ts': declares('table.csv'),
    'in/table.csv': 'a,b\n',
  })
  const compiled = await one.run(['compile'], { entry: 'in/program.ts' })
  expect([compiled.code, compiled.stdout]).toEqual([0, 'deploy/demo/onprem\n'])
  writeFileSync(join(one.folder, 'in/millrace.config.ts'), declares('tables.csv'))
  const { code, stderr } = await one.run(['compile'], { entry: 'in/program.ts' })
  expect([code, stderr]).toEqual([
    2,
    `error[missing-file]: the parameter "table" names "in/tables.csv", which isn't there
  at in/millrace.config.ts:5:9
  fix: Correct the path, or put the file there.
`,
  ])
})

test('a local run for a cluster says that it takes nothing from it', async () => {
  const one = program({
    'program.ts': text,
    'millrace.config.ts': config("rack: onPrem({ namespace: 'a', store: volume({ size: '1Gi' }) }), mine: laptop()"),
  })
  const said = async (...words: string[]) =>
    (await one.run(words)).stderr.split('\n').filter((line) => /mine|rack/.test(line))
  expect([await said('plan', '--environment', 'rack'), await said('plan', '--environment', 'mine')]).toEqual([
    ['"rack" is a cluster: what runs on this machine takes nothing from it'],
    [],
  ])
})
