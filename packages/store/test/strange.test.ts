import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore, outputDigest } from '../src/index.ts'
import { ending, finishedEvent, keyFolder, newRoot, packOf, startedEvent } from './support.ts'
import { findOne, keyOf, plain, work } from './values.ts'

const key = keyOf('a key')
const pipe = (path: string): void => {
  rmSync(path)
  execFileSync('mkfifo', [path])
}

test('a run whose folder is a link to itself belongs to nobody, and to ask ends', () => {
  const root = newRoot()
  const run = openStore(root).runs.create(work)
  run.attempts.begin('clean', 'a1')
  run.release()
  rmSync(run.path, { recursive: true })
  symlinkSync(run.id, run.path)
  const { runs } = openStore(root)
  expect(runs.create(work).id).not.toBe(run.id)
})

test.skipIf(process.platform === 'win32')('a pipe in the place of a file blocks nobody', async () => {
  const root = newRoot()
  packOf(root, 'run-1', key, { by: 'one' })
  const store = openStore(root)
  const run = store.runs.create(work)
  run.append(finishedEvent(run.id))
  run.finish(ending())
  const output = { by: 'two' }
  const other = keyOf('another key')
  const digest = outputDigest(plain, output)
  await store.results.commit({ key: other, run: run.id, output, schema: plain, digest, metrics: [] })
  for (const name of ['format.json', 'results/packs/run-1.jsonl', `runs/${run.id}/journal.jsonl`])
    pipe(join(root, name))
  for (const name of ['info.json', 'summary.json']) pipe(join(run.path, name))
  pipe(join(keyFolder(root, other), 'current'))
  const again = openStore(root)
  expect(JSON.parse(readFileSync(join(root, 'format.json'), 'utf8'))).toEqual({
    version: 1,
    store: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
  expect(await findOne(again.results, key, plain)).toBeUndefined()
  expect(await findOne(again.results, other, plain)).toBeUndefined()
  expect(again.runs.list()).toEqual([])
})

test('a result from a manifest has its keys in the order in which they were returned', async () => {
  const root = newRoot()
  const output = { z: 1, by: 'one', a: { y: 1, b: 2 } }
  const digest = outputDigest(plain, output)
  await openStore(root).results.commit({ key, run: 'run-1', output, schema: plain, digest, metrics: [] })
  expect(JSON.stringify((await findOne(openStore(root).results, key, plain))?.output)).toBe(JSON.stringify(output))
})

test('a flipped bit in what is kept of a run is not believed', () => {
  const root = newRoot()
  const store = openStore(root)
  const run = store.runs.create(work)
  run.append(startedEvent)
  run.append(finishedEvent(run.id))
  run.finish(ending())
  const told = store.runs.find(run.id)
  for (const name of ['info.json', 'summary.json']) {
    const path = join(run.path, name)
    const whole = readFileSync(path)
    for (let at = 0; at < whole.length; at += 7) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] as number) ^ 2
      writeFileSync(path, bytes)
      expect(store.runs.find(run.id)).toEqual(told)
    }
    writeFileSync(path, whole)
  }
})

test('a pack with much of nothing in it takes no memory, and the lines after that are found', async () => {
  const root = newRoot()
  packOf(root, 'run-1', key, { by: 'one' })
  const path = join(root, 'results/packs/run-1.jsonl')
  const line = readFileSync(path)
  truncateSync(path, 100 * 2 ** 20)
  writeFileSync(path, Buffer.concat([Buffer.from('\n'), line]), { flag: 'a' })
  const before = process.memoryUsage().arrayBuffers
  expect(await findOne(openStore(root).results, key, plain)).toMatchObject({ output: { by: 'one' } })
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 2 ** 20)
})

test.runIf(existsSync('/proc/self'))('where no folder can be made, to try ends', () => {
  expect(() => openStore('/proc/none/store')).toThrow('can\'t create "/proc/none/store": ENOENT')
})
