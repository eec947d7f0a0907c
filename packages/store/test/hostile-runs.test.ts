import { readdirSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { withChecksum } from '@millrace/ir'
import { expect, test } from 'vitest'
import { openStore } from '../src/index.ts'
import { foreign, key, run, sealed, succeed, used } from './hostile.ts'
import { ending, finishedEvent, lineText, newRoot, write } from './support.ts'
import { findOne, plain, work } from './values.ts'

const info = { ...work, started: '2026-01-01T00:00:00.000Z' }

test('what is kept of a run is told as far as it has the shape of it, under its own id', () => {
  const root = newRoot()
  const journal = `${JSON.stringify(finishedEvent(run, 'failed'))}\n`
  const summary = { ...info, ...ending('failed'), journal: journal.length }
  foreign(root, {
    'info.json': withChecksum({ ...info, id: '../..', status: 'odd' }),
    'journal.jsonl': journal,
    'summary.json': withChecksum({ ...summary, id: '../..' }),
  })
  expect(openStore(root).runs.list()).toMatchObject([{ id: run, status: 'failed' }])
  rmSync(join(root, 'runs', run, 'summary.json'))
  expect(openStore(root).runs.list()).toMatchObject([{ id: run, status: 'failed' }])
  const odd: readonly unknown[] = [null, [], {}, -1, 'text', { ran: 1 }, { toString: 1 }]
  for (const name of Object.keys(summary))
    for (const value of odd) {
      foreign(root, {
        'summary.json': withChecksum({ ...summary, [name]: value }),
        'info.json': withChecksum({ ...info, [name]: value }),
      })
      const [found] = openStore(root).runs.list()
      if (found)
        expect(found).toMatchObject({
          id: run,
          pipeline: expect.any(String),
          plan: expect.any(String),
          parameters: expect.any(Object),
          status: expect.stringMatching(/^(failed|succeeded|cancelled|running|interrupted)$/),
        })
      for (const text of [found?.started, found?.finished])
        if (text !== undefined) expect(text).toEqual(expect.any(String))
      if (found?.counts !== undefined) expect(found.counts).toMatchObject({ ran: 1, cached: 2, skipped: 3, failed: 0 })
    }
  // a history tells of the runs that are there
  foreign(root, {})
  write(
    join(root, 'runs/summaries.jsonl'),
    ['../..', run].map((id) => withChecksum({ ...summary, id, pipeline: 7 })).join(''),
  )
  expect(
    openStore(root)
      .runs.list()
      .map(({ id, pipeline }) => [id, pipeline]),
  ).toEqual([[run, work.pipeline]])
})

test('lines of a journal that are no events are left out', () => {
  const root = newRoot()
  const time = '2026-01-01T00:00:00.000Z'
  const at = { pipeline: 'p', node: 'a' }
  const cause = { code: 'stage-threw', severity: 'error', message: 'm', at, fix: 'f' }
  const fine: readonly object[] = [
    { event: 'stage.failed', run, time, node: 'a', index: [0, 1], attempt: 1, cause, log: '' },
    { event: 'metric', run, time, node: 'a', name: 'loss', value: 0.5 },
    { event: 'card', run, time, node: 'a', name: 'of a later version', kind: 7 },
    finishedEvent(run),
  ]
  const odd: readonly object[] = [
    { event: 'stage.failed', run, time, node: 'a', cause: { ...cause, message: 7 }, log: '' },
    { event: 'stage.failed', run, time, node: 'a', cause: { ...cause, at: null }, log: '' },
    { event: 'stage.failed', run, time, node: 'a', cause: { ...cause, at: { ...at, file: {} } }, log: '' },
    { event: 'stage.failed', run, time, node: 'a', cause, log: [] },
    { event: 'stage.failed', run, time, node: { toString: 1 }, cause, log: '' },
    { event: 'stage.started', run, time, node: 'a', index: 'x', resources: {} },
    { event: 'stage.started', run, time, node: 'a', index: [-1], resources: {} },
    { event: 'stage.started', run, time, node: 'a', index: [{}], resources: {} },
    { event: 'stage.started', run, time: 'soon', node: 'a', resources: {} },
    { event: 'stage.started', run: 7, time, node: 'a', resources: {} },
    { event: 'stage.succeeded', run, time, node: 'a', seconds: 1 },
    { event: 'stage.succeeded', run, time, node: 'a', seconds: '1', output: 1 },
    { event: 'metric', run, time, node: 'a', name: 'loss', value: 'much' },
    { event: 'log', run, time, node: 'a', level: 'loud', message: 'm' },
    { event: 'notice', run, time, ...cause, severity: 'fatal' },
    { event: 'run.started', run, time, pipeline: 'p', plan: 'q', parameters: [], nodes: 1 },
    { ...finishedEvent(run), status: 'odd' },
    { ...finishedEvent(run), counts: {} },
    { ...finishedEvent(run), errors: [{ ...cause, fix: null }] },
    { ...finishedEvent(run), errors: {} },
    { event: 'card', run, time, node: 7, padding: 'longer than no event' },
    { event: '__proto__', run: null, time: '2026', padding: 'longer than no event is' },
  ]
  const deep = `{"event":"log","run":"r","time":"${time}","node":"a","level":"info","message":"m","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  const lines = [
    ...odd.map((event) => JSON.stringify(event)),
    deep,
    '{'.repeat(100_000),
    '{"event":"log"',
    ...fine.map((event) => JSON.stringify(event)),
  ]
  foreign(root, { 'info.json': withChecksum(info), 'journal.jsonl': lines.join('\n') })
  expect([...openStore(root).runs.events(run)]).toEqual(fine)
})

test('a file that is larger than what is written there is not read', () => {
  const root = newRoot()
  foreign(root, {
    'info.json': withChecksum(info),
    'journal.jsonl': `${JSON.stringify(finishedEvent(run))}\n`,
    'summary.json': '',
  })
  for (const name of [
    `runs/${run}/summary.json`,
    `runs/${run}/owner`,
    'runs/summaries.jsonl',
    `runs/${run}/uses`,
    `attempts/.open/${run}-0123456789ab`,
  ]) {
    write(join(root, name), '')
    truncateSync(join(root, name), 2 ** 40)
  }
  const before = process.memoryUsage().arrayBuffers
  expect(openStore(root).runs.list()).toMatchObject([{ id: run, status: 'succeeded' }])
  useAllOf(root)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 28)
})

/** A prune that can't tell what a run uses removes nothing and says why. */
function useAllOf(root: string): void {
  succeed(openStore(root).runs.create({ ...work, pipeline: 'other' }))
  expect(() => openStore(root).prune({}, () => {})).toThrow(
    `can't read "${join(root, 'runs', run, 'uses')}": EFBIG, file too large`,
  )
  rmSync(join(root, 'runs', run, 'uses'))
  openStore(root).prune({ keep: 1 }, () => {})
}

test('a journal and a pack with nothing in them, however long, are read no further', async () => {
  const root = newRoot()
  foreign(root, { 'info.json': withChecksum(info), 'journal.jsonl': `${JSON.stringify(finishedEvent(run))}\n` })
  write(join(root, 'results/packs/run-1.jsonl'), `${lineText(key, { by: 'one' })}\n`)
  for (const name of [`runs/${run}/journal.jsonl`, 'results/packs/run-1.jsonl']) truncateSync(join(root, name), 2 ** 43)
  expect([...openStore(root).runs.events(run)]).toEqual([finishedEvent(run)])
  expect(openStore(root).runs.find(run)).toMatchObject({ status: 'interrupted' })
  expect((await findOne(openStore(root).results, key, plain))?.output).toEqual({ by: 'one' })
})

test('a mark of a run whose name is a path is none', async () => {
  const root = await used()
  const [mark = ''] = readdirSync(join(root, 'runs/open'))
  for (const id of ['..', '.', 'tmp', 'open', '20260101']) {
    const odd = join(root, 'runs/open', `${mark.slice(0, 17)}${id}`)
    renameSync(join(root, 'runs/open', readdirSync(join(root, 'runs/open'))[0] as string), odd)
    write(join(root, 'info.json'), withChecksum(info))
    expect([id, openStore(root).runs.resume(work)]).toEqual([id, undefined])
  }
})

test('keys like those of all objects are data', () => {
  const root = newRoot()
  const own = '"__proto__":{"polluted":1}'
  foreign(root, {
    'info.json': sealed(JSON.stringify(info).replace('"parameters":{', `${own},"parameters":{${own},`)),
    'journal.jsonl': `${JSON.stringify(finishedEvent(run)).replace('"output":null', `"output":{${own}}`)}\n`,
  })
  const [found] = openStore(root).runs.list()
  expect(JSON.stringify(found?.parameters)).toBe(`{${own},"epochs":3}`)
  expect(JSON.stringify([...openStore(root).runs.events(run)])).toContain(own)
  expect((found as { polluted?: unknown }).polluted).toBeUndefined()
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})
