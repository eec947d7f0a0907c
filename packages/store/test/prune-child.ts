// Run by prune-processes.test.ts as a process of its own: prune-child.ts <what> <root> <seconds> <name> …
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { digestFile, openStore, outputDigest, type PruneOptions, type RunFolder, type Store } from '../src/index.ts'

import { findOne, keyOf, model, work } from './values.ts'

const [what, root, seconds, name, more] = process.argv.slice(2) as [string, string, string, string, string | undefined]
const info = { ...work, pipeline: `digits-${Number(name) % 2}` }
const end = Date.now() + Number(seconds) * 1000
let seed = Number(name)
const below = (limit: number): number => {
  seed = (seed * 48271) % 2147483647
  return seed % limit
}

const events = { ran: 0, hit: 0, adopted: 0, runs: 0 }

/** As a run does: looks each key up, makes it where it isn't, and reads the bytes of all a while later. */
async function work_(store: Store, run: RunFolder, fresh: boolean): Promise<void> {
  const held: { path: string; bytes: string }[] = []
  for (let i = 0; i < 6; i++) {
    const n = below(8)
    const bytes = `model ${n}`.repeat(50 + n)
    const key = keyOf(`key ${n}`)
    let output = fresh ? undefined : (await findOne(store.results, key, model, { user: run }))?.output
    if (output) events.hit++
    else {
      const attempt = run.attempts.begin('train', `${process.pid}-${events.ran++}-${events.adopted}`, key)
      const path = join(attempt, 'model')
      writeFileSync(path, bytes)
      await setImmediate()
      const made = { model: { path, ...(await digestFile(path)) } }
      const commit = { key, run: run.id, output: made, schema: model, digest: outputDigest(model, made), metrics: [] }
      const result = await store.results.commit({ ...commit, user: run, ...(fresh ? { replace: true } : {}) })
      output = result.output
      // as if it were killed now and then
      if (below(10) === 0) continue
      if (result.unnamed) {
        events.adopted++
        run.attempts.discard(attempt)
      } else run.attempts.end(attempt)
    }
    held.push({ path: (output as { model: { path: string } }).model.path, bytes })
    await setImmediate()
    for (const { path, bytes } of held)
      if (readFileSync(path, 'utf8') !== bytes) throw new Error(`${path} has other bytes`)
  }
}

if (what === 'run')
  while (Date.now() < end) {
    const store = openStore(root)
    const run = store.runs.resume(info) ?? store.runs.create(info)
    events.runs++
    await work_(store, run, below(5) === 0)
    const time = new Date().toISOString()
    const counts = { ran: 0, cached: 0, skipped: 0, failed: 0 }
    const last = { event: 'run.finished', run: run.id, time, status: 'succeeded', output: null, errors: [] } as const
    run.append({ ...last, counts, seconds: 1 })
    run.finish({ status: 'succeeded', counts, seconds: 1, finished: time })
    store.close()
  }
else
  while (Date.now() < end) {
    const store = openStore(root)
    const options = JSON.parse(more ?? '{}') as PruneOptions
    const failures = store.prune(options, () => events.ran++)
    if (failures.length > 0) throw new Error(JSON.stringify(failures))
    events.runs++
    store.close()
    await setImmediate()
  }
process.stdout.write(`${JSON.stringify(events)}\n`)
process.exit(0)
