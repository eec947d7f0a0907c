import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Event } from '@millrace/ir'
import { expect, test, vi } from 'vitest'
import { openStore, type RunFolder, type Store } from '../src/index.ts'
import { counts, ending, filesIn, finishedEvent, line, litter, newRoot, startedEvent } from './support.ts'
import { findOne, keyOf, plain, work } from './values.ts'

const log = (message: string): Event => ({
  event: 'log',
  run: 'r',
  time: '2026-11-22T07:53:12.000Z',
  node: 'clean',
  level: 'info',
  message,
})
const journal = (run: RunFolder): string => join(run.path, 'journal.jsonl')
const lines = (run: RunFolder): number => readFileSync(journal(run), 'utf8').split('\n').length - 1

function finished(store: Store, status: 'succeeded' | 'failed' = 'succeeded', info = work): RunFolder {
  const run = store.runs.create(info)
  run.append(finishedEvent(run.id, status))
  run.finish(ending(status))
  return run
}

test('a run has an id that sorts by time, its info, its owner; its end is told from then on', () => {
  const root = newRoot()
  const store = openStore(root)
  const run = store.runs.create(work, '{"version":1}')
  expect(run.id).toMatch(/^\d{8}-\d{6}-[0-9a-f]{6}$/)
  expect(run.path).toBe(join(root, 'runs', run.id))
  expect(run.resumed).toBe(false)
  const info = JSON.parse(readFileSync(join(run.path, 'info.json'), 'utf8')).value
  const { parameters, ...begun } = work
  expect(info).toEqual({ ...begun, started: expect.stringMatching(/^20.*Z$/) })
  expect(readFileSync(join(run.path, 'graph.json'), 'utf8')).toBe('{"version":1}')
  expect(JSON.parse(readFileSync(join(run.path, 'owner'), 'utf8'))).toMatchObject({ pid: process.pid })
  // the parameters stand in the journal, once
  expect(store.runs.find(run.id)).toEqual({ id: run.id, ...info, parameters: {}, status: 'running' })
  run.append(startedEvent)
  run.flush()
  expect(store.runs.find(run.id)).toEqual({ id: run.id, ...info, parameters, status: 'running' })
  run.append(finishedEvent(run.id))
  run.finish(ending())
  expect(existsSync(join(run.path, 'owner'))).toBe(false)
  const end = { finished: '2026-11-22T07:54:00.000Z', seconds: 1.5, counts, status: 'succeeded' }
  expect(openStore(root).runs.find(run.id)).toEqual({ id: run.id, ...info, parameters, ...end })
  expect(litter(root)).toEqual([])
})

test('runs are listed newest first, found by prefix, the last without', () => {
  const store = openStore(newRoot())
  expect(store.runs.list()).toEqual([])
  expect(store.runs.find()).toBeUndefined()
  const ids = Array.from({ length: 20 }, () => finished(store).id)
  expect(ids).toEqual([...ids].sort())
  expect(store.runs.list().map(({ id }) => id)).toEqual([...ids].reverse())
  expect(store.runs.find()).toMatchObject({ id: ids[19] })
  expect(store.runs.find(ids[3]?.slice(0, -1))).toMatchObject({ id: ids[3] })
  expect(store.runs.find(ids[3]?.slice(0, 4))).toBe('ambiguous')
  expect(store.runs.find('1999')).toBeUndefined()
  const quick = Array.from({ length: 50 }, () => store.runs.create(work)).map((run) => run.id)
  expect(quick).toEqual([...quick].sort())
})

