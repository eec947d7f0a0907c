import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../src/index.ts'
import { child, go, line, lineText, litter, newRoot, packOf, write } from './support.ts'
import { findOne, keyOf, plain, work } from './values.ts'

const key = keyOf('a key')
const packs = (root: string): string[] => readdirSync(join(root, 'results/packs')).sort()
const run = (i: number): string => `run-${String(i).padStart(3, '0')}`

/** A store of `count` packs of ten lines; pack `i` holds the keys from `10 * i`. */
function manyPacks(count: number, root = newRoot(), first = 0): string {
  const text = (by: number) => `${lineText(keyOf(by), { by: `${by}` })}\n`
  for (let i = first; i < first + count; i++) {
    const lines = Array.from({ length: 10 }, (_, n) => text(i * 10 + n))
    write(join(root, 'results/packs', `${run(i)}.jsonl`), lines.join(''))
  }
  return root
}

async function missing(root: string, count: number): Promise<number> {
  const store = openStore(root)
  let missed = 0
  for (let i = 0; i < count; i++) {
    const found = await findOne(store.results, keyOf(i), plain)
    if (!found) missed++
    else expect(found).toMatchObject({ output: { by: `${i}` }, from: run(Math.floor(i / 10)) })
  }
  store.close()
  return missed
}

function merge(root: string): void {
  const store = openStore(root)
  store.results.openPack('merger', { fresh: false })
  store.close()
}

test('64 packs stay, more are merged; every line is found as before', async () => {
  const root = manyPacks(64)
  merge(root)
  expect(packs(root)).toHaveLength(64)
  manyPacks(1, root, 64)
  merge(root)
  expect(packs(root)).toEqual([expect.stringMatching(/^index\.[0-9a-f]{16}\.jsonl$/)])
  expect(await missing(root, 650)).toBe(0)
  expect(litter(root)).toEqual([])
})

test('merged lines keep their run and whether it was fresh', async () => {
  const root = newRoot()
  packOf(root, 'run-900', key, { by: 'not fresh' })
  packOf(root, 'run-800', key, { by: 'fresh' }, true)
  packOf(root, 'run-100', keyOf('early'), { by: 'late' })
  packOf(root, 'run-099', keyOf('early'), { by: 'early' })
  manyPacks(65, root, 200)
  merge(root)
  expect(packs(root)).toHaveLength(1)
  const { results } = openStore(root)
  expect(await findOne(results, key, plain)).toMatchObject({ output: { by: 'fresh' }, from: 'run-800' })
  expect(await findOne(results, keyOf('early'), plain)).toMatchObject({ output: { by: 'early' }, from: 'run-099' })
})

test('an index is merged again only with as much as it holds', async () => {
  const root = manyPacks(200)
  merge(root)
  manyPacks(65, root, 200)
  merge(root)
  expect(packs(root)).toHaveLength(2)
  manyPacks(140, root, 265)
  merge(root)
  expect(packs(root)).toHaveLength(1)
  expect(await missing(root, 4050)).toBe(0)
})

test('a pack that was cut loses its last line in the merge, nothing else', async () => {
  const root = manyPacks(65)
  const path = join(root, 'results/packs', `${run(0)}.jsonl`)
  truncateSync(path, readFileSync(path).length - 5)
  merge(root)
  expect(await missing(root, 650)).toBe(1)
  const text = readFileSync(join(root, 'results/packs', packs(root)[0] as string), 'utf8')
  for (const each of text.trimEnd().split('\n')) expect(() => JSON.parse(each)).not.toThrow()
})

test('a damaged header of an index costs the lines after it, not those of the other packs', async () => {
  const root = manyPacks(65)
  merge(root)
  const path = join(root, 'results/packs', packs(root)[0] as string)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace(`{"pack":"${run(30)}.jsonl"`, `{"pick":"${run(30)}.jsonl"`))
  expect(await missing(root, 650)).toBe(10)
})

test('the pack of a run that lives is left alone', async () => {
  const root = newRoot()
  const store = openStore(root)
  const { id, release } = store.runs.create(work)
  const pack = store.results.openPack(id, { fresh: false })
  pack.append(line(key, { by: 'live' }))
  manyPacks(65, root)
  merge(root)
  expect(packs(root)).toContain(`${id}.jsonl`)
  pack.append(line(keyOf('later'), { by: 'live' }))
  expect((await findOne(openStore(root).results, keyOf('later'), plain))?.from).toBe(id)
  pack.close()
  release()
  manyPacks(65, root, 65)
  merge(root)
  expect(packs(root)).not.toContain(`${id}.jsonl`)
  expect((await findOne(openStore(root).results, keyOf('later'), plain))?.from).toBe(id)
})

test('a run that goes on after its pack was merged begins a pack of the same name; both merge again', async () => {
  const root = newRoot()
  packOf(root, run(0), key, { by: 'before' })
  manyPacks(65, root, 1)
  merge(root)
  packOf(root, run(0), keyOf('more'), { by: 'after' })
  manyPacks(140, root, 66)
  merge(root)
  expect(packs(root)).toHaveLength(1)
  const { results } = openStore(root)
  expect((await findOne(results, key, plain))?.output).toEqual({ by: 'before' })
  expect((await findOne(results, keyOf('more'), plain))?.output).toEqual({ by: 'after' })
})

test('while processes merge, others that read miss nothing', async () => {
  const root = manyPacks(100)
  const reader = child('read', root, '13000')
  expect(await reader.next()).toEqual({ ready: true })
  const [one, two] = [child('merge', root), child('merge', root)]
  for (const { next } of [one, two]) expect(await next()).toEqual({ ready: true })
  go([reader, one, two])
  expect(await Promise.all([one.next(), two.next()])).toEqual([true, true])
  expect(packs(root).filter((name) => !name.startsWith('index.'))).toEqual([])
  for (let round = 1; round <= 12; round++) {
    manyPacks(100, root, round * 100)
    merge(root)
  }
  go([reader])
  const [seen, missed] = (await reader.next()) as [number, number]
  expect(seen).toBeGreaterThanOrEqual(100)
  expect(missed).toBe(0)
  expect(await missing(root, 1000)).toBe(0)
})
