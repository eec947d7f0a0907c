import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DoneMarker, digestBytes, digestJson, type Json } from '@millrace/ir'
import { expect, test } from 'vitest'
import { codeDigest, PodFolder, pod } from './pod.ts'

const fine = { code: 0, signal: null, stdout: '', stderr: '', last: '' }

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

async function training(): Promise<{ readonly folder: PodFolder; readonly input: Json }> {
  const folder = new PodFolder()
  const input = {
    rows: folder.artifact('rows.csv', 'a\nb\nc\n'),
    pages: folder.artifact('pages', { 'one.html': '1', 'in/two.html': '22' }),
  }
  await folder.put({ stage: 'train', input })
  return { folder, input }
}

test('a success is told by one marker, which holds all of it', async () => {
  const { folder, input } = await training()
  const ran = await folder.run('uid-1')
  const text = [
    'reading 3 lines, 2 pages',
    'trained {"epochs":2,"mode":"fast"}',
    'to the other',
    'nothing more',
    '',
  ].join('\n')
  expect(ran).toEqual({ ...fine, stdout: text })
  expect(folder.markers()).toEqual({ done: ['0-uid-1.json'], failed: [], stopped: [] })
  expect(folder.list('attempts', '0-uid-1')).toEqual([
    'files',
    'input.json',
    'log.jsonl',
    'log.txt',
    'metrics.jsonl',
    'output.json',
  ])
  const own = ['attempts', '0-uid-1'] as const
  const model = { path: 'deep/model.bin', digest: digestBytes('weights 42'), size: 10 }
  const report = { path: 'report', digest: expect.stringMatching(/^sha256:/), size: 11 }
  const { rows, pages } = input as { rows: { path: string }; pages: { path: string } }
  const mounted = (artifact: { path: string }) => ({ ...artifact, path: join(folder.store, artifact.path) })
  const output = folder.json(...own, 'output.json') as { [name: string]: { digest: string; size: number } }
  expect(output).toEqual({ model, report, rows: mounted(rows), lines: 3 })
  const content = ({ digest, size }: { digest: string; size: number }) => ({ digest, size })
  const metric = { name: 'loss', time: expect.stringMatching(/Z$/) }
  const metrics = [
    { ...metric, value: 1, step: 1 },
    { ...metric, value: 0.5, step: 2 },
  ]
  expect(folder.json('done', '0-uid-1.json')).toEqual({
    inputDigest: digestJson(input),
    codeDigest,
    index: 0,
    generation: 0,
    key: `sha256:${'00'.repeat(32)}`,
    outputDigest: digestJson({
      model: content(output.model as never),
      report: content(output.report as never),
      rows: content(output.rows as never),
      lines: 3,
    }),
    output,
    files: expect.arrayContaining([model, report]),
    metrics,
    cards: [],
    log: text,
  })
  expect(folder.json(...own, 'input.json')).toEqual({ rows: mounted(rows), pages: mounted(pages) })
  expect(folder.read(...own, 'files', 'deep', 'model.bin')).toBe('weights 42')
  const lines = (name: string) =>
    (folder.read(...own, name) as string)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { at: number; size: number })
  expect(lines('metrics.jsonl')).toEqual(metrics)
  expect(folder.read(...own, 'log.txt')).toBe(text)
  const logged = lines('log.jsonl')
  expect(logged).toEqual([
    { at: 25, size: 35, level: 'info', message: 'trained', data: { epochs: 2, mode: 'fast' } },
    { at: 73, size: 13, level: 'info', message: 'nothing more' },
  ])
  expect(logged.map(({ at, size }) => text.slice(at, at + size))).toEqual([
    'trained {"epochs":2,"mode":"fast"}\n',
    'nothing more\n',
  ])
})