test('the journal holds lines back 20 ms or 64 KiB; flush, finish and an idle run write them', async () => {
  const store = openStore(newRoot())
  const run = store.runs.create(work)
  const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
  run.append(log('first'))
  expect(lines(run)).toBe(1)
  for (let i = 0; i < 10; i++) run.append(log('held'))
  expect(lines(run)).toBe(1)
  now.mockRestore()
  run.flush()
  expect(lines(run)).toBe(11)
  for (let i = 0; i < 10; i++) run.append(log('x'.repeat(10_000)))
  expect(lines(run)).toBeGreaterThan(16)
  await setTimeout(100)
  expect(lines(run)).toBe(21)
  run.append(log('last'))
  run.release()
  expect(lines(run)).toBe(22)
  run.append(log('after the end'))
  run.flush()
  expect([...store.runs.events(run.id)]).toHaveLength(22)
})

test('events are read as they were written, long lines too', () => {
  const store = openStore(newRoot())
  const run = store.runs.create(work)
  const events = [log('é'.repeat(100_000)), log('short'), log('\u2028'.repeat(70_000)), finishedEvent(run.id)]
  for (const event of events) run.append(event)
  run.flush()
  expect([...store.runs.events(run.id)]).toEqual(events)
  expect([...store.runs.events('20260101-000000-000000')]).toEqual([])
})

test('a line that a kill has cut is left out, and spoils no line of the process that goes on', () => {
  const root = newRoot()
  const run = openStore(root).runs.create(work)
  for (const message of ['one', 'two']) run.append(log(message))
  run.release()
  truncateSync(journal(run), readFileSync(journal(run)).length - 9)
  const store = openStore(root)
  expect([...store.runs.events(run.id)]).toEqual([log('one')])
  const resumed = store.runs.resume(work)
  expect(resumed).toMatchObject({ id: run.id, resumed: true })
  resumed?.append(log('three'))
  resumed?.release()
  expect([...store.runs.events(run.id)]).toEqual([log('one'), log('three')])
})

test('the last unfinished or failed run of the same pipeline, parameters and plan goes on; no other does', () => {
  const store = openStore(newRoot())
  const failed = finished(store, 'failed')
  finished(store)
  finished(store, 'failed', { ...work, pipeline: 'other' })
  finished(store, 'failed', { ...work, plan: 'sha256:other' })
  finished(store, 'failed', { ...work, parameters: { epochs: 4 } })
  const resumed = store.runs.resume(work)
  expect(resumed?.id).toBe(failed.id)
  expect(store.runs.resume(work)).toBeUndefined()
  resumed?.append(startedEvent)
  expect(store.runs.find(failed.id)).toMatchObject({ status: 'running', started: expect.any(String) })
  resumed?.append(finishedEvent(failed.id))
  resumed?.finish(ending())
  expect(store.runs.resume(work)).toBeUndefined()
  const later = store.runs.create({ ...work, parameters: { epochs: 3 } })
  later.release()
  expect(store.runs.find(later.id)).toMatchObject({ status: 'interrupted' })
  expect(store.runs.resume(work)?.id).toBe(later.id)
})

test("the journal's last event decides, whatever summary.json says", () => {
  const root = newRoot()
  const store = openStore(root)
  const status = (run: RunFolder) => (openStore(root).runs.find(run.id) as { status: string }).status

  const cut = finished(store)
  truncateSync(journal(cut), readFileSync(journal(cut)).length - 3)
  expect(status(cut)).toBe('interrupted')
  expect(store.runs.resume(work)).toBeUndefined()

  const unsaid = store.runs.create(work)
  unsaid.append(log('no run.finished'))
  unsaid.finish(ending())
  expect(status(unsaid)).toBe('interrupted')
  expect(store.runs.resume(work)?.id).toBe(unsaid.id)

  const unsummed = store.runs.create({ ...work, plan: 'sha256:b' })
  unsummed.append(finishedEvent(unsummed.id))
  unsummed.release()
  expect(openStore(root).runs.find(unsummed.id)).toMatchObject({ status: 'succeeded', seconds: 1.5, counts })
  expect(store.runs.resume({ ...work, plan: 'sha256:b' })).toBeUndefined()

  const wentOn = finished(store, 'failed', { ...work, plan: 'sha256:c' })
  store.runs.resume({ ...work, plan: 'sha256:c' })?.append(startedEvent)
  expect(status(wentOn)).toBe('running')
})

