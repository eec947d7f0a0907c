import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { DeletionMarks } from '../src/folder/coordination/deletion-marks.ts'
import { newRoot } from './support.ts'

/** What a prune does that spares some of its choice, without end: a shorter list, then the first one goes. */
const shortens = `
const { workerData: { module, root } } = require('node:worker_threads')
import(module).then(({ markForDeletion }) => {
  const mark = (names) => markForDeletion(root, root + '/tmp', names)
  const several = ['train/spared', 'train/condemned', ...Array.from({ length: 500 }, (_, i) => 'train/other' + i)]
  for (let before = mark(several); ; ) {
    const unmark = mark(['train/condemned'])
    before()
    before = mark(several)
    unmark()
  }
})`

test('what a prune is about to remove stays condemned while it shortens its list', { timeout: 30_000 }, async () => {
  const root = newRoot()
  mkdirSync(join(root, 'tmp'), { recursive: true })
  const module = new URL('../src/folder/coordination/deletion-marks.ts', import.meta.url).href
  const worker = new Worker(shortens, { eval: true, workerData: { module, root } })
  const marks = new DeletionMarks(root)
  await expect.poll(() => marks.some(['train/condemned']), { timeout: 20_000 }).toBe(true)
  let missed = 0
  for (const end = Date.now() + 1000; Date.now() < end; ) if (!marks.some(['train/condemned'])) missed++
  await worker.terminate()
  expect(missed).toBe(0)
})
