import { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore, outputDigest, type RunFolder, type Store } from '../src/index.ts'
import { ending, filesIn, finishedEvent, newRoot } from './support.ts'
import { keyOf, model, work } from './values.ts'

const other = { ...work, pipeline: 'other' }

/** An attempt with a file in it. */
function begin(run: RunFolder, name: string, key = keyOf(name)): string {
  const folder = run.attempts.begin('train', name, key)
  writeFileSync(join(folder, 'model'), name)
  return folder
}

async function commit(store: Store, run: RunFolder, folder: string, name: string): Promise<void> {
  const output = { model: { path: join(folder, 'model'), digest: keyOf(name) as string, size: name.length } }
  const digest = outputDigest(model, output)
  await store.results.commit({ key: keyOf(name), run: run.id, output, schema: model, digest, metrics: [] })
}

const left = (root: string): string[] => filesIn(join(root, 'attempts'))

function succeed(run: RunFolder): void {
  run.append(finishedEvent(run.id))
  run.finish(ending())
}

test('what a killed process had begun and not ended is removed by the next run of any work', async () => {
  const root = newRoot()
  const store = openStore(root)
  const killed = store.runs.create(work)
  const [ended, committed, half] = ['ended', 'committed', 'half'].map((name) => begin(killed, name)) as [
    string,
    string,
    string,
  ]
  expect(half).toBe(join(root, 'attempts/train', `${killed.id}-half`))
  mkdirSync(join(half, 'files/deep'), { recursive: true })
  killed.attempts.end(ended)
  // the kill came after the commit, before its end was noted
  await commit(store, killed, committed, 'committed')
  killed.release()
  const [record = ''] = readdirSync(join(root, 'attempts/.open'))
  // and cut the line of an attempt that was to begin
  appendFileSync(join(root, 'attempts/.open', record), '{"attempt":"train/an')
  expect(openStore(root).runs.find(killed.id)).toMatchObject({ status: 'interrupted' })
  expect(existsSync(half)).toBe(true)

  succeed(openStore(root).runs.create(other))
  expect([ended, committed, half].map((folder) => existsSync(folder))).toEqual([true, true, false])
  expect(left(root)).toEqual(
    [join(committed, 'model'), join(ended, 'model')].map((path) => path.slice(root.length + 10)),
  )
})

test('what a run that lives has begun stays, whoever looks; its own next process removes it', () => {
  const root = newRoot()
  const { runs } = openStore(root)
  const run = runs.create(work)
  const folder = begin(run, 'half')
  succeed(openStore(root).runs.create(other))
  expect(existsSync(folder)).toBe(true)
  run.release()
  const resumed = openStore(root).runs.resume(work) as RunFolder
  expect([resumed.id, existsSync(folder)]).toEqual([run.id, false])
  succeed(resumed)
  expect(left(root)).toEqual([])
})

test('an attempt whose result another had committed before goes at once, unless its own manifest names it', async () => {
  const root = newRoot()
  const store = openStore(root)
  const run = store.runs.create(work)
  const [first, second] = [begin(run, 'first', keyOf('first')), begin(run, 'second', keyOf('first'))]
  await commit(store, run, first, 'first')
  run.attempts.discard(first)
  run.attempts.discard(second)
  succeed(run)
  expect([existsSync(first), existsSync(second)]).toEqual([true, false])
  expect(left(root)).toEqual([join(first, 'model').slice(root.length + 10)])
})

test('a record that is damaged removes nothing outside of the attempts', () => {
  const root = newRoot()
  openStore(root)
  const precious = join(root, 'precious')
  writeFileSync(precious, '')
  const record = join(root, 'attempts/.open', '20260101-000000-000000-0123456789ab')
  mkdirSync(join(root, 'attempts/.open'), { recursive: true })
  const lines = [
    '{"attempt":"../precious"}',
    '{"attempt":"train/../../precious"}',
    '{"attempt":[]}',
    'null',
    '{"ended":1}',
    '{',
  ]
  writeFileSync(record, lines.join('\n'))
  succeed(openStore(root).runs.create(work))
  expect([existsSync(precious), existsSync(record)]).toEqual([true, false])
})