test('a run whose info or summary is damaged is told from its journal, or not at all', () => {
  const root = newRoot()
  const store = openStore(root)
  const run = store.runs.create(work)
  run.append(startedEvent)
  run.append(finishedEvent(run.id, 'failed'))
  run.finish(ending('failed'))
  writeFileSync(join(run.path, 'summary.json'), '{"status":"succ')
  writeFileSync(join(run.path, 'info.json'), '')
  expect(store.runs.find(run.id)).toMatchObject({ ...work, status: 'failed', started: startedEvent.time })
  appendFileSync(journal(run), '\0\0\0\0')
  expect(store.runs.find(run.id)).toMatchObject({ status: 'failed' })
  writeFileSync(journal(run), 'garbage')
  expect(store.runs.find(run.id)).toBeUndefined()
  expect(store.runs.list()).toEqual([])
})

test('log files are apart for every node, index and attempt', () => {
  const run = openStore(newRoot()).runs.create(work)
  const at = (...args: Parameters<RunFolder['logFile']>) => run.logFile(...args).slice(run.path.length)
  expect(at('prepare/clean', undefined, 1)).toBe('/logs/prepare+clean.1.log')
  expect(at('clean.2', [2, 0], 3)).toBe('/logs/clean.2_2_0.3.log')
  writeFileSync(run.logFile('clean', [], 1), 'its folder is there')
})

test('a long history is read from one file, which is believed only where it is right', () => {
  const root = newRoot()
  const store = openStore(root)
  const runs = Array.from({ length: 120 }, () => finished(store))
  const first = store.runs.list()
  expect(first.map(({ id }) => id)).toEqual(runs.map(({ id }) => id).toReversed())
  const index = join(root, 'runs', 'summaries.jsonl')
  const text = readFileSync(index, 'utf8')
  expect(text.split('\n').length).toBe(121)
  expect(openStore(root).runs.list()).toEqual(first)

  // a run that went on afterwards, a damaged line, lines that are lost
  const [newest] = runs.slice(-1) as [RunFolder]
  appendFileSync(journal(newest), `${JSON.stringify(finishedEvent(newest.id, 'failed'))}\n`)
  writeFileSync(index, text.replace('"succeeded"', '"cancelled"').split('\n').slice(0, 60).join('\n'))
  const again = openStore(root).runs.list()
  expect(again[0]).toMatchObject({ id: newest.id, status: 'failed' })
  expect(again.slice(1)).toEqual(first.slice(1))
  expect(openStore(root).runs.last(work.pipeline)).toEqual(again[0])
  expect(openStore(root).runs.last('nothing')).toBe(undefined)
})

test.runIf(existsSync('/proc/self/stat'))(
  'a run is marked before it has a folder, so that no kill leaves one that nobody goes on with',
  async () => {
    const root = newRoot()
    const store = openStore(root)
    const run = store.runs.create(work)
    const [mark = ''] = readdirSync(join(root, 'runs/open'))
    expect(mark).toMatch(new RegExp(`^[0-9a-f]{16}-${run.id}$`))
    // as if its folder were still to come: the mark of a process that lives stays, a dead one's goes
    const early = join(root, 'runs/open', mark.replace(run.id, '20260101-000000-000000'))
    copyFileSync(join(root, 'runs/open', mark), early)
    expect(openStore(root).runs.resume(work)).toBeUndefined()
    expect(existsSync(early)).toBe(true)
    writeFileSync(early, JSON.stringify({ ...JSON.parse(readFileSync(early, 'utf8')), start: '1' }))
    expect(openStore(root).runs.resume(work)).toBeUndefined()
    expect(existsSync(early)).toBe(false)
  },
)

