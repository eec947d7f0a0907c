import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { digestFile, openStore, outputDigest } from '../src/index.ts'
import { attemptFolder, filesIn, line, newRoot, packOf } from './support.ts'
import { findOne, keyOf, model, peekOne, plain } from './values.ts'

const key = keyOf('a key')
const served = async (root: string): Promise<unknown> => {
  const store = openStore(root)
  const found = await findOne(store.results, key, plain)
  store.close()
  return found && [found.output, found.from]
}

test('a line is { key, output, digest, metrics, crc }, in the file before append returns', () => {
  const root = newRoot()
  const pack = openStore(root).results.openPack('run-1', { fresh: false })
  expect(filesIn(root)).not.toContain('results/packs/run-1.jsonl')
  const output = { by: 'é\u2028"\n' }
  const digest = outputDigest(plain, output)
  const metrics = [{ name: 'loss', value: 0.5, step: 1, time: '2026-11-22T07:53:12.000Z' }]
  pack.append({ key, output, digest, metrics, schema: plain })
  const text = `{"key":"${key}","output":{"by":"é\u2028\\"\\n"},"digest":"${digest}","metrics":${JSON.stringify(metrics)}`
  expect(readFileSync(join(root, 'results/packs/run-1.jsonl'), 'utf8')).toBe(`${text},"crc":${crc32(text)}}\n`)
  pack.close()
  expect(() => pack.append(line(key, output))).toThrow('the pack of run run-1 is closed')
})

test('find sees the lines of this process at once, another process those that were there', async () => {
  const root = newRoot()
  const [store, other] = [openStore(root), openStore(root)]
  const pack = store.results.openPack('run-1', { fresh: false })
  expect(await findOne(store.results, key, plain)).toBeUndefined()
  for (let i = 0; i < 3000; i++) pack.append(line(keyOf(i), { by: `${i}` }))
  for (let i = 0; i < 3000; i++) expect((await findOne(store.results, keyOf(i), plain))?.output).toEqual({ by: `${i}` })
  expect((await findOne(other.results, keyOf(2999), plain))?.from).toBe('run-1')
  expect((await peekOne(other.results, keyOf(7), plain))?.output).toEqual({ by: '7' })
  expect(await findOne(other.results, key, plain)).toBeUndefined()
  pack.close()
  expect((await findOne(store.results, keyOf(1), plain))?.output).toEqual({ by: '1' })
})

test('what is taken back is no result any more, for nobody, and all the others are', async () => {
  const root = newRoot()
  const [store, before] = [openStore(root), openStore(root)]
  const pack = store.results.openPack('run-1', { fresh: false })
  for (let i = 0; i < 5; i++) pack.append(line(keyOf(i), { by: `${i} ${keyOf(2)}` }))
  expect((await findOne(before.results, keyOf(2), plain))?.from).toBe('run-1')
  pack.takeBack(keyOf(2))
  pack.takeBack(keyOf('of nobody'))
  pack.append(line(keyOf(5), { by: '5' }))
  for (const { results } of [store, before, openStore(root)])
    expect(
      await Promise.all([0, 1, 2, 3, 4].map(async (i) => (await findOne(results, keyOf(i), plain)) !== undefined)),
    ).toEqual([true, true, false, true, true])
  pack.append(line(keyOf(2), { by: 'again' }))
  pack.close()
  for (const { results } of [store, openStore(root)]) {
    expect((await findOne(results, keyOf(2), plain))?.output).toEqual({ by: 'again' })
    expect((await findOne(results, keyOf(5), plain))?.output).toEqual({ by: '5' })
  }
})

test('long lines and lines across the chunks of a read are found', async () => {
  const root = newRoot()
  const store = openStore(root)
  const pack = store.results.openPack('run-1', { fresh: false })
  const by = (i: number) => ({ by: `${i}`.repeat(20_000 + i * 7) })
  for (let i = 0; i < 60; i++) pack.append(line(keyOf(i), by(i)))
  pack.append(line(key, { by: 'x'.repeat(3 << 20) }))
  pack.append(line(keyOf('last'), { by: 'last' }))
  pack.close()
  const { results } = openStore(root)
  for (let i = 0; i < 60; i++) expect((await findOne(results, keyOf(i), plain))?.output).toEqual(by(i))
  expect((await findOne(results, key, plain))?.output).toEqual({ by: 'x'.repeat(3 << 20) })
  expect((await findOne(results, keyOf('last'), plain))?.output).toEqual({ by: 'last' })
})

