import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { digestFile, openStore, outputDigest, type Pruned, type PruneOptions, type RunFolder } from '../src/index.ts'
import { attemptFolder, child, filesIn, finishedEvent, keyFolder, line, litter, newRoot, write } from './support.ts'
import { findOne, keyOf, model, plain, work } from './values.ts'

const day = 86_400_000
const ago = (days: number): string => new Date(Date.now() - days * day).toISOString()

/** A store and what tests do with it; every call opens it anew, as processes do. */
function place(root = newRoot()) {
  let count = 0
  const run = (pipeline = 'digits'): RunFolder => openStore(root).runs.create({ ...work, pipeline })
  return {
    root,
    run,
    /** Ends a run so many days ago. */
    end(folder: RunFolder, days: number, output: unknown = null): void {
      const event = { ...finishedEvent(folder.id), time: ago(days), output } as ReturnType<typeof finishedEvent>
      folder.append(event)
      folder.finish({ ...finishedEvent(folder.id), finished: ago(days) } as never)
    },
    /** An attempt of a run with a file in it. */
    attempt(folder: RunFolder, bytes: string): string {
      const at = attemptFolder(root, 'train', `${folder.id}-${count++}`)
      writeFileSync(join(at, 'model.bin'), bytes)
      return join(at, 'model.bin')
    },
    async commit(folder: RunFolder, key: string, path: string, replace = false) {
      const output = { model: { path, ...(await digestFile(path)) } }
      const digest = outputDigest(model, output)
      const more = { metrics: [], user: folder, ...(replace ? { replace } : {}) }
      return openStore(root).results.commit({ key: keyOf(key), run: folder.id, output, schema: model, digest, ...more })
    },
    find: (key: string, user?: RunFolder) =>
      findOne(openStore(root).results, keyOf(key), model, user === undefined ? {} : { user }),
    pack(folder: RunFolder, ...keys: string[]): void {
      const pack = openStore(root).results.openPack(folder.id, { fresh: false })
      for (const key of keys) pack.append(line(keyOf(key), { by: key }))
      pack.close()
    },
    async has(...keys: string[]): Promise<string[]> {
      const { results } = openStore(root)
      const found = []
      for (const key of keys)
        if ((await findOne(results, keyOf(key), plain)) ?? (await findOne(results, keyOf(key), model))) found.push(key)
      return found
    },
    prune(options: PruneOptions = {}): string[] {
      const told: string[] = []
      const tell = ({ kind, name, why, count }: Pruned): void => {
        told.push(`${kind} ${name} ${count} ${why}`)
      }
      expect(openStore(root).prune(options, tell)).toEqual([])
      expect(litter(root)).toEqual([])
      expect(existsSync(join(root, 'prune'))).toBe(false)
      return told
    },
  }
}

const nameOf = (path: string): string => path.split('/').slice(-3, -1).join('/')

test('without options: attempts that nothing names, and results that were superseded', async () => {
  const { root, run, end, attempt, commit, find, prune } = place()
  const first = run()
  const [one, other, killed] = [attempt(first, 'one'), attempt(first, 'other'), attempt(first, 'killed')]
  await commit(first, 'a', one)
  await commit(first, 'b', other)
  end(first, 100)
  const second = run()
  const fresh = attempt(second, 'fresh')
  await commit(second, 'a', fresh, true)
  end(second, 0)
  const expected = [
    `result ${keyOf('a')} 1 superseded`,
    `attempt ${nameOf(one)} 1 its result goes`,
    `attempt ${nameOf(killed)} 1 no result`,
  ]
  const before = filesIn(root)
  expect(prune({ dryRun: true })).toEqual(expected)
  expect(filesIn(root)).toEqual(before)
  expect(prune()).toEqual(expected)
  expect((await find('a'))?.output).toMatchObject({ model: { path: fresh } })
  expect((await find('b'))?.output).toMatchObject({ model: { path: other } })
  expect(readdirSync(keyFolder(root, keyOf('a'))).sort()).toHaveLength(2)
  expect(openStore(root).runs.list()).toHaveLength(2)
  expect(prune()).toEqual([])
})

test('a superseded file stays while a run that stays names it in its output', async () => {
  const { run, end, attempt, commit, prune } = place()
  const first = run()
  const path = attempt(first, 'one')
  const { output } = await commit(first, 'a', path)
  end(first, 1, output)
  const second = run()
  await commit(second, 'a', attempt(second, 'fresh'), true)
  end(second, 0)
  expect(prune()).toEqual([`result ${keyOf('a')} 1 superseded`])
  expect(readFileSync(path, 'utf8')).toBe('one')
  expect(prune({ keep: 1 })).toEqual([`attempt ${nameOf(path)} 1 no result`, `run ${first.id} 1 not among the last`])
})

