import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { run, runStage } from 'millrace'
import { count, hello } from './pipeline.ts'

test('a word counts whatever its case', async () => {
  assert.deepEqual(await runStage(count, { text: 'Ada, ada' }), { counts: [{ word: 'ada', times: 2 }] })
})

test('the most frequent word comes first', async (t) => {
  const store = mkdtempSync(join(tmpdir(), 'hello-'))
  t.after(() => rmSync(store, { recursive: true }))
  assert.deepEqual(await run(hello, { text: 'a b b', most: 1 }, { store }), { words: ['b'] })
})
