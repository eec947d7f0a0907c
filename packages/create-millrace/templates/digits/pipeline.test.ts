import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { run, runStage } from 'millrace'
import { digits } from './pipeline.ts'
import { select } from './stages.ts'

test('the best score is selected', async () => {
  const model = 'package.json' // any file will do
  const candidate = (score: number) => ({ setting: { rate: score, epochs: 1 }, score, model })
  const best = await runStage(select, { candidates: [candidate(0.5), candidate(0.75), candidate(0.25)] })
  assert.equal(best.score, 0.75)
})

test('a model is published only if it is accurate enough', async (t) => {
  const store = mkdtempSync(join(tmpdir(), 'digits-'))
  t.after(() => rmSync(store, { recursive: true }))
  const settings = [{ rate: 0.1, epochs: 2 }]
  const good = await run(digits, { settings, floor: 0.8 }, { store })
  assert.ok(good.release)
  const card = JSON.parse(readFileSync(join(good.release.path, 'card.json'), 'utf8'))
  assert.deepEqual(card, { setting: settings[0], accuracy: good.accuracy })
  const poor = await run(digits, { settings, floor: 1 }, { store })
  assert.equal(poor.release, undefined)
})
