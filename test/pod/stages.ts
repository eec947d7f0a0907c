import { execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { asset, file, folder, stage } from '@millrace/sdk'
import { z } from 'zod'

const nothing = z.object({})
const text = z.object({ text: z.string() })

export const train = stage('train', {
  input: z.object({ rows: file('text/csv'), pages: folder(), epochs: z.int().default(2) }),
  output: z.object({ model: file(), report: folder(), rows: file('text/csv'), lines: z.int() }),
  env: { MODE: 'fast' },
  run: ({ rows, pages, epochs }, context) => {
    const lines = readFileSync(rows.path, 'utf8').trim().split('\n').length
    console.log(`reading ${lines} lines, ${readdirSync(pages.path).length} pages`)
    for (let step = 1; step <= epochs; step++) context.metric('loss', 1 / step, step)
    context.log('trained', { epochs, mode: context.env.MODE })
    process.stderr.write('to the other\n')
    context.log('nothing more')
    const model = context.file('deep/model.bin')
    writeFileSync(model.path, `weights ${context.seed}`)
    const report = context.folder('report')
    writeFileSync(join(report.path, 'index.html'), '<p>fine</p>')
    return { model, report, rows, lines }
  },
})

/** What it sees of where it runs. */
export const look = stage('look', {
  input: z.object({ n: z.int().optional() }),
  output: z.object({ seen: z.record(z.string(), z.unknown()) }),
  env: { MODE: 'fast', ABSENT: 'x' },
  run: ({ n }, { seed, resources, worker, env, attempt }) => {
    const { MILLRACE_INPUT, MILLRACE_OUTPUT, MILLRACE_FILES, MILLRACE_METRICS, MILLRACE_ATTEMPT_ID } = process.env
    const { MILLRACE_SEED, TMPDIR } = process.env
    const contract = { MILLRACE_INPUT, MILLRACE_OUTPUT, MILLRACE_FILES, MILLRACE_METRICS, MILLRACE_ATTEMPT_ID }
    return { seen: { n, seed, resources, worker, env, attempt, ...contract, MILLRACE_SEED, TMPDIR } }
  },
})

export const handsOn = stage('hands-on', {
  input: z.object({ words: file().default(asset(new URL('./words.txt', import.meta.url))) }),
  output: z.object({ words: file(), text: z.string() }),
  run: ({ words }) => ({ words, text: readFileSync(words.path, 'utf8') }),
})

type Act = (
  stop: AbortSignal,
  log: (text: string) => void,
  metric: (name: string, value: number, step: number) => void,
) => unknown

/** Does what its input says. */
const acts: { readonly [name: string]: Act } = {
  throw: () => {
    throw new Error('boom', { cause: 'the weather' })
  },
  'throw-null': () => {
    throw null
  },
  'throw-long': () => {
    throw new Error('ö'.repeat(3000))
  },
  exit: () => process.exit(0),
  'really-exit': () => (process as unknown as { reallyExit(code: number): never }).reallyExit(0),
  unhandled: async () => {
    void Promise.reject(new Error('nobody awaits it'))
    await sleep(1000)
  },
  never: () => new Promise(() => {}),
  refused: () => ({ text: 7 }),
  'no-file': () => ({ text: undefined }),
  busy: () => {
    for (const until = performance.now() + 3500; performance.now() < until; );
  },
  wait: async (_, log) => {
    log('waiting')
    await sleep(60_000)
  },
  obey: async (stop, log) => {
    log('waiting')
    await sleep(60_000, undefined, { signal: stop }).catch(() => {})
    log('told to stop')
    await sleep(100)
    log('stopped')
  },
  soon: () => sleep(300),
  print: () => {
    const mebibyte = 'x'.repeat(2 ** 20 - 1)
    for (let i = 0; i < 66; i++) console.log(mebibyte)
  },
  measure: (_, __, metric) => {
    for (let step = 0; step < 50_002; step++) metric('a', 1, step)
  },
  'odd-metrics': () => {
    const lines = ['null', '5', 'x', '{"name":"a","value":NaN}', '{"name":"a","value":1e999}', '{"name":1,"value":1}']
    lines.push('{"name":"a","value":1,"step":1e300}', '{"name":"a","value":1,"step":2,"time":"x","more":{}}')
    lines.push('{"name":"b","value":2,"time":"2026-01-02T03:04:05Z"}', '{"name":"c","val')
    appendFileSync(process.env.MILLRACE_METRICS as string, lines.join('\n'))
  },
  'pipe-metrics': () => void execFileSync('mkfifo', [process.env.MILLRACE_METRICS as string]),
  shell: async () => {
    const child = spawn('sh', ['-c', 'echo from a child'], { stdio: 'inherit' })
    await new Promise((done) => child.on('close', done))
  },
  'exit-when-told': async (_, log) => {
    process.on('SIGTERM', () => process.exit(0))
    log('waiting')
    await sleep(60_000)
  },
  'no-listeners': async (_, log) => {
    for (const name of ['SIGTERM', 'exit', 'beforeExit']) process.removeAllListeners(name)
    log('waiting')
    await sleep(60_000)
  },
}

export const act = stage('act', {
  input: z.object({ what: z.string() }),
  output: text,
  run: async ({ what }, { signal, log, metric }) =>
    ((await acts[what]?.(signal, log, metric)) ?? { text: what }) as never,
})

/** Fails until there is a file, whose name it is given. */
export const gate = stage('gate', {
  input: z.object({ name: z.string() }),
  output: z.object({ attempt: z.int() }),
  run: async ({ name }, { attempt, log }) => {
    log('at the gate')
    while (!existsSync(name)) await sleep(10)
    return { attempt }
  },
})

export const spoils = stage('spoils', {
  input: z.object({ rows: file() }),
  output: nothing,
  run: ({ rows }) => {
    writeFileSync(rows.path, 'spoiled')
    return {}
  },
})

export const flaky = stage('flaky', {
  input: nothing,
  output: z.object({ attempt: z.int() }),
  run: (_, { attempt }) => {
    if (attempt < 3) throw new Error(`not at attempt ${attempt}`)
    return { attempt }
  },
})

/** Reads its input while somebody else has put another in its place, and puts it back. */
export const meddles = stage('meddles', {
  input: z.object({ rows: file(), how: z.string() }),
  output: text,
  run: ({ rows, how }) => {
    const files = dirname(rows.path)
    const attempt = dirname(files)
    const attempts = dirname(attempt)
    const name = basename(rows.path)
    /** Puts a folder with a file of the name in a folder's place. */
    const swap = (folder: string, put: (path: string) => void): string => {
      renameSync(folder, `${folder}-aside`)
      const path = join(folder, relative(folder, rows.path))
      mkdirSync(dirname(path), { recursive: true })
      put(path)
      const found = readFileSync(rows.path, 'utf8')
      rmSync(folder, { recursive: true })
      renameSync(`${folder}-aside`, folder)
      return found
    }
    const evil = (path: string) => writeFileSync(path, 'evil')
    const does: Record<string, () => string> = {
      'bytes and back': () => {
        const before = readFileSync(rows.path)
        evil(rows.path)
        const found = readFileSync(rows.path, 'utf8')
        writeFileSync(rows.path, before)
        return found
      },
      'its folder and back': () => swap(files, evil),
      'a link and back': () => swap(files, (path) => symlinkSync('/proc/self/environ', path)),
      'its attempt and back': () => swap(attempt, evil),
      'all attempts and back': () => swap(attempts, evil),
      'a link that stays': () => {
        renameSync(files, `${files}-aside`)
        symlinkSync(`${files}-aside`, files)
        return readFileSync(rows.path, 'utf8')
      },
      'nothing: other attempts begin and end': () => {
        mkdirSync(join(attempts, '1-b/files'), { recursive: true })
        writeFileSync(join(attempts, '1-b/files', name), 'more')
        writeFileSync(join(attempts, '../done/1-b.json'), '{}')
        writeFileSync(join(attempts, '../failed/2-b.json'), '{}')
        return readFileSync(rows.path, 'utf8')
      },
    }
    return { text: does[how]?.() ?? 'no such way' }
  },
})