test("another user of the store's group can read all of it", async () => {
  const { folder } = await training()
  expect((await folder.run('a')).code).toBe(0)
  const mode = (...path: string[]) => (statSync(join(folder.own, ...path)).mode & 0o777).toString(8)
  const files = ['output.json', 'log.txt', 'metrics.jsonl', 'files/deep/model.bin', 'files/report/index.html']
  expect(files.map((file) => mode('attempts', '0-a', file))).toEqual(files.map(() => '664'))
  expect(mode('done/0-a.json')).toBe('664')
  expect(['attempts', 'attempts/0-a', 'attempts/0-a/files/deep', 'done'].map((path) => mode(path))).toEqual(
    Array(4).fill('775'),
  )
})

test('it runs as its manifest starts it: from memory, with nothing to be resolved against', async () => {
  const { folder } = await training()
  const loads =
    "import{readFileSync as r}from'node:fs';await import('data:text/javascript;base64,'+r('runner.mjs').toString('base64'))"
  const { stdout, ...ran } = await folder.run('a', { words: ['--input-type=module', '-e', loads] })
  expect([stdout.split('\n')[0], ran]).toEqual([
    'reading 3 lines, 2 pages',
    { code: 0, signal: null, stderr: '', last: '' },
  ])
})

test('a stage sees the contract, the item and the variables that it declares', async () => {
  const folder = await pod({ stage: 'look', input: { n: 3 }, item: { resources: { cpu: 2 }, seed: 7 }, index: 4 })
  const ran = await folder.run('5f0d', {}, 4)
  expect(ran).toEqual(fine)
  const attempt = folder.attempt('5f0d', 4)
  expect(folder.json('attempts', '4-5f0d', 'output.json')).toEqual({
    seen: {
      n: 3,
      seed: 7,
      resources: { cpu: 2 },
      worker: { index: 0, count: 1 },
      env: { MODE: 'fast' },
      attempt: 1,
      MILLRACE_INPUT: join(attempt, 'input.json'),
      MILLRACE_OUTPUT: join(attempt, 'output.json'),
      MILLRACE_FILES: join(attempt, 'files'),
      MILLRACE_METRICS: join(attempt, 'metrics.jsonl'),
      MILLRACE_ATTEMPT_ID: '5f0d',
      MILLRACE_SEED: '7',
      TMPDIR: join(folder.folder, 'tmp-0/millrace-tmp'),
    },
  })
})

test('a variable that manifests can not hold as it is comes as JSON, and is what it was', async () => {
  const folder = await pod({ stage: 'look' })
  const value = 'a\u007fb\u0085\u2028$(HOME)\ufeff\uffff'
  const sent = JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  expect(await folder.run('a', { env: { MODE: undefined, MILLRACE_TEXT_MODE: sent } })).toEqual(fine)
  expect(folder.json('attempts', '0-a', 'output.json')).toMatchObject({ seen: { env: { MODE: value } } })
})

test('an item of a map is known by its completion index', async () => {
  const folder = await pod({ stage: 'act', input: { what: 'first' }, index: 0 })
  folder.putItem({ index: 13, input: { what: 'other' }, item: { index: [0, 3], generation: 2 } })
  expect(await folder.run('x', {}, 13)).toEqual(fine)
  expect(folder.markers()).toEqual({ done: ['13-x.json'], failed: [], stopped: [] })
  expect(folder.json('done', '13-x.json')).toMatchObject({ index: 13, generation: 2 })
  expect(folder.json('attempts', '13-x', 'output.json')).toEqual({ text: 'other' })
})

test('an asset that stands in the schema is there, and is kept when it is handed on', async () => {
  const folder = await pod({ stage: 'handsOn' })
  expect(await folder.run('a')).toEqual(fine)
  const words = { path: '.assets/words.txt', digest: digestBytes('few words\n'), size: 10 }
  expect(folder.json('attempts', '0-a', 'output.json')).toEqual({ words, text: 'few words\n' })
  expect(folder.json('done', '0-a.json')).toMatchObject({ files: [words] })
  expect(folder.read('attempts', '0-a', 'files', words.path)).toBe('few words\n')
})

