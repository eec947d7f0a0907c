import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { normal } from '../support/processes.ts'
import { program } from '../support/program.ts'

const config = (more = '') => `import { defineConfig, onPrem, volume } from 'millrace/config'
export default defineConfig({
  environments: { onprem: onPrem({ namespace: 'ml', store: volume({ size: '20Gi' })${more} }) },
})
`
const text = (run = '({ n: n + 1 })', options = '') => `import { file, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
const io = { input: z.object({ n: z.int() }), output: z.object({ n: z.int() }) }
export const first = stage('first', { ...io, run: ({ n }) => ({ n }) })
export const second = stage('second', { ...io, ${options} run: ({ n }) => ${run} })
export const demo = pipeline('demo', {
  input: z.object({ n: z.int().default(1), table: file('text/csv').optional() }),
  build: ({ n }) => second({ n: first({ n }).n }),
})
main(import.meta, demo)
`
const files = { 'program.ts': text(), 'millrace.config.ts': config() }
const jobsIn = (folder: string): string[] =>
  readdirSync(join(folder, 'deploy/demo/onprem/jobs'))
    .filter((name) => name.endsWith('.job.yaml'))
    .map((name) => name.replace(/\.job\.yaml$/, ''))

test('compile writes the folder and says how to apply it; --check says how it differs', async () => {
  const { folder, run } = program(files)
  const made = await run(['compile'])
  expect([made.code, made.stdout, made.stderr]).toEqual([
    0,
    'deploy/demo/onprem\n',
    '16 files: 16 new, 0 changed, 0 removed; apply them with kubectl apply --server-side -k deploy/demo/onprem\n',
  ])
  const same = await run(['compile', '--check'])
  expect([same.code, same.stdout, same.stderr]).toEqual([0, '', 'deploy/demo/onprem is up to date\n'])
  writeFileSync(join(folder, 'program.ts'), text('({ n: n + 2 })'))
  const differs = await run(['compile', '--check'])
  expect([differs.code, differs.stderr]).toEqual([
    2,
    'deploy/demo/onprem differs from the program: compile again and commit the result\n',
  ])
  expect(differs.stdout).toContain('missing deploy/demo/onprem/jobs/demo-second-')
  expect(differs.stdout).toContain('stale   deploy/demo/onprem/jobs/demo-second-')
})

test('what a Job says in several places is written out in each', async () => {
  const pool = (label: string, more = '') => `{ count: 1, labels: { pool: '${label}' }${more} }`
  const nodes = `, nodes: [${pool('a')}, ${pool('b', ', spot: true')}, ${pool('c')}]`
  const shared = config(nodes).replaceAll('onPrem', 'eks').replace("'20Gi'", "'20Gi', accessMode: 'ReadWriteMany'")
  const { folder, run } = program({ ...files, 'millrace.config.ts': shared })
  expect(await run(['compile'])).toMatchObject({ code: 0 })
  const jobs = jobsIn(folder).map((name) =>
    readFileSync(join(folder, `deploy/demo/onprem/jobs/${name}.job.yaml`), 'utf8'),
  )
  expect(jobs.map((job) => job.match(/key: "karpenter.sh\/capacity-type"/g)?.length)).toEqual([2, 2])
  expect(jobs.join('').match(/[&*]a\d/g)).toBe(null)
})

test('an edit of one stage, or of what it asks for, gives new Jobs to it and to what is below it alone', async () => {
  const { folder, run } = program(files)
  const jobs = async (program: string): Promise<string[]> => {
    writeFileSync(join(folder, 'program.ts'), program)
    expect((await run(['compile'])).code).toBe(0)
    return jobsIn(folder).sort()
  }
  const [first, second] = await jobs(text())
  const edited = await jobs(text('({ n: n + 2 })'))
  expect(edited[0]).toBe(first)
  expect(edited[1]).not.toBe(second)
  const larger = await jobs(text('({ n: n + 1 })', "resources: { memory: '1Gi' },"))
  expect(larger[0]).toBe(first)
  expect([second, edited[1]]).not.toContain(larger[1])
  expect(await jobs(text())).toEqual([first, second])
})

