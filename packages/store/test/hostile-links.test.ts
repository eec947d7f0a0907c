import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DiagnosticError } from '@millrace/ir'
import { expect, test } from 'vitest'
import { openStore } from '../src/index.ts'
import { key, losesResult, outside, places, posix, replace, run, runsIn, succeed, useAll, used } from './hostile.ts'
import { filesIn, folder, newRoot, write } from './support.ts'
import { findOne, model, work } from './values.ts'

test('a link in the place of a folder of the store is refused: what it leads to is not the store', async () => {
  const { path, unchanged } = outside()
  for (const name of [
    'attempts',
    'attempts/.open',
    'results',
    'results/packs',
    'results/tmp',
    'runs',
    'runs/open',
    'runs/tmp',
    'prune',
    'code',
    'nodes',
    'jobs',
    'inputs',
    'cards',
  ]) {
    const root = await used()
    replace(join(root, name), path)
    let error: unknown
    try {
      openStore(root)
    } catch (thrown) {
      error = thrown
    }
    expect(error instanceof DiagnosticError && error.diagnostics).toEqual([
      {
        code: 'store-failed',
        severity: 'error',
        message: `can't take "${join(root, name)}": it is a symbolic link`,
        at: { pipeline: null, node: null },
        fix: 'Put the folder itself in its place, or choose another store with --store.',
      },
    ])
  }
  unchanged()
})

for (const [what, place] of Object.entries(places))
  test(`a link in the place of ${what} leads nobody out of the store`, async () => {
    for (const to of ['', 'precious', 'x', 'journal.jsonl', 'nothing']) {
      const { path, unchanged } = outside()
      const root = await used()
      replace(place(root), join(path, to))
      expect(await findOne(openStore(root).results, key, model)).toEqual(
        losesResult(what) ? undefined : expect.anything(),
      )
      useAll(root)
      unchanged()
    }
  })

test.runIf(posix)(
  'a second name of a file elsewhere is not written to: the run it belongs to is not gone on with',
  async () => {
    for (const name of ['journal.jsonl', 'uses', 'metrics.jsonl', 'logs/index.jsonl']) {
      const { path, unchanged } = outside()
      const root = await used()
      const [, failed = ''] = runsIn(root)
      expect(openStore(root).runs.resumable(work)).toMatchObject({ id: failed })
      const at = join(root, 'runs', failed, name)
      const there = existsSync(at) ? readFileSync(at, 'utf8') : ''
      rmSync(at, { force: true })
      mkdirSync(dirname(at), { recursive: true })
      linkSync(join(path, 'precious'), at)
      if (name !== 'journal.jsonl') {
        expect(openStore(root).runs.resumable(work)).toBeUndefined()
        expect(openStore(root).runs.resume(work)).toBeUndefined()
      }
      expect(there).not.toBe('precious\n')
      useAll(root)
      unchanged()
    }
  },
)

const asNobody = 'setpriv'

test.runIf(posix && process.getuid?.() === 0)(
  "a run of somebody else's that this user may not write to is not gone on with",
  async () => {
    const root = await used()
    const [, failed = ''] = runsIn(root)
    chmodSync(join(root, 'runs', failed), 0o555)
    const script = `import { openStore } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))}
    const found = openStore(${JSON.stringify(root)}).runs.resume(${JSON.stringify(work)})
    console.log(String(found?.id))`
    for (const path of [dirname(root), root, join(root, 'runs'), join(root, 'runs/open'), join(root, 'runs/tmp')])
      chmodSync(path, 0o777)
    const words = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      '--input-type=module-typescript',
      '-e',
      script,
    ]
    expect(execFileSync(asNobody, words, { cwd: join(import.meta.dirname, '..'), env: {} }).toString()).toBe(
      'undefined\n',
    )
  },
)

test('an attempt that a record names below a link is not removed', () => {
  const { path, unchanged } = outside()
  const root = newRoot()
  openStore(root)
  mkdirSync(join(root, 'attempts'), { recursive: true })
  symlinkSync(path, join(root, 'attempts/link'))
  const lines = ['link/x', 'x/y', '../x', 'link/..', '.open/x'].map((attempt) => JSON.stringify({ attempt }))
  write(join(root, 'attempts/.open', `${run}-0123456789ab`), lines.join('\n'))
  succeed(openStore(root).runs.create(work))
  expect(existsSync(join(root, 'attempts/.open', `${run}-0123456789ab`))).toBe(false)
  unchanged()
  expect(() => openStore(root).runs.create(work).attempts.begin('link', 'a1')).toThrow(
    `can't take "${join(root, 'attempts/link')}": it is a symbolic link`,
  )
  unchanged()
})

test.runIf(posix)('pipes and devices block nobody', async () => {
  for (const [what, place] of Object.entries(places)) {
    if (/folder/.test(what)) continue
    const root = await used()
    const path = place(root)
    rmSync(path, { recursive: true, force: true })
    mkdirSync(dirname(path), { recursive: true })
    execFileSync('mkfifo', [path])
    expect([what, await findOne(openStore(root).results, key, model)]).toEqual([
      what,
      losesResult(what) ? undefined : expect.anything(),
    ])
    useAll(root)
  }
})

test('a run whose folder is elsewhere, with a link in its place, is none, and stays as it is', async () => {
  for (const end of ['failed', 'interrupted'] as const) {
    const root = await used()
    const id = runsIn(root)[1] as string
    const elsewhere = join(folder(), 'moved')
    renameSync(join(root, 'runs', id), elsewhere)
    if (end === 'interrupted')
      for (const name of ['journal.jsonl', 'summary.json']) rmSync(join(elsewhere, name), { force: true })
    for (const name of ['owner', 'owner.2', 'logs/index.jsonl', 'logs/clean.1.log'])
      write(join(elsewhere, name), '{}\n')
    // who began it is dead, or it would be waited for; who goes on with it lives
    for (const mark of readdirSync(join(root, 'runs/open'))) write(join(root, 'runs/open', mark), '{}\n')
    write(join(elsewhere, 'owner.3'), readFileSync(ownerOf(root), 'utf8'))
    const look = () => filesIn(elsewhere).map((file) => `${file} ${readFileSync(join(elsewhere, file), 'utf8')}`)
    const before = look()
    symlinkSync(elsewhere, join(root, 'runs', id))
    const { runs } = openStore(root)
    expect(runs.resumable(work)).toBeUndefined()
    for (const evenIfHeld of [false, true]) expect(runs.resume(work, { evenIfHeld })).toBeUndefined()
    expect(look()).toEqual(before)
    expect(runs.list().map((found) => found.id)).toEqual(
      runsIn(root)
        .filter((found) => found !== id)
        .reverse(),
    )
    expect([runs.find(id), runs.find(id.slice(0, -1)), runs.last(work.pipeline)]).toEqual(Array(3).fill(undefined))
    expect([[...runs.events(id)], runs.logs(id)]).toEqual([[], []])
    expect(() => runs.write(id, 'owner', 'x')).toThrow(`can't take "${join(root, 'runs', id)}": it is a symbolic link`)
    expect(look()).toEqual(before)
    useAll(root)
    expect(look()).toEqual(before)
  }
})

/** The text of an owner that lives: this process. */
function ownerOf(root: string): string {
  const { path } = openStore(root).runs.create({ ...work, pipeline: 'alive' })
  return join(path, 'owner')
}