test.runIf(existsSync('/proc/self/stat'))(
  'a run that succeeds leaves no claim of the processes that worked for it, also if they were killed at its end',
  () => {
    const root = newRoot()
    const run = openStore(root).runs.create(work)
    const dead = JSON.stringify({ ...JSON.parse(readFileSync(join(run.path, 'owner'), 'utf8')), start: '1' })
    writeFileSync(join(run.path, 'owner'), dead)
    const resumed = openStore(root).runs.resume(work) as RunFolder
    expect(filesIn(run.path).sort()).toEqual(['info.json', 'owner', 'owner.2'])
    resumed.append(finishedEvent(run.id))
    resumed.finish(ending())
    expect(filesIn(run.path).sort()).toEqual(['info.json', 'journal.jsonl', 'summary.json'])

    const ended = openStore(root).runs.create(work)
    ended.append(finishedEvent(ended.id))
    ended.flush()
    writeFileSync(join(ended.path, 'owner'), dead)
    expect(openStore(root).runs.resume(work)).toBeUndefined()
    expect(filesIn(ended.path).sort()).toEqual(['info.json', 'journal.jsonl'])
    expect(filesIn(join(root, 'runs/open'))).toEqual([])
  },
)

test('a run that was given back once is not given back again: by then another may own it', () => {
  const root = newRoot()
  const { runs } = openStore(root)
  const info = { pipeline: 'p', plan: 'sha256:a', parameters: {} }
  const first = runs.create(info)
  const time = new Date().toISOString()
  const counts = { ran: 0, cached: 0, skipped: 0, failed: 1 }
  const end = { status: 'failed' as const, counts, seconds: 0, finished: time }
  first.append({
    event: 'run.finished',
    run: first.id,
    time,
    status: 'failed',
    output: null,
    errors: [],
    counts,
    seconds: 0,
  })
  first.finish(end)
  const second = openStore(root).runs.resume(info)
  expect(second?.id).toBe(first.id)
  first.release()
  expect(openStore(root).runs.resume(info)).toBeUndefined()
  second?.release()
})

test('a run is newer than all before it, whatever the clock says', () => {
  const root = newRoot()
  const ids: string[] = []
  const real = Date.now
  try {
    for (const days of [0, 400, -400, 0, -9000]) {
      Date.now = () => real() + days * 86_400_000
      const store = openStore(root)
      ids.push(finished(store).id)
      expect(store.runs.list()[0]?.id).toBe(ids.at(-1))
      expect(store.runs.last(work.pipeline)?.id).toBe(ids.at(-1))
    }
  } finally {
    Date.now = real
  }
  expect(ids).toEqual([...ids].sort())
  // what somebody made up is no id
  for (const odd of ['', 'zzz', '../..', '2'.repeat(40)]) {
    writeFileSync(join(root, 'runs/newest'), odd)
    const { id } = finished(openStore(root))
    expect(id).toMatch(/^\d{8}-\d{6}-[0-9a-f]{6}$/)
  }
})

test('what --fresh made stays the newest, also where the clock was ahead in a run that was pruned since', async () => {
  const root = newRoot()
  const key = keyOf('a key')
  const real = Date.now
  const fresh = (by: string): void => {
    const store = openStore(root)
    const run = store.runs.create(work)
    const pack = store.results.openPack(run.id, { fresh: true })
    pack.append(line(key, { by }))
    pack.close()
    run.append(finishedEvent(run.id))
    run.finish(ending())
  }
  try {
    Date.now = () => real() + 400 * 86_400_000
    fresh('before')
    // its result stays, as another run uses it
    const user = openStore(root).runs.create({ ...work, pipeline: 'user' })
    user.use(openStore(root).runs.last(work.pipeline)?.id, [])
    user.append(finishedEvent(user.id))
    user.finish(ending())
    openStore(root).prune({ keep: 0, pipeline: work.pipeline }, () => {})
  } finally {
    Date.now = real
  }
  fresh('now')
  expect((await findOne(openStore(root).results, key, plain))?.output).toEqual({ by: 'now' })
})