test('a volume may show the item late, or a part of it first', async () => {
  const folder = await pod({ stage: 'act', input: { what: 'late' } })
  const path = folder.item()
  const item = readFileSync(path, 'utf8')
  rmSync(path)
  const started = folder.start('a', { itemWait: 20_000 })
  await sleep(600)
  writeFileSync(path, item.slice(0, 40))
  await sleep(300)
  expect(folder.markers()).toEqual({ done: [], failed: [], stopped: [] })
  writeFileSync(path, item)
  expect(await started.end()).toEqual(fine)
  expect(folder.markers()).toEqual({ done: ['0-a.json'], failed: [], stopped: [] })
})

test('two attempts of one index at once leave what each of them made', async () => {
  const folder = new PodFolder()
  const name = join(folder.folder, 'go')
  await folder.put({ stage: 'gate', input: { name } })
  const [one, two] = [folder.start('one'), folder.start('two')]
  await Promise.all([one.said('at the gate'), two.said('at the gate')])
  writeFileSync(name, '')
  const both = await Promise.all([one.end(), two.end()])
  expect(both).toEqual([one, two].map(() => ({ ...fine, stdout: 'at the gate\n' })))
  expect(folder.markers()).toEqual({ done: ['0-one.json', '0-two.json'], failed: [], stopped: [] })
  expect(folder.json('attempts', '0-one', 'output.json')).toEqual({ attempt: expect.any(Number) })
  expect(folder.json('attempts', '0-two', 'output.json')).toEqual({ attempt: expect.any(Number) })
})

test('a pod that was killed leaves no marker, and the next one begins anew', async () => {
  const folder = new PodFolder()
  const name = join(folder.folder, 'go')
  await folder.put({ stage: 'gate', input: { name } })
  const killed = folder.start('one')
  await killed.said('at the gate')
  killed.child.kill('SIGKILL')
  expect(await killed.end()).toEqual({ ...fine, code: null, signal: 'SIGKILL', stdout: 'at the gate\n' })
  expect(folder.markers()).toEqual({ done: [], failed: [], stopped: [] })
  writeFileSync(name, '')
  writeFileSync(join(folder.attempt('one'), 'files/left'), '')
  expect(await folder.run('two')).toEqual({ ...fine, stdout: 'at the gate\n' })
  expect(folder.json('attempts', '0-two', 'output.json')).toEqual({ attempt: 2 })
  // the same pod, whose container was started again
  expect(await folder.run('one')).toEqual({ ...fine, stdout: 'at the gate\n' })
  expect(folder.list('attempts', '0-one', 'files')).toEqual([])
  expect(folder.markers()).toEqual({ done: ['0-one.json', '0-two.json'], failed: [], stopped: [] })
  // what is done stays as it is
  const before = statSync(join(folder.attempt('one'), 'output.json')).ino
  expect(await folder.run('one')).toEqual(fine)
  expect(statSync(join(folder.attempt('one'), 'output.json')).ino).toBe(before)
})

test('attempts are counted by the names that they left, or by Kubernetes', async () => {
  const folder = await pod({ stage: 'flaky' })
  expect(await Promise.all([await folder.run('a'), await folder.run('b')])).toMatchObject([{ code: 1 }, { code: 1 }])
  // an item that is written again, and times that are not true, change nothing
  folder.putItem({})
  utimesSync(folder.item(), new Date('2100-01-01'), new Date('2100-01-01'))
  expect(await folder.run('c')).toEqual(fine)
  expect(folder.markers()).toEqual({ done: ['0-c.json'], failed: ['0-a.json', '0-b.json'], stopped: [] })
  expect(await folder.run('d', { env: { MILLRACE_FAILURES: '6' } })).toEqual(fine)
  expect(folder.json('attempts', '0-d', 'output.json')).toEqual({ attempt: 7 })
  // neither what another index tried counts, nor what is no attempt
  folder.putItem({ index: 10 })
  expect((await folder.run('e', {}, 10)).last).toBe('"work" threw Error: not at attempt 1')
})

