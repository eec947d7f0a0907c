import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '../src/index.ts'
import { type Child, child, filesIn, finishedEvent, go, keyFolder, litter, newRoot } from './support.ts'
import { findOne, keyOf, model, plain, work } from './values.ts'

const kill = async ({ process, end }: Child): Promise<void> => {
  process.kill('SIGKILL')
  await end
}

test('the run of a live process is not taken; after its kill it is', async () => {
  const root = newRoot()
  const owner = child('own', root)
  const id = (await owner.next()) as string
  const { runs } = openStore(root)
  expect(runs.find(id)).toMatchObject({ status: 'running' })
  expect(runs.resume(work)).toBeUndefined()
  await kill(owner)
  expect(runs.find(id)).toMatchObject({ status: 'interrupted' })
  const resumed = runs.resume(work)
  expect(resumed).toMatchObject({ id, resumed: true })
  expect(runs.find(id)).toMatchObject({ status: 'running' })
  resumed?.append(finishedEvent(id))
  resumed?.finish({ ...finishedEvent(id), finished: 'now' } as never)
  expect(runs.find(id)).toMatchObject({ status: 'succeeded' })
})

test('of processes that claim one dead run, exactly one gets it, round after round', async () => {
  const root = newRoot()
  const first = openStore(root).runs.create(work)
  first.release()
  for (let round = 0; round < 2; round++) {
    const children = [1, 2, 3].map(() => child('claim', root))
    for (const { next } of children) expect(await next()).toEqual({ ready: true })
    go(children)
    const got = await Promise.all(children.map(({ next }) => next()))
    expect(got.sort()).toEqual([first.id, null, null].sort())
    await Promise.all(children.map(kill))
  }
  expect(filesIn(first.path).filter((name) => name.startsWith('owner'))).toEqual(['owner', 'owner.2'])
  expect(openStore(root).runs.resume(work)?.id).toBe(first.id)
})

test.runIf(existsSync('/proc/self/stat'))('a pid that another process got since is no live owner', () => {
  const root = newRoot()
  const { runs } = openStore(root)
  const run = runs.create(work)
  const path = join(run.path, 'owner')
  const owner = JSON.parse(readFileSync(path, 'utf8'))
  expect(runs.resume(work)).toBeUndefined()
  writeFileSync(path, JSON.stringify({ ...owner, start: `${Number(owner.start) - 1}` }))
  expect(runs.find(run.id)).toMatchObject({ status: 'interrupted' })
  expect(runs.resume(work)?.id).toBe(run.id)
})

test('an owner on another machine counts as live for a day; one cut by a crash is none', () => {
  const root = newRoot()
  const { runs } = openStore(root)
  const run = runs.create(work)
  writeFileSync(join(run.path, 'owner'), JSON.stringify({ pid: 1, host: 'elsewhere', boot: 'another' }))
  expect(runs.resume(work)).toBeUndefined()
  writeFileSync(join(run.path, 'owner'), '')
  expect(runs.resume(work)?.id).toBe(run.id)
})

test('kill -9 at any moment: nothing torn is believed, no committed result lost, no litter', async () => {
  const root = newRoot()
  const said: (readonly [string, number])[] = []
  const once = async (name: string, wait: number): Promise<void> => {
    const writer = child('write', root, name)
    let last = (await writer.next()) as number
    const killed = setTimeout(wait).then(() => kill(writer))
    for (let i = await writer.next(); i !== undefined; i = await writer.next()) last = i as number
    await killed
    said.push([name, last])
  }
  let left = 0
  // more rounds where no kill happened to hit a file half made
  for (let i = 0; i < 5 || (left === 0 && i < 50); i++) {
    await Promise.all(['a', 'b', 'c', 'd'].map((name, n) => once(`${name}${i}`, 5 * n + 7 * (i % 5))))
    left += litter(root).length
  }
  expect(left).toBeGreaterThan(0)

  const store = openStore(root)
  expect(litter(root)).toEqual([])
  let missed = 0
  for (const [name, last] of said)
    for (let i = 0; i <= last; i++) {
      const found = await findOne(store.results, keyOf(`${name} ${i}`), i % 3 === 0 ? model : plain)
      if (found === undefined) missed++
      else if (i % 3 !== 0) expect(found.output).toEqual({ by: `${i} ${'y'.repeat(300)}` })
    }
  expect(missed).toBe(0)
  expect(said.length).toBeGreaterThanOrEqual(20)
  const runs = store.runs.list()
  expect(runs.length).toBeLessThanOrEqual(8)
  for (const { id, status } of runs) {
    expect(status).toBe('interrupted')
    const messages = new Set([...store.runs.events(id)].map((event) => event.event === 'log' && event.message))
    expect([...messages]).toEqual(['x'.repeat(300)])
  }
  expect(existsSync(keyFolder(root, keyOf('a0 0')))).toBe(true)
})
