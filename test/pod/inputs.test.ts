import { mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { PodFolder } from './pod.ts'

/** A pod whose input another Job wrote, which has begun and ended attempts. */
async function reading(how: string): Promise<{ readonly folder: PodFolder; readonly rows: string }> {
  const folder = new PodFolder()
  const rows = folder.artifact('rows.csv', 'good') as { path: string }
  for (const kind of ['done', 'failed', 'stopped']) mkdirSync(join(folder.store, 'jobs/other', kind))
  await folder.put({ stage: 'meddles', input: { rows, how } })
  return { folder, rows: join(folder.store, rows.path) }
}

const refused = (what: string, fix: string) => ({
  code: 65,
  stderr: `error[invalid-input]: "work" got the file "jobs/other/attempts/0-a/files/rows.csv", ${what}\n  fix: ${fix}\n`,
})

test.each([
  'bytes and back',
  'its folder and back',
  'a link and back',
  'its attempt and back',
  'all attempts and back',
  'a link that stays',
])('an input that was another for a while commits nothing: %s', async (how) => {
  const { folder } = await reading(how)
  expect(await folder.run('a')).toMatchObject(
    refused('which changed while it ran', 'Run again when nothing else writes to the store.'),
  )
  expect(folder.markers()).toEqual({ done: [], failed: ['0-a.json'], stopped: [] })
})

test('the Job that wrote an input may go on with its other items', async () => {
  const { folder } = await reading('nothing: other attempts begin and end')
  expect(await folder.run('a')).toMatchObject({ code: 0, stderr: '' })
  expect(folder.json('attempts', '0-a', 'output.json')).toEqual({ text: 'good' })
})

test('a pod makes all folders of its Job before it reads anything', async () => {
  const { folder } = await reading('nothing: other attempts begin and end')
  await folder.run('a')
  expect(folder.list()).toEqual(['attempts', 'done', 'failed', 'stopped'])
})

test('no link leads to an input, whatever its bytes', async () => {
  for (const up of [0, 1, 2]) {
    const { folder, rows } = await reading('bytes and back')
    const linked = [rows, dirname(rows), dirname(dirname(rows))][up] as string
    renameSync(linked, `${linked}-aside`)
    symlinkSync(`${linked}-aside`, linked)
    expect(await folder.run('a')).toMatchObject(
      refused('to which a symbolic link leads', 'Run again: what is damaged is made anew.'),
    )
  }
})