test('failures are those that pods told, and those that the driver told of pods that could not', async () => {
  const folder = await pod({ stage: 'flaky', item: { retries: 2 } })
  for (const name of ['0-a.json', '0-b.json', '00-c.json', '1-c.json', '0-c.json.tmp', '.0-d.json.tmp'])
    write(join(folder.released, 'failed', name), '{}')
  for (const name of ['0-b.json', '0-c']) write(join(folder.own, 'failed', name), '{}')
  write(join(folder.own, 'stopped', '0-d.json'), '{}')
  for (const name of ['0-a', '0-b']) mkdirSync(join(folder.own, 'attempts', name), { recursive: true })
  expect(await folder.run('e')).toEqual(fine)
  write(join(folder.own, 'failed', '0-f.json'), '{}')
  expect((await folder.run('g')).last).toBe('"work" has failed as often as its retries allow, and is not tried again')
})

test('of metrics the first 50,000 are kept, and that there were more is said', async () => {
  const folder = await pod({ stage: 'act', input: { what: 'measure' } })
  const said = '[of the metrics the first 50000 are kept]\n'
  expect(await folder.run('a')).toEqual({ ...fine, stdout: said })
  const { metrics, log } = folder.json('done', '0-a.json') as DoneMarker
  expect([metrics.length, metrics.at(-1)?.step, log]).toEqual([50_000, 49_999, said])
})

test('a line that is no metric is none, whoever wrote it', async () => {
  const folder = await pod({ stage: 'act', input: { what: 'odd-metrics' } })
  expect(await folder.run('a')).toEqual(fine)
  const time = expect.stringMatching(/^\d{4}-.*Z$/)
  expect((folder.json('done', '0-a.json') as DoneMarker).metrics).toEqual([
    { name: 'a', value: 1, step: 2, time },
    { name: 'b', value: 2, time: '2026-01-02T03:04:05Z' },
  ])
})

test('a pipe in the place of the metrics fails the attempt', async () => {
  const folder = await pod({ stage: 'act', input: { what: 'pipe-metrics' } })
  const { code, stderr } = await folder.run('a')
  expect([code, stderr]).toEqual([
    65,
    'error[attempt-refused]: the runner refuses an attempt of "work": "metrics.jsonl" is no regular file\n' +
      "  fix: Let the stage write to the paths that it is given only; what else is in its folder is the runner's.\n",
  ])
})

test('64 MiB of a log are kept', async () => {
  const folder = await pod({ stage: 'act', input: { what: 'print' } })
  const { code, stdout, stderr } = await folder.run('a')
  expect([code, stdout.length, stderr]).toEqual([0, 66 * 2 ** 20, ''])
  const log = readFileSync(join(folder.attempt('a'), 'log.txt'))
  const end = '\n[the log is cut here: 64 MiB are kept]\n'
  expect([log.length, log.subarray(64 * 2 ** 20).toString()]).toEqual([64 * 2 ** 20 + end.length, end])
})

test('another engine hands its item to the pod; all else is the same', async () => {
  const folder = await pod({ stage: 'look', input: { n: 3 } })
  const env = { HANDED_ITEM: readFileSync(folder.item(), 'utf8'), NODE_OPTIONS: '--conditions=source' }
  rmSync(folder.item())
  const ran = await folder.run('uid-1', { words: [join(import.meta.dirname, 'handed-item.ts')], env })
  expect(ran).toEqual(fine)
  expect(folder.markers()).toEqual({ done: ['0-uid-1.json'], failed: [], stopped: [] })
  expect(folder.json('done', '0-uid-1.json')).toMatchObject({ output: { seen: { n: 3, seed: 42, attempt: 1 } } })
})
