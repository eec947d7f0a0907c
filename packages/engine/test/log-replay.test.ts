import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '@millrace/store'
import { expect, test } from 'vitest'
import { foreign, key, outside, posix, run } from '../../store/test/hostile.ts'
import { newRoot } from '../../store/test/support.ts'
import { work } from '../../store/test/values.ts'
import { LogReplay } from '../src/index.ts'

test('the log of a result is a file in the folder of its run, or none', () => {
  const { path, unchanged } = outside()
  const root = newRoot()
  const store = openStore(root)
  const own = store.runs.create(work)
  const replay = (from: string) => new LogReplay(store, own).replay(from, key, 'clean', undefined)
  const index = (file: unknown) => `${JSON.stringify({ key, file })}\n`
  foreign(root, { 'logs/clean.1.log': 'said\n', 'logs/index.jsonl': index('clean.1.log') })
  expect(replay(run)).toEqual(['said'])
  symlinkSync(join(path, 'precious'), join(root, 'runs', run, 'logs/link.log'))
  mkdirSync(join(root, 'runs', run, 'logs/folder.log'))
  if (posix) execFileSync('mkfifo', [join(root, 'runs', run, 'logs/pipe.log')])
  for (const odd of [
    'link.log',
    'folder.log',
    'pipe.log',
    '..',
    '../info.json',
    `${path}/precious`,
    '',
    '.',
    7,
    null,
  ]) {
    foreign(root, { 'logs/index.jsonl': index(odd) })
    expect([odd, replay(run)]).toEqual([odd, []])
  }
  rmSync(join(root, 'runs', run, 'logs'), { recursive: true })
  symlinkSync(join(path, run, 'logs'), join(root, 'runs', run, 'logs'))
  writeFileSync(join(path, run, 'logs/index.jsonl'), index('precious.log'))
  expect(replay(run)).toEqual([])
  rmSync(join(path, run, 'logs/index.jsonl'))
  own.release()
  unchanged()
})