test('a metric that JSON has no number for comes back as NaN', async () => {
  const root = newRoot()
  const { results } = openStore(root)
  const metric = { name: 'loss', value: Number.NaN, time: '2026-11-22T07:53:12.000Z' }
  const output = { by: 'one' }
  results.openPack('run-1', { fresh: false }).append({ ...line(key, output), metrics: [metric] })
  expect((await findOne(openStore(root).results, key, plain))?.metrics).toEqual([metric])
  const [other, digest] = [keyOf('other'), outputDigest(plain, output)]
  await results.commit({ key: other, run: 'run-1', output, schema: plain, digest, metrics: [metric] })
  expect((await findOne(openStore(root).results, other, plain))?.metrics).toEqual([metric])
})

test('of several packs the earliest serves, until a fresh one supersedes it, until a newer fresh one does', async () => {
  const root = newRoot()
  packOf(root, 'run-3', key, { by: 'three' })
  packOf(root, 'run-2', key, { by: 'two' })
  expect(await served(root)).toEqual([{ by: 'two' }, 'run-2'])
  packOf(root, 'run-4', key, { by: 'four' }, true)
  expect(await served(root)).toEqual([{ by: 'four' }, 'run-4'])
  packOf(root, 'run-6', key, { by: 'six' }, true)
  packOf(root, 'run-5', key, { by: 'five' }, true)
  packOf(root, 'run-7', key, { by: 'seven' })
  expect(await served(root)).toEqual([{ by: 'six' }, 'run-6'])
  expect(readdirSync(join(root, 'results/packs')).sort()).toEqual([
    'run-2.jsonl',
    'run-3.jsonl',
    'run-4.fresh.jsonl',
    'run-5.fresh.jsonl',
    'run-6.fresh.jsonl',
    'run-7.jsonl',
  ])
})

test('the current manifest goes before packs, but not before those of a newer fresh run', async () => {
  const root = newRoot()
  packOf(root, 'run-1', key, { by: 'one' })
  packOf(root, 'run-2', key, { by: 'two' }, true)
  const output = { by: 'manifest' }
  const digest = outputDigest(plain, output)
  await openStore(root).results.commit({ key, run: 'run-3', output, schema: plain, digest, metrics: [] })
  expect(await served(root)).toEqual([output, 'run-3'])
  packOf(root, 'run-4', key, { by: 'four' }, true)
  expect(await served(root)).toEqual([{ by: 'four' }, 'run-4'])
})

test('a run keeps the line it wrote, also when it goes on in another process', async () => {
  const root = newRoot()
  packOf(root, 'run-2', key, { by: 'two' })
  packOf(root, 'run-3', keyOf('shared'), { by: 'three' })
  const store = openStore(root)
  const pack = store.results.openPack('run-1', { fresh: false })
  pack.append(line(keyOf('other'), { by: 'one' }))
  packOf(root, 'run-0', keyOf('other'), { by: 'zero' })
  expect((await findOne(store.results, keyOf('other'), plain))?.output).toEqual({ by: 'one' })

  packOf(root, 'run-1', keyOf('shared'), { by: 'one' })
  const resumed = openStore(root)
  const again = resumed.results.openPack('run-3', { fresh: false })
  expect((await findOne(resumed.results, keyOf('shared'), plain))?.output).toEqual({ by: 'three' })
  const before = statSync(join(root, 'results/packs/run-3.jsonl')).size
  again.append(line(keyOf('more'), { by: 'three' }))
  expect(statSync(join(root, 'results/packs/run-3.jsonl')).size).toBe(before)
  expect((await findOne(openStore(root).results, keyOf('more'), plain))?.from).toBe('run-3')
})

test('paths in a line are relative to the store: one that was moved keeps its results', async () => {
  const root = newRoot()
  const path = join(attemptFolder(root, 'prepare', 'run-1-0'), 'model')
  writeFileSync(path, 'weights')
  const output = { model: { path, ...(await digestFile(path)) } }
  const pack = openStore(root).results.openPack('run-1', { fresh: false })
  pack.append({ key, output, digest: outputDigest(model, output), metrics: [], schema: model })
  pack.close()
  const moved = `${root}-moved`
  renameSync(root, moved)
  const found = await findOne(openStore(moved).results, key, model)
  expect(found?.output).toEqual({ model: { ...output.model, path: join(moved, 'attempts/prepare/run-1-0/model') } })
})

test('a line whose metrics were changed is a miss', async () => {
  const root = newRoot()
  const store = openStore(root)
  const pack = store.results.openPack('run-1', { fresh: false })
  const metrics = [{ name: 'accuracy', value: 0.75, time: '2026-11-22T07:53:12.000Z' }]
  pack.append({ ...line(key, { by: 'a' }), metrics })
  pack.close()
  store.close()
  const path = join(root, 'results/packs/run-1.jsonl')
  writeFileSync(path, readFileSync(path, 'utf8').replace('0.75', '0.95'))
  expect(await findOne(openStore(root).results, key, plain)).toBeUndefined()
})