test('equal calls in bodies of their own are Jobs of their own', async () => {
  const text = `import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const n = z.object({ n: z.int() })
export const double = stage('double', { input: n, output: n, run: ({ n }) => ({ n: 2 * n }) })
export const demo = pipeline('demo', {
  input: z.object({ list: z.array(z.int()).default([1, 2]) }),
  build: ({ list }) => {
    const each = () => map(list, (n) => double({ n }).n)
    return { one: each(), two: each(), three: each() }
  },
})
main(import.meta, demo)
`
  const { folder, run } = program({ 'program.ts': text, 'millrace.config.ts': config() })
  const { code, stderr } = await run(['compile'])
  expect([code, stderr.includes('new')], stderr).toEqual([0, true])
  const ordinals = jobsIn(folder).map((name) => {
    const job = readFileSync(join(folder, `deploy/demo/onprem/jobs/${name}.job.yaml`), 'utf8')
    return [/node-key: "(.+)"/.exec(job)?.[1], /ordinal: "(.+)"/.exec(job)?.[1] ?? '1']
  })
  expect(ordinals.map(([, ordinal]) => ordinal).sort()).toEqual(['1', '2', '3'])
  expect(new Set(ordinals.map(([key]) => key)).size).toBe(1)
})

test('a label of the environment is on every object and makes no Job new', async () => {
  const { folder, run } = program(files)
  await run(['compile'])
  const before = jobsIn(folder)
  writeFileSync(join(folder, 'millrace.config.ts'), config(", labels: { team: 'vision' }"))
  await run(['compile'])
  expect(jobsIn(folder)).toEqual(before)
  const job = readFileSync(join(folder, `deploy/demo/onprem/jobs/${before[0]}.job.yaml`), 'utf8')
  expect(job.match(/team: "vision"/g)).toHaveLength(1)
})

test('what can not be compiled is refused, and nothing is written', async () => {
  const refused = async (given: Record<string, string>, words: readonly string[] = []) => {
    const one = program({ ...files, ...given })
    if (words.length > 0) writeFileSync(join(one.folder, 'table.csv'), randomBytes(800_000))
    const { code, stdout, stderr } = await one.run(['compile', ...words])
    expect([code, stdout, existsSync(join(one.folder, 'deploy'))]).toEqual([2, '', false])
    return normal(stderr, one.folder)
  }
  expect(await refused({}, ['--param', 'table=table.csv'])).toBe(
    `error[files-too-large]: the files that pipeline "demo" is given have more than 700000 bytes gzipped, which is what manifests may carry; the largest is "table.csv"
  at program.ts:6:21
  fix: Make the files smaller, or have a stage fetch them.
`,
  )
  expect(await refused({ 'program.ts': text('({ n })', "resources: { gpu: { type: 'h1000', count: 1 } },") })).toBe(
    `error[does-not-fit]: "second" does not fit the environment "onprem": it asks for the GPU "h1000", which the preset "on-prem" doesn't know
  at program.ts:8:21
  fix: Use one of: t4, l4, a10g, l40s, a100-40gb, a100-80gb, h100-80gb, h200, b200, gb200, mi300x, intel-xe, intel-i915, gaudi; or describe it in the environment's accelerators.
`,
  )
  expect(
    await refused({
      'millrace.config.ts': config()
        .replace("volume({ size: '20Gi' })", "bucket('s3://team/store')")
        .replace('volume', 'bucket'),
    }),
  ).toBe(
    `error[not-supported]: environment "onprem" keeps its store in a bucket, which the target "kubernetes" can't use yet
  at program.ts:6:21
  fix: Use volume() for its store.
`,
  )
})

test('submit without a cluster: exit 3', async () => {
  const one = program(files)
  const env = { KUBECONFIG: undefined, HOME: '/nowhere' }
  const none = await one.run(['submit'], { env })
  expect([none.code, none.stdout, none.stderr]).toEqual([
    3,
    '',
    'error[cluster-failed]: no cluster is chosen\n  fix: Set KUBECONFIG to the file that names the cluster.\n',
  ])
})

test('a timeout that no pod can have is left to the stage alone', async () => {
  const { folder, run } = program({ ...files, 'program.ts': text(undefined, "timeout: '30000d',") })
  expect((await run(['compile'])).code).toBe(0)
  const [, second = ''] = jobsIn(folder)
  const job = readFileSync(join(folder, 'deploy/demo/onprem/jobs', `${second}.job.yaml`), 'utf8')
  expect(job).toContain('activeDeadlineSeconds: 2147483647\n')
})

test.runIf(process.platform === 'linux')('a folder that can not be made ends compile at once', async () => {
  const { run } = program({ ...files, taken: '' })
  for (const [out, message] of [
    ['/proc/x', /can't write "\/proc\/x\/demo\/onprem\/[^"]+": ENOENT, no such file or directory/],
    ['taken', /can't create "taken": ENOTDIR, not a directory/],
  ] as const) {
    const { code, stdout, stderr } = await run(['compile', '--out', out], { timeout: 30_000 })
    const [error = '', fix] = stderr.split('\n')
    expect([code, stdout, error, fix]).toEqual([
      5,
      '',
      expect.stringMatching(message),
      '  fix: Give a folder that can be written, with --out.',
    ])
  }
})
