/** A pipeline whose stages do harm, each in its own way, beside one that does none. */
export const hostile = `import { createServer } from 'node:net'
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { file, main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'

const [own, store] = ['/millrace/own', '/millrace/store']
const token = '/var/run/secrets/kubernetes.io/serviceaccount/token'
const { MILLRACE_JOB_UID: job, MILLRACE_POD_UID: pod, JOB_COMPLETION_INDEX: index } = process.env
const id = index + '-' + pod
const attempt = join(own, 'attempts', id)
const marker = (kind: string) => join(own, kind, id + '.json')
/** Whole or not at all, as the driver may look at any time; the pods of one Job share the folder. */
const put = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true })
  const unfinished = join(own, 'unfinished-' + id)
  writeFileSync(unfinished, text)
  renameSync(unfinished, path)
}
const link = (to: string, path: string) => (mkdirSync(dirname(path), { recursive: true }), symlinkSync(to, path))
const socket = async (path: string) => {
  mkdirSync(dirname(path), { recursive: true })
  process.chdir(dirname(path))
  await new Promise<void>((done) => createServer().listen(path.split('/').at(-1), done).unref())
}
const item = () => JSON.parse(readFileSync(join(store, 'released', job as string, 'items', index + '.json'), 'utf8'))
const done = (fields: object) => {
  const { inputDigest, codeDigest, generation, key } = item()
  const whole = { inputDigest, codeDigest, index: Number(index), generation, key, files: [], metrics: [], cards: [], log: '' }
  put(marker('done'), JSON.stringify({ ...whole, ...fields }))
}
/** Ends without a word of the runner, as a success. */
const leave = () => (process as any).reallyExit(0)
const digest = 'sha256:' + '0'.repeat(64)

const harms: { readonly [name: string]: () => unknown } = {
  log: () => link(token, join(attempt, 'log.txt')),
  metrics: () => link(token, join(attempt, 'metrics.jsonl')),
  lines: () => (put(join(attempt, 'log.txt'), 'a\\n'), link(token, join(attempt, 'log.jsonl'))),
  endless: () => link('/dev/zero', join(attempt, 'log.txt')),
  socket: () => socket(join(attempt, 'log.txt')),
  terabyte() {
    const fd = openSync(join(attempt, 'log.txt'), 'w')
    ftruncateSync(fd, 2 ** 40)
    closeSync(fd)
  },
  swapped: () => (renameSync(attempt, attempt + '-aside'), symlinkSync('/', attempt), leave()),
  'done-link': () => (link(token, marker('done')), leave()),
  'failed-link': () => (link(token, marker('failed')), leave()),
  'done-socket': async () => (await socket(marker('done')), leave()),
  'done-empty': () => (put(marker('done'), '{}'), leave()),
  'failed-empty': () => (put(marker('failed'), '{}'), leave()),
  'failed-null': () => (put(marker('failed'), '{"retry":true,"cause":{"message":5},"log":""}'), leave()),
  deep: () => (put(marker('done'), '['.repeat(1e6)), leave()),
  large: () => (put(marker('done'), ' '.repeat(9 << 20)), leave()),
  wrong: () => (done({ outputDigest: digest, output: { n: 0, list: Array(349_000).fill({}) } }), leave()),
  values: () => (put(marker('done'), '[' + '{},'.repeat(2_700_000) + '{}]'), leave()),
}

const n = z.object({ n: z.int() })
const small = { cpu: 0.05, memory: '192Mi' } as const
export const evil = stage('evil', {
  input: z.object({ harm: z.string() }),
  output: z.object({ n: z.int(), list: z.array(z.int()).optional() }),
  resources: small,
  run: async ({ harm }) => (await harms[harm]?.(), { n: 1 }),
})

/** Takes what lies elsewhere for its own. */
export const steals = stage('steals', {
  input: n, output: z.object({ rows: file() }), resources: small,
  run() {
    const other = readdirSync(join(store, 'jobs')).find((uid) => uid !== job)
    const path = join(store, 'jobs', String(other), 'attempts', '0-x', 'files', 'rows.csv')
    done({ outputDigest: digest, output: { rows: { path, digest, size: 1 } } })
    return leave()
  },
})
/** Turns the folder of its markers into another Job's. */
export const turns = stage('turns', {
  input: n, output: n, resources: small,
  run: () => (rmSync(join(own, 'done'), { recursive: true, force: true }), link(join(store, 'jobs'), join(own, 'done')), leave()),
})
export const floods = stage('floods', {
  input: n, output: n, resources: small,
  run() {
    for (let i = 0; i < 20_000; i++) put(join(own, 'done', 'x' + i), '')
    return leave()
  },
})
/** Tries to write whatever it can reach; says what came of it. */
export const tries = stage('tries', {
  input: n, output: z.object({ tried: z.record(z.string(), z.string()) }), resources: small,
  run() {
    const uids = readdirSync(join(store, 'released'))
    const other = uids.find((uid) => uid !== job) as string
    const runs = readdirSync(join(store, 'runs')).filter((name) => /^\\d{8}-/.test(name))
    const paths = {
      item: join(store, 'released', job as string, 'items/0.json'),
      release: join(store, 'released', job as string, 'release.json'),
      'item of another': join(store, 'released', other, 'items/0.json'),
      'marker of another': join(store, 'jobs', other, 'done/0-x.json'),
      store: join(store, 'x'),
      journal: join(store, 'runs', String(runs[0]), 'events.jsonl'),
      format: join(store, 'format.json'),
      root: '/x',
      runner: '/millrace/runner/x',
      code: '/millrace/code/code.gz',
      'above its folder': join(own, '../x'),
      account: token,
    }
    const outcome = (path: string) => {
      try {
        writeFileSync(path, 'x')
        return 'written'
      } catch (error) {
        return String((error as NodeJS.ErrnoException).code)
      }
    }
    return { tried: Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, outcome(path)])) }
  },
})
export const innocent = stage('innocent', {
  input: n, output: n, resources: small,
  run: ({ n }, { log, metric }) => (log('fine', { n }), metric('n', n), { n: 2 * n }),
})

main(import.meta, pipeline('hostile', {
  input: z.object({ harms: z.array(z.string()).default(Object.keys(harms)) }),
  build: ({ harms }) => ({
    evil: map(harms, (harm) => evil({ harm }).n, { failures: 'allow' }),
    rows: steals({ n: 1 }).rows,
    turned: turns({ n: 1 }).n,
    flooded: floods({ n: 1 }).n,
    tried: tries({ n: 1 }).tried,
    innocent: map([1, 2, 3], (n) => innocent({ n }).n),
  }),
}))
`
