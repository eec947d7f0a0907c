import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore, outputDigest, type Store } from '../src/index.ts'
import { attemptFolder, keyFolder, line, litter, newRoot, packOf, write } from './support.ts'
import { findOne, keyOf, model, plain } from './values.ts'

const key = keyOf('a key')

/** A store with one committed model; tells the paths of what can be damaged. */
async function committed() {
  const root = newRoot()
  const digest = await commit(openStore(root), 'a1')
  const at = keyFolder(root, key)
  const artifact = join(root, 'attempts/train/a1/model.bin')
  return { root, manifest: join(at, `${digest.slice(7)}.json`), current: join(at, 'current'), artifact }
}

async function commit(store: Store, attempt: string, bytes = 'weights'): Promise<string> {
  const path = join(attemptFolder(store.root, 'train', attempt), 'model.bin')
  write(path, bytes)
  const output = { model: { path, digest: keyOf(bytes) as string, size: 7 } }
  const digest = outputDigest(model, output)
  const metrics = [{ name: 'loss', value: 0.25, time: '2026-11-22T07:53:12.000Z' }]
  return (await store.results.commit({ key, run: attempt, output, schema: model, digest, metrics })).digest
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] as number) ^ 4
  writeFileSync(path, bytes)
}

type Place = Awaited<ReturnType<typeof committed>>
const damages: { readonly [name: string]: (place: Place) => void } = {
  'a bit of the artifact flipped': ({ artifact }) => flip(artifact, 3),
  'the artifact cut': ({ artifact }) => truncateSync(artifact, 3),
  'the artifact longer': ({ artifact }) => writeFileSync(artifact, 'weights and more'),
  'the artifact gone': ({ artifact }) => rmSync(artifact),
  'a folder in the place of the artifact': ({ artifact }) => {
    rmSync(artifact)
    mkdirSync(artifact)
  },
  'the manifest cut': ({ manifest }) => truncateSync(manifest, 100),
  'the manifest empty': ({ manifest }) => truncateSync(manifest, 0),
  'the manifest gone: current names nothing': ({ manifest }) => rmSync(manifest),
  'a folder in the place of the manifest': ({ manifest }) => {
    rmSync(manifest)
    write(join(manifest, 'file'), '')
  },
  'another manifest in its place': ({ manifest }) => {
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(manifest, text.replaceAll(key, keyOf('another key')))
  },
  'current empty': ({ current }) => truncateSync(current, 0),
  'current cut': ({ current }) => truncateSync(current, 9),
  'current pointing out of its folder': ({ current }) => writeFileSync(current, '../../../format.json\n'),
  'current gone': ({ current }) => rmSync(current),
  'a folder in the place of current': ({ current }) => {
    rmSync(current)
    mkdirSync(current)
  },
}

test.for(Object.keys(damages))('%s: a miss, and the next commit heals it', async (name) => {
  const place = await committed()
  damages[name]?.(place)
  const { results } = openStore(place.root)
  expect(await findOne(results, key, model)).toBeUndefined()
  await commit(openStore(place.root), 'a2')
  const healed = await findOne(openStore(place.root).results, key, model)
  expect(healed).toMatchObject({
    from: /current/.test(name) && !/manifest/.test(name) ? 'a1' : 'a2',
    metrics: [{ value: 0.25 }],
  })
  expect(litter(place.root)).toEqual([])
})

test('a damaged result is replaced by one of another output too', async () => {
  const { root, artifact } = await committed()
  flip(artifact, 3)
  await commit(openStore(root), 'a2', 'weight2')
  const healed = await findOne(openStore(root).results, key, model)
  expect(healed).toMatchObject({ from: 'a2', output: { model: { digest: keyOf('weight2') } } })
})

test('a flipped bit anywhere in a manifest or in current is a miss', async () => {
  const place = await committed()
  for (const path of [place.manifest, place.current]) {
    const whole = readFileSync(path)
    // the last byte of each is its newline
    for (let at = 0; at < whole.length - 1; at++) {
      flip(path, at)
      if (await findOne(openStore(place.root).results, key, model))
        expect.fail(`believed a flipped byte ${at} of ${path}`)
      writeFileSync(path, whole)
    }
  }
  expect(await findOne(openStore(place.root).results, key, model)).toBeDefined()
})

test('a flipped bit in a line of a pack is a miss or leaves the output as it was; nothing throws', async () => {
  const root = newRoot()
  packOf(root, 'run-1', key, { by: 'one' })
  const path = join(root, 'results/packs/run-1.jsonl')
  const whole = readFileSync(path)
  for (let at = 0; at < whole.length; at++) {
    flip(path, at)
    const store = openStore(root)
    const found = await findOne(store.results, key, plain)
    if (found) expect(found.output).toEqual({ by: 'one' })
    store.close()
    writeFileSync(path, whole)
  }
})

test.for(['cut', 'empty', 'folder', 'garbage'])('a pack that is %s: the other packs serve', async (how) => {
  const root = newRoot()
  packOf(root, 'run-1', key, { by: 'one' })
  const path = join(root, 'results/packs/run-1.jsonl')
  const size = readFileSync(path).length
  if (how === 'cut') truncateSync(path, size - 2)
  if (how === 'empty') truncateSync(path, 0)
  if (how === 'garbage') writeFileSync(path, Buffer.alloc(5000, 0xff))
  if (how === 'folder') {
    rmSync(path)
    mkdirSync(path)
  }
  expect(await findOne(openStore(root).results, key, plain)).toBeUndefined()
  packOf(root, 'run-2', key, { by: 'two' })
  expect(await findOne(openStore(root).results, key, plain)).toMatchObject({ output: { by: 'two' }, from: 'run-2' })
})

test('a damaged line: the next pack that holds the key serves, and the other lines of its pack too', async () => {
  const root = newRoot()
  const store = openStore(root)
  const pack = store.results.openPack('run-1', { fresh: false })
  for (const by of ['before', 'one', 'after']) pack.append(line(by === 'one' ? key : keyOf(by), { by }))
  pack.close()
  packOf(root, 'run-2', key, { by: 'two' })
  const path = join(root, 'results/packs/run-1.jsonl')
  writeFileSync(path, readFileSync(path, 'utf8').replace('"one"', '"0ne"'))
  const { results } = openStore(root)
  expect((await findOne(results, key, plain))?.output).toEqual({ by: 'two' })
  expect((await findOne(results, keyOf('before'), plain))?.output).toEqual({ by: 'before' })
  expect((await findOne(results, keyOf('after'), plain))?.output).toEqual({ by: 'after' })
})
