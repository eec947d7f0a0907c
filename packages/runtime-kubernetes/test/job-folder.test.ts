import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Digest, FailedMarker, Release, WorkItem } from '@millrace/ir'
import { OddFile } from '@millrace/store'
import { expect, onTestFinished, test } from 'vitest'
import { JobFolder } from '../src/driver/job-folder.ts'

const uid = '5d1c1f6e-0000-4000-8000-000000000001'
const pod = '9b2d0a6c-0000-4000-8000-000000000002'
const digest = `sha256:${'0'.repeat(64)}` as Digest
const release: Release = { version: 1, run: 'r', items: [{ key: digest, inputDigest: digest }] }
const items = [{ version: 1, node: 'mine' }] as unknown as readonly WorkItem[]
const failed: FailedMarker = {
  cause: {
    code: 'process-failed',
    severity: 'error',
    message: 'gone',
    at: { pipeline: 'p', node: 'n' },
    fix: 'Do nothing.',
  },
  retry: true,
  log: '',
}

function store(): string {
  const root = mkdtempSync(join(tmpdir(), 'millrace-job-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return root
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

const news = (folder: JobFolder, most = 100) => folder.look(() => [...folder.news(most)])

test('what a driver writes of a Job stands in a folder that no pod of it mounts', () => {
  const root = store()
  const folder = new JobFolder(root, uid)
  folder.release(release, items)
  folder.fail({ index: 0, pod }, failed)
  expect(readdirSync(root).sort()).toEqual(['jobs', 'released'])
  expect(readdirSync(join(root, 'jobs', uid))).toEqual([])
  const made = statSync(join(root, 'jobs', uid), { bigint: true })
  expect(made.mode & 0o7777n).toBe(0o2770n)
  // who reads what its pods left sees no change where a driver after this one releases it anew
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  folder.release(release, items)
  expect(statSync(join(root, 'jobs', uid), { bigint: true }).ctimeNs).toBe(made.ctimeNs)
  expect(readdirSync(join(root, 'released', uid), { recursive: true }).sort()).toEqual([
    'failed',
    `failed/0-${pod}.json`,
    'items',
    'items/0.json',
    'release.json',
  ])
  expect(new JobFolder(root, uid).released()).toEqual(release)
  expect(new JobFolder(root, 'other').released()).toBe(undefined)
})

test('links in the folder of pods lead no driver to write elsewhere', () => {
  const root = store()
  const victim = join(root, 'results/ab/k/current')
  put(victim, "another pipeline's pointer\n")
  put(join(root, 'released/victim/items/0.json'), '{"victim":true}')
  const own = join(root, 'jobs', uid)
  mkdirSync(join(own, 'failed'), { recursive: true })
  symlinkSync('../../../results/ab/k/current', join(own, 'failed', `0-${pod}.json.tmp`))
  symlinkSync('../../../results/ab/k/current', join(own, 'failed', `0-${pod}.json`))
  symlinkSync('../../released/victim/items', join(own, 'items'))
  const folder = new JobFolder(root, uid)
  folder.fail({ index: 0, pod }, failed)
  folder.release(release, items)
  expect(readFileSync(victim, 'utf8')).toBe("another pipeline's pointer\n")
  expect(readFileSync(join(root, 'released/victim/items/0.json'), 'utf8')).toBe('{"victim":true}')
})

test("another driver's half-written file is no hindrance", () => {
  const root = store()
  const folder = new JobFolder(root, uid)
  folder.release(release, items)
  writeFileSync(join(root, 'released', uid, 'release.json.tmp'), '{')
  mkdirSync(join(root, 'released', uid, 'items/0.json.tmp'))
  folder.release({ ...release, run: 's' }, items)
  expect(folder.released()?.run).toBe('s')
})

test.each([
  '',
  'null',
  '[]',
  '{"version":1}',
  JSON.stringify({ ...release, version: 2 }),
  JSON.stringify({ ...release, items: [{}] }),
])('a release that says %j is none', (text) => {
  const root = store()
  put(join(root, 'released', uid, 'release.json'), text)
  expect(new JobFolder(root, uid).released()).toBe(undefined)
})

test('markers are told once, those of drivers first, and no other names', () => {
  const root = store()
  const folder = new JobFolder(root, uid)
  folder.release(release, items)
  for (const name of [`1-${pod}.json`, `0-${pod}.json`, '.0-x.json.tmp', '00-x.json', '1234567-x.json', '0-.json', 'x'])
    put(join(root, 'jobs', uid, 'done', name), '')
  put(join(root, 'jobs', uid, 'stopped', `0-${pod}.json`), '')
  put(join(root, 'released', uid, 'failed', `2-${pod}.json`), JSON.stringify(failed))
  const told = news(folder)
  expect(told).toEqual([
    { kind: 'failed', id: { index: 2, pod }, ours: true },
    { kind: 'done', id: { index: 0, pod }, ours: false },
    { kind: 'done', id: { index: 1, pod }, ours: false },
    { kind: 'stopped', id: { index: 0, pod }, ours: false },
  ])
  expect(news(folder)).toEqual([])
  // a volume may show a name before its bytes
  const [first, second] = told
  expect(folder.done((second as (typeof told)[0]).id)).toBe(undefined)
  folder.forget(second as (typeof told)[0])
  expect(news(folder)).toEqual([second])
  expect(folder.failed(first as (typeof told)[0])).toEqual({ value: failed })
  // one that it has written itself is no news
  folder.fail({ index: 3, pod }, failed)
  expect(news(folder)).toEqual([])
})

test('a pod that has written nothing yet is no error', () => {
  const folder = new JobFolder(store(), uid)
  expect(news(folder)).toEqual([])
  folder.attempt({ index: 0, pod }, () => {
    throw new Error('it is not there')
  })
})

test('a pipe where a driver looks does not stop it', () => {
  const root = store()
  const folder = new JobFolder(root, uid)
  folder.release(release, items)
  const attempt = join(root, 'jobs', uid, 'attempts', `0-${pod}`)
  mkdirSync(attempt, { recursive: true })
  execFileSync('mkfifo', [join(attempt, 'log.txt'), join(root, 'jobs', uid, 'done')])
  expect(() => news(folder)).toThrow(OddFile)
  expect(() =>
    folder.attempt({ index: 0, pod }, (inner) => {
      inner.read('log.txt', 10)
    }),
  ).toThrow('is no regular file')
})

test('a uid is a name', () => {
  for (const odd of ['', '..', 'a/b', '/etc', 'a\0'])
    expect(() => new JobFolder('/store', odd)).toThrow(`"${odd}" is no uid of a Job`)
})

test('markers that come and go are counted all the same, and those that were seen are no news', () => {
  const root = store()
  const folder = new JobFolder(root, uid)
  folder.release(release, items)
  const stopped = join(root, 'jobs', uid, 'stopped')
  let pods = 0
  const others = (count: number) => {
    rmSync(stopped, { recursive: true, force: true })
    for (let i = 0; i < count; i++) put(join(stopped, `0-made-up-${pods++}.json`), JSON.stringify(failed))
  }
  for (let round = 1; round <= 5; round++) {
    others(20)
    expect(news(folder)).toHaveLength(20)
    expect(news(folder)).toEqual([])
  }
  others(1)
  expect(() => news(folder)).toThrow(new OddFile('stopped', 'has had more than 100 markers, with others of its Job'))
  // a driver that goes on begins to count anew
  others(20)
  expect(news(new JobFolder(root, uid))).toHaveLength(20)
})
