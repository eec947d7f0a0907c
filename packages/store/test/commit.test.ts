import fs, { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import type { Digest, Json } from '@millrace/ir'
import { expect, test, vi } from 'vitest'
import { digestFile, openStore, outputDigest, type Store } from '../src/index.ts'
import { attemptFolder, child, filesIn, go, keyFolder, litter, newRoot, write } from './support.ts'
import { findOne, keyOf, model, peekOne, plain } from './values.ts'

const key = keyOf('a key')

const commit = (store: Store, run: string, by: string, more: { replace?: boolean } = {}) => {
  const output = { by }
  return store.results.commit({
    key,
    run,
    output,
    schema: plain,
    digest: outputDigest(plain, output),
    metrics: [],
    ...more,
  })
}

/** Commits a model file written into an attempt. */
async function commitModel(store: Store, attempt: string, bytes: string) {
  const path = join(attemptFolder(store.root, 'prepare+train', attempt), 'model.bin')
  write(path, bytes)
  const output = { model: { path, ...(await digestFile(path)) } }
  const metrics = [{ name: 'loss', value: 0.25, step: 2, time: '2026-11-22T07:53:12.000Z' }]
  const digest = outputDigest(model, output)
  return store.results.commit({ key, run: 'run-1', output, schema: model, digest, metrics, attempt })
}

test('a committed result is found by the same and by another process, with its metrics', async () => {
  const root = newRoot()
  const store = openStore(root)
  expect(await findOne(store.results, key, model)).toBeUndefined()
  const committed = await commitModel(store, 'a1', 'weights')
  expect(committed.output).toEqual({
    model: { path: join(root, 'attempts/prepare+train/a1/model.bin'), digest: keyOf('weights'), size: 7 },
  })
  expect(committed.from).toBe('run-1')
  expect(await findOne(store.results, key, model)).toEqual(committed)
  expect(await findOne(openStore(root).results, key, model)).toEqual(committed)
  expect(await peekOne(openStore(root).results, key, model)).toEqual(committed)
  expect(litter(root)).toEqual([])
})

test('a commit that is taken back leaves no result, unless it is the result of another run', async () => {
  const root = newRoot()
  const store = openStore(root)
  const of = (run: string, by: string) => ({ key, run, schema: plain, digest: outputDigest(plain, { by }) })
  await commit(store, 'run-1', 'a')
  for (const other of [of('run-2', 'a'), of('run-1', 'b')]) store.results.takeBack(other)
  expect((await findOne(openStore(root).results, key, plain))?.output).toEqual({ by: 'a' })
  store.results.takeBack(of('run-1', 'a'))
  for (const { results } of [store, openStore(root)]) expect(await findOne(results, key, plain)).toBeUndefined()
  expect(filesIn(root).filter((path) => path.startsWith('results/'))).toEqual([])
  await commit(store, 'run-3', 'a')
  expect((await findOne(openStore(root).results, key, plain))?.from).toBe('run-3')
})

test('what others commit meanwhile is seen where it is asked for', async () => {
  const root = newRoot()
  const store = openStore(root)
  await commit(store, 'run-1', 'this')
  const other = keyOf('another key')
  expect(await findOne(store.results, other, plain)).toBeUndefined()
  const output = { by: 'the other' }
  const given = { key: other, run: 'run-2', output, schema: plain, digest: outputDigest(plain, output), metrics: [] }
  await openStore(root).results.commit(given)
  expect(await findOne(store.results, other, plain)).toBeUndefined()
  expect(await findOne(store.results, other, plain, { meanwhile: true })).toMatchObject({ output, from: 'run-2' })
})

test('the manifest and current lie where the contract says, with paths relative to the store', async () => {
  const root = newRoot()
  const { digest } = await commitModel(openStore(root), 'a1', 'weights')
  const at = keyFolder(root, key)
  expect(readFileSync(join(at, 'current'), 'utf8')).toBe(`${digest.slice(7)}.json\n`)
  const artifact = { path: 'attempts/prepare+train/a1/model.bin', digest: keyOf('weights'), size: 7 }
  expect(JSON.parse(readFileSync(join(at, `${digest.slice(7)}.json`), 'utf8'))).toEqual({
    version: 1,
    key,
    run: 'run-1',
    attempt: 'a1',
    output: { model: artifact },
    digest,
    files: [artifact],
    metrics: [{ name: 'loss', value: 0.25, step: 2, time: '2026-11-22T07:53:12.000Z' }],
    check: expect.stringMatching(/^sha256:/),
  })
})

test('a moved store still hits, with paths in the new place', async () => {
  const root = newRoot()
  await commitModel(openStore(root), 'a1', 'weights')
  renameSync(root, `${root}-moved`)
  const moved = await findOne(openStore(`${root}-moved`).results, key, model)
  expect(moved?.output).toMatchObject({ model: { path: `${root}-moved/attempts/prepare+train/a1/model.bin` } })
  expect(filesIn(`${root}-moved`)).toContain('attempts/prepare+train/a1/model.bin')
})

test('the first commit wins, the second adopts it', async () => {
  const root = newRoot()
  const [one, two] = [openStore(root), openStore(root)]
  expect((await commit(one, 'run-1', 'one')).output).toEqual({ by: 'one' })
  expect(await commit(two, 'run-2', 'two')).toMatchObject({ output: { by: 'one' }, from: 'run-1' })
  expect((await findOne(two.results, key, plain))?.output).toEqual({ by: 'one' })
})

test('with replace the new result becomes current, also one of equal bytes from another attempt', async () => {
  const root = newRoot()
  const store = openStore(root)
  await commit(store, 'run-1', 'one')
  expect((await commit(store, 'run-2', 'two', { replace: true })).output).toEqual({ by: 'two' })
  expect(await findOne(openStore(root).results, key, plain)).toMatchObject({ output: { by: 'two' }, from: 'run-2' })
  await commit(store, 'run-3', 'two', { replace: true })
  expect((await findOne(openStore(root).results, key, plain))?.from).toBe('run-3')
  expect((await commit(store, 'run-4', 'four')).output).toEqual({ by: 'two' })
})

test('processes that race for the same keys all adopt the same results', async () => {
  const root = newRoot()
  const count = 100
  const children = ['a', 'b', 'c', 'd'].map((name) => child('commit', root, name, `${count}`))
  for (const { next } of children) expect(await next()).toEqual({ ready: true })
  go(children)
  const got = await Promise.all(children.map(({ next }) => next() as Promise<Json[]>))
  const { results } = openStore(root)
  const stored: Json[] = []
  for (let i = 0; i < count; i++) stored.push((await findOne(results, keyOf(i), plain))?.output ?? null)
  expect(stored.every((output) => output !== null)).toBe(true)
  for (const adopted of got) expect(adopted).toEqual(stored)
  expect(litter(root)).toEqual([])
})

test('what lies outside the store is taken from what the call is given, by content, and from nowhere else', async () => {
  const root = newRoot()
  const store = openStore(root)
  const path = `${root}-data.bin`
  write(path, 'data')
  const output = { model: { path, digest: keyOf('data') as string, size: 4 } }
  const digest = outputDigest(model, output)
  await store.results.commit({ key, run: 'run-1', output, schema: model, digest, metrics: [] })
  const given = () => [output.model]
  expect((await findOne(openStore(root).results, key, model, { given }))?.output).toEqual(output)
  expect((await peekOne(openStore(root).results, key, model, given))?.output).toEqual(output)
  // it may lie elsewhere by now
  const moved = { ...output.model, path: `${root}-moved.bin` }
  write(moved.path, 'data')
  expect((await findOne(openStore(root).results, key, model, { given: () => [moved] }))?.output).toEqual({
    model: moved,
  })
  writeFileSync(path, 'dat4')
  expect(await findOne(openStore(root).results, key, model, { given })).toBeUndefined()
  expect((await peekOne(openStore(root).results, key, model, given))?.output).toEqual(output)
  // a store's word alone leads nobody out of it
  expect(await findOne(openStore(root).results, key, model)).toBeUndefined()
  expect(await peekOne(openStore(root).results, key, model)).toBeUndefined()
})

/** Counts what asks the disk from now on; the count is told, and the counting ends, when the result is called. */
function countLooks(): () => number {
  let looks = 0
  const all = fs as unknown as Record<string, (...args: unknown[]) => unknown>
  const names = Object.keys(fs).filter((name) => name.endsWith('Sync') && typeof all[name] === 'function')
  const spies = names.map((name) => {
    const real = all[name] as (...args: unknown[]) => unknown
    return vi.spyOn(all, name).mockImplementation((...args) => {
      looks++
      return real(...args)
    })
  })
  syncBuiltinESMExports()
  return () => {
    for (const spy of spies) spy.mockRestore()
    syncBuiltinESMExports()
    return looks
  }
}

test('10,000 misses cost no failing look at the disk each', async () => {
  const root = newRoot()
  await commit(openStore(root), 'run-1', 'one')
  const { results } = openStore(root)
  const keys: Digest[] = Array.from({ length: 10_000 }, (_, i) => keyOf(`missing ${i}`))
  const looks = countLooks()
  for (const missing of keys) expect(await findOne(results, missing, plain)).toBeUndefined()
  // the folder of manifests and the one with results in it, what is being pruned, the packs
  expect(looks()).toBeLessThan(10)
})