test('by age: old runs, and the results that no other run made or used', async () => {
  const { root, run, end, attempt, commit, find, pack, has, prune } = place()
  const old = run()
  const [used, unused] = [attempt(old, 'used'), attempt(old, 'unused')]
  await commit(old, 'used', used)
  await commit(old, 'unused', unused)
  pack(old, 'small', 'smaller')
  writeFileSync(old.logFile('train', undefined, 1), 'loss 0.1\n')
  end(old, 40)
  const lone = run()
  pack(lone, 'lone')
  end(lone, 31)
  const young = run()
  pack(young, 'young')
  expect((await find('used', young))?.output).toMatchObject({ model: { path: used } })
  end(young, 29)
  const expected = [
    `result ${keyOf('unused')} 1 not used`,
    `result ${lone.id}.jsonl 1 not used`,
    `result ${old.id}.jsonl 2 not used`,
    `attempt ${nameOf(unused)} 1 its result goes`,
    `run ${lone.id} 1 old`,
    `run ${old.id} 1 old`,
  ]
  expect(prune({ olderThan: 30 * day, dryRun: true }).sort()).toEqual([...expected].sort())
  expect(prune({ olderThan: 30 * day }).sort()).toEqual([...expected].sort())
  expect(await has('used', 'unused', 'small', 'smaller', 'lone', 'young')).toEqual(['used', 'young'])
  expect(
    openStore(root)
      .runs.list()
      .map(({ id }) => id),
  ).toEqual([young.id])
  // the log of a result stays with it
  expect(filesIn(old.path)).toEqual(['logs/train.1.log'])
  expect(prune({ olderThan: 30 * day })).toEqual([])
  for (const name of filesIn(keyFolder(root, keyOf('used')))) {
    const then = new Date(Date.now() - 40 * day)
    utimesSync(join(keyFolder(root, keyOf('used')), name), then, then)
  }
  expect(prune({ olderThan: 20 * day }).sort()).toEqual(
    [
      `result ${keyOf('used')} 1 not used`,
      `result ${young.id}.jsonl 1 not used`,
      `attempt ${nameOf(used)} 1 its result goes`,
      `run ${young.id} 1 old`,
      `litter runs/${old.id} 1 no run`,
    ].sort(),
  )
  expect(filesIn(root).sort()).toEqual(['.gitignore', 'format.json'])
})

test('small results stay while a run that used one of the same run stays', async () => {
  const { root, run, end, pack, has, prune } = place()
  const old = run()
  pack(old, 'a', 'b')
  end(old, 40)
  const young = run()
  const { results } = openStore(root)
  expect(await findOne(results, keyOf('a'), plain, { user: young })).toBeDefined()
  end(young, 0)
  expect(prune({ olderThan: day })).toEqual([`run ${old.id} 1 old`])
  expect(await has('a', 'b')).toEqual(['a', 'b'])
})

test('by number: the last runs of each pipeline stay; with an age, of the others the old ones go', () => {
  const { root, run, end, prune } = place()
  const made = [5, 4, 3, 2, 1].map((days) => {
    const folder = run(days === 4 ? 'other' : 'digits')
    end(folder, days)
    return folder.id
  })
  const [five, four, three, two, one] = made
  const ids = () =>
    openStore(root)
      .runs.list()
      .map(({ id }) => id)
  prune({ keep: 2, olderThan: 4.5 * day })
  expect(ids()).toEqual([one, two, three, four])
  prune({ keep: 3, olderThan: 1 })
  expect(ids()).toEqual([one, two, three, four])
  prune({ keep: 1, pipeline: 'other' })
  expect(ids()).toEqual([one, two, three, four])
  prune({ keep: 2 })
  expect(ids()).toEqual([one, two, four])
  prune({ olderThan: 1, pipeline: 'other' })
  expect(ids()).toEqual([one, two])
  expect([five, four].map((id) => existsSync(join(root, 'runs', `${id}`)))).toEqual([false, false])
})

test('failed and interrupted runs that are young can be gone on with; old ones go with their marks', () => {
  const { root, run, prune } = place()
  const folder = run()
  folder.append({ event: 'log', run: folder.id, time: ago(10), node: 'a', level: 'info', message: '' })
  folder.release()
  expect(prune({ olderThan: 11 * day })).toEqual([])
  expect(prune({ olderThan: 9 * day })).toEqual([`run ${folder.id} 1 old`])
  expect(readdirSync(join(root, 'runs/open'))).toEqual([])
  expect(openStore(root).runs.resume(work)).toBeUndefined()
})

test('packs that were merged: an index keeps what stays', async () => {
  const { root, run, end, pack, has, prune } = place()
  const folders = Array.from({ length: 66 }, (_, i) => {
    const folder = run()
    pack(folder, `${i}`)
    end(folder, i < 10 ? 40 : 0)
    return folder
  })
  pack(run(), 'last')
  expect(readdirSync(join(root, 'results/packs')).some((name) => name.startsWith('index.'))).toBe(true)
  const told = prune({ olderThan: day })
  expect(told.filter((text) => text.startsWith('run '))).toHaveLength(10)
  expect(told.filter((text) => text.startsWith('result '))).toEqual(
    folders.slice(0, 10).map(({ id }) => `result ${id}.jsonl 1 not used`),
  )
  const keys = folders.map((_, i) => `${i}`)
  expect(await has(...keys)).toEqual(keys.slice(10))
})

