import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { digestJson, type Json, type JsonObject } from '@millrace/ir'
import { expect, test } from 'vitest'
import { openStore, outputDigest } from '../src/index.ts'
import { key, outside, run, sealed, useAll } from './hostile.ts'
import { keyFolder, lineText, newRoot, write } from './support.ts'
import { findOne, keyOf, peekOne, plain } from './values.ts'

/** As an author's schema with a file is printed. */
const artifact = {
  type: 'object',
  properties: { path: { type: 'string' }, digest: { type: 'string' }, size: { type: 'number' } },
  required: ['path', 'digest', 'size'],
  artifact: { kind: 'file' },
}
const model = { type: 'object', properties: { model: artifact }, required: ['model'] }

/** Writes a manifest as anybody could, and points to it. */
function forge(root: string, fields: JsonObject, output: JsonObject): void {
  const digest = outputDigest(model, output)
  const all = { version: 1, key, run, output, digest, files: [], metrics: [], ...fields }
  const name = `${digest.slice(7)}.json`
  write(join(keyFolder(root, key), name), JSON.stringify({ ...all, check: digestJson(all as JsonObject) }))
  write(join(keyFolder(root, key), 'current'), name)
}

test("a manifest's artifact is one of the store's own, or none", async () => {
  const { path, unchanged } = outside()
  const root = newRoot()
  const at = (path: string): JsonObject => ({ model: { path, digest: keyOf('precious\n'), size: 9 } })
  openStore(root)
  write(join(root, 'attempts/train/a1/model'), 'precious\n')
  write(join(root, 'runs/precious'), 'precious\n')
  write(join(root, 'precious'), 'precious\n')
  symlinkSync(path, join(root, 'attempts/link'))
  symlinkSync(path, join(root, 'attempts/train/link'))
  symlinkSync(join(path, 'precious'), join(root, 'attempts/train/a1/link'))
  const find = async (path: string) => {
    forge(root, {}, at(path))
    const { results } = openStore(root)
    return [await findOne(results, key, model), await peekOne(results, key, model)].map((found) => found !== undefined)
  }
  for (const fine of ['attempts/train/a1/model', join(root, 'attempts/train/a1/model')])
    expect(await find(fine)).toEqual([true, true])
  for (const odd of [
    join(path, 'precious'),
    `../${path.split('/').at(-1)}/precious`,
    `attempts/../../${path.split('/').at(-1)}/precious`,
    'attempts/train/a1/../a1/model',
    'attempts/train/./a1/model',
    'attempts//train/a1/model',
    `${root}/attempts/train/a1/../a1/model`,
    'attempts/link/precious',
    'attempts/train/link/precious',
    'attempts/train/a1/link',
    'runs/precious',
    'precious',
    join(root, 'precious'),
    'attempts/train/a1/model\0',
    '',
    '.',
    '/',
    '/etc/hostname',
    '/dev/zero',
  ])
    expect([odd, await find(odd)]).toEqual([odd, [false, false]])
  unchanged()
})

test('fields of other types, in a manifest that is whole, make it a miss', async () => {
  const root = newRoot()
  openStore(root)
  const odd: readonly Json[] = [null, [], {}, -1, 'text', true, [null], { a: null }, '../../x', '..', 'a/b', '', 'x\0']
  const output = { model: { path: 'attempts/train/a1/model', digest: keyOf('weights'), size: 7 } }
  write(join(root, 'attempts/train/a1/model'), 'weights')
  forge(root, {}, output)
  expect(await findOne(openStore(root).results, key, model)).toMatchObject({ from: run })
  for (const name of ['version', 'key', 'run', 'digest', 'metrics'] as const)
    for (const value of odd) {
      if ((name === 'run' && value === 'text') || (name === 'metrics' && JSON.stringify(value) === '[]')) continue
      forge(root, { [name]: value }, output)
      expect([name, value, await findOne(openStore(root).results, key, model)]).toEqual([name, value, undefined])
    }
  for (const value of odd) {
    forge(root, {}, { model: value })
    expect([value, await findOne(openStore(root).results, key, model)]).toEqual([value, undefined])
    forge(root, {}, { model: { ...output.model, size: value } })
    expect([value, await findOne(openStore(root).results, key, model)]).toEqual([value, undefined])
    forge(root, { files: value }, output)
    expect(await findOne(openStore(root).results, key, model)).toMatchObject({ from: run })
  }
})

test('an output that its schema refuses is a miss, in a manifest and in a pack', async () => {
  const root = newRoot()
  const schema = { type: 'object', properties: { by: { type: 'string' } }, required: ['by'] }
  for (const [i, output] of [{ by: 1 }, {}, [], 'text', null, { by: 'fine' }].entries()) {
    write(join(root, `results/packs/run-${i}.jsonl`), `${lineText(keyOf(i), output as Json)}\n`)
    const found = await findOne(openStore(root).results, keyOf(i), schema)
    expect([output, found?.output]).toEqual([output, i === 5 ? { by: 'fine' } : undefined])
  }
})

test('a pack in an index that is called by a path is no pack, and many damaged parts take no long time', async () => {
  const root = newRoot()
  openStore(root)
  const line = `${lineText(key, { by: 'one' })}\n`
  const section = (pack: unknown) => `${JSON.stringify({ pack, bytes: line.length, crc: 0 })}\n${line}`
  const index = join(root, 'results/packs/index.00.jsonl')
  for (const pack of ['../../outside.jsonl', '..jsonl', 'a/b.jsonl', '.jsonl', 'x\0.jsonl', 7, null]) {
    write(index, section(pack))
    expect([pack, await findOne(openStore(root).results, key, plain)]).toEqual([pack, undefined])
  }
  const damaged = `garbage\n${JSON.stringify({ pack: 'run-1.jsonl', bytes: 0, crc: 0 })}\n`.repeat(200_000)
  write(index, damaged + section('run-2.jsonl'))
  expect(await findOne(openStore(root).results, key, plain)).toMatchObject({ from: 'run-2' })
})

test('a value that nests too deep is none, wherever it stands', async () => {
  const root = newRoot()
  openStore(root)
  const deep = (open: string, close: string) => `${open.repeat(100_000)}${close.repeat(100_000)}`
  for (const text of [deep('[', ']'), deep('{"a":', '}'), '['.repeat(30_000_000)]) {
    for (const name of [
      `runs/${run}/info.json`,
      `runs/${run}/summary.json`,
      `runs/${run}/owner`,
      'format.json',
      `attempts/.open/${run}-0123456789ab`,
      'prune/.tmp-1-1-00000000-00',
    ])
      write(join(root, name), name.endsWith('.json') && name.startsWith('runs') ? sealed(text) : text)
    write(join(keyFolder(root, key), 'current'), `${'0'.repeat(64)}.json`)
    write(join(keyFolder(root, key), `${'0'.repeat(64)}.json`), text)
    write(join(root, 'results/packs/run-1.jsonl'), `{"key":"${key}","output":${text},"crc":1}\n`)
    expect(await findOne(openStore(root).results, key, plain)).toBeUndefined()
    expect(openStore(root).runs.list()).toEqual([])
    useAll(root)
  }
})
