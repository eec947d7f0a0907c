import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openStore, type PruneOptions } from '../src/index.ts'
import { litter, newRoot } from './support.ts'

const script = fileURLToPath(new URL('./prune-child.ts', import.meta.url))

/** How a process ended that worked on the store for two seconds, and what it counted. */
function work(root: string, what: 'run' | 'prune', name: string, options: PruneOptions = {}) {
  const child = spawn(process.execPath, [script, what, root, '2', name, JSON.stringify(options)])
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (text += part))
  return new Promise<[number | null, string]>((resolve) => child.on('close', (code) => resolve([code, text])))
}

test('runs of three processes, and prunes beside them: what a run holds stays as long as it lives', async () => {
  const root = newRoot()
  openStore(root).close()
  const ended = await Promise.all([
    ...['7919', '15838', '23757'].map((name) => work(root, 'run', name)),
    work(root, 'prune', '1'),
    work(root, 'prune', '2', { keep: 1 }),
    work(root, 'prune', '3', { olderThan: 1 }),
  ])
  for (const [code, text] of ended) expect([code, text]).toEqual([0, expect.stringMatching(/^\{.*"runs":[1-9].*\}\n$/)])
  openStore(root).prune({ olderThan: 1 }, () => {})
  openStore(root).prune({ olderThan: 1 }, () => {})
  expect(litter(root)).toEqual([])
  expect(openStore(root).runs.list()).toEqual([])
})