test('nothing of a run that lives goes: what it made, what it used, what it has not committed yet', async () => {
  const { root, run, end, attempt, commit, find, pack, has, prune } = place()
  const old = run()
  const path = attempt(old, 'one')
  await commit(old, 'a', path)
  end(old, 40)
  const live = run()
  expect(await find('a', live)).toBeDefined()
  pack(live, 'own')
  const open = attempt(live, 'not committed')
  const fresh = run()
  await commit(fresh, 'a', attempt(fresh, 'fresh'), true)
  end(fresh, 0)
  for (const options of [{}, { keep: 1 }, { olderThan: 1 }])
    for (const text of prune(options)) expect(text).not.toMatch(new RegExp(live.id))
  expect(existsSync(path)).toBe(true)
  expect(existsSync(open)).toBe(true)
  expect(await has('own')).toEqual(['own'])
  expect(openStore(root).runs.find(live.id)).toMatchObject({ status: 'running' })
  end(live, 0)
  prune({ keep: 1 })
  expect(existsSync(open)).toBe(false)
})

test('the run of another process that lives stays; after its kill it goes', async () => {
  const { root, prune } = place()
  const owner = child('own', root)
  const id = (await owner.next()) as string
  expect(prune({ olderThan: 1 })).toEqual([])
  owner.process.kill('SIGKILL')
  await owner.end
  expect(prune({ olderThan: 1 })).toEqual([`run ${id} 1 old`])
})

test('what a prune that lives is about to remove is a miss, what a dead one was about to remove is a hit', async () => {
  const { root, run, end, attempt, find, commit } = place()
  const old = run()
  const path = attempt(old, 'one')
  // a line that names a file: the output of a stage that passes it on
  const output = { model: { path, ...(await digestFile(path)) } }
  const pack = openStore(root).results.openPack(old.id, { fresh: false })
  pack.append({ key: keyOf('a'), output, digest: outputDigest(model, output), metrics: [], schema: model })
  pack.close()
  end(old, 40)
  const user = run()
  const reader = openStore(root)
  expect(await findOne(reader.results, keyOf('a'), model)).toMatchObject({ from: old.id })
  const seen: unknown[] = []
  let condemned = ''
  openStore(root).prune({ olderThan: day }, ({ kind }) => {
    if (kind !== 'result') return
    condemned = readdirSync(join(root, 'prune'))[0] as string
    seen.push(existsSync(path), findOne(reader.results, keyOf('a'), model, { user }))
  })
  expect(seen[0]).toBe(true)
  expect(await seen[1]).toBeUndefined()
  expect(existsSync(path)).toBe(false)

  const own = attempt(user, 'two')
  await commit(user, 'a', own)
  write(join(root, 'prune', condemned), JSON.stringify([nameOf(own)]))
  expect(await find('a')).toBeUndefined()
  const { results } = openStore(root)
  const dead = condemned.replace(/^\.tmp-\d+-/, '.tmp-999999999-')
  write(join(root, 'prune', dead), JSON.stringify([nameOf(own)]))
  rmSync(join(root, 'prune', condemned))
  expect(await findOne(results, keyOf('a'), model)).toMatchObject({ from: user.id })
  openStore(root)
  expect(litter(root)).toEqual([])
})

test('results whose files have gone, and damaged ones when no run lives', async () => {
  const { root, run, end, attempt, commit, prune } = place()
  const folder = run()
  const [gone, damaged] = [attempt(folder, 'gone'), attempt(folder, 'damaged')]
  await commit(folder, 'gone', gone)
  await commit(folder, 'damaged', damaged)
  const [name] = readdirSync(keyFolder(root, keyOf('damaged'))).filter((at) => at !== 'current') as [string]
  writeFileSync(join(keyFolder(root, keyOf('damaged')), name), '{"key":')
  expect(prune()).toEqual([])
  end(folder, 0)
  rmSync(gone)
  expect(prune().sort()).toEqual(
    [
      `attempt ${nameOf(damaged)} 1 no result`,
      `attempt ${nameOf(gone)} 1 its result goes`,
      `result ${keyOf('damaged')} 1 damaged`,
      `result ${keyOf('gone')} 1 its files have gone`,
    ].sort(),
  )
  expect(existsSync(join(root, 'attempts'))).toBe(false)
})

test('attempts whose names tell no run stay for a day; code that nobody asked for goes by age', () => {
  const { root, prune } = place()
  const path = attemptFolder(root, 'train', 'a1')
  const code = join(root, 'code/source-1.json')
  mkdirSync(join(root, 'code'))
  for (const at of [code, `${code}.x.tmp`]) writeFileSync(at, '')
  expect(prune()).toEqual([])
  const then = new Date(Date.now() - 2 * day)
  for (const at of [path, code, `${code}.x.tmp`]) utimesSync(at, then, then)
  expect(prune()).toEqual([
    'attempt train/a1 1 no result',
    'litter code/source-1.json.x.tmp 1 left by a killed process',
  ])
  expect(prune({ olderThan: day })).toEqual(['litter code/source-1.json 1 old'])
})
