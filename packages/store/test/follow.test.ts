import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '@millrace/ir'
import { expect, test } from 'vitest'
import { openStore } from '../src/index.ts'
import { ending, newRoot } from './support.ts'
import { work } from './values.ts'

const time = '2026-01-01T00:00:00.000Z'
const skipped = (run: string, node: string): Event => ({ event: 'stage.skipped', run, time, node, because: 'x' })

/** The nodes that somebody who follows hears of. */
async function heard(events: AsyncIterable<Event>): Promise<string[]> {
  const nodes: string[] = []
  for await (const event of events) if ('node' in event) nodes.push(event.node as string)
  return nodes
}

test('who follows a run hears each event once, as it comes, and ends with the run', async () => {
  const { runs } = openStore(newRoot())
  const run = runs.create(work)
  run.append(skipped(run.id, 'a'))
  const nodes = heard(runs.follow(run.id))
  await new Promise((resolve) => setTimeout(resolve, 300))
  run.append(skipped(run.id, 'b'))
  run.flush()
  // a part of a line is no event yet
  const line = JSON.stringify(skipped(run.id, 'c'))
  appendFileSync(join(run.path, 'journal.jsonl'), line.slice(0, 50))
  await new Promise((resolve) => setTimeout(resolve, 500))
  appendFileSync(join(run.path, 'journal.jsonl'), `${line.slice(50)}\n`)
  run.finish(ending('succeeded'))
  expect(await nodes).toEqual(['a', 'b', 'c'])
})

test('a run that nobody owns any more is told to its end; one that is not there has no events', async () => {
  const { runs } = openStore(newRoot())
  const run = runs.create(work)
  run.append(skipped(run.id, 'a'))
  run.release()
  expect(await heard(runs.follow(run.id))).toEqual(['a'])
  rmSync(run.path, { recursive: true })
  expect(await heard(runs.follow(run.id))).toEqual([])
})

test('following ends when its signal is aborted', async () => {
  const { runs } = openStore(newRoot())
  const run = runs.create(work)
  run.append(skipped(run.id, 'a'))
  run.flush()
  const stop = new AbortController()
  const nodes = heard(runs.follow(run.id, stop.signal))
  setTimeout(() => stop.abort(), 100)
  expect(await nodes).toEqual(['a'])
  run.release()
})
