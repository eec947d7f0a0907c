import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '@millrace/ir'
import { map, pipeline } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { noCluster, onCluster, space } from '../support/cluster.ts'
import { ClusterPlace } from './cluster.ts'
import { told } from './events.ts'
import { localRun } from './local.ts'
import { talk } from './stages/contexts.ts'
import { look, write } from './stages/files.ts'
import { double } from './stages/plain.ts'
import { effect, waits } from './stages/trouble.ts'
import { conformance } from './suite.ts'

// what runs here is to have the keys that it has in a program: under a test runner they are another's
for (const name of ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT']) delete process.env[name]

if (noCluster !== undefined) process.stderr.write(`the conformance of Kubernetes is left out: ${noCluster}\n`)

const overrides = { resources: { cpu: 0.05, memory: '128Mi' } } as const
const small = <F>(stage: { with(options: typeof overrides): F }): F => stage.with(overrides)

onCluster('conformance', () => {
  const here = space('conformance')
  const newRuntime = () => new ClusterPlace(here)

  conformance({
    name: 'kubernetes',
    overrides,
    stages: 'in pods',
    atOnce: 100,
    // all of it takes twice as long, and what is left out has the same flow as elsewhere
    dear: process.env.MILLRACE_CONFORMANCE !== 'all',
    beat: 3000,
    without: {
      signal: 'a run on a cluster is ended by deleting its driver, which has a test of its own',
      fresh: 'manifests say what is to be there, not how to come to it; whoever wants no hits gives it another store',
    },
    tests: { concurrent: true, timeout: 600_000 },
    newRuntime,
  })

  test.concurrent('deleting the driver ends the run with all its pods, and applying again goes on', {
    timeout: 600_000,
  }, async () => {
    const place = newRuntime()
    const ended = pipeline('ended', {
      input: z.object({ path: z.string() }),
      build: ({ path }) => {
        const { at } = small(effect)({ of: 'ended' })
        small(waits)({ path, after: at })
        return { at }
      },
    })
    const input = { path: join(place.world, 'go') }
    const { folder, driver, jobs } = await place.compile(ended, input)
    await here.ok(['apply', '--server-side', '-k', folder])
    const first = await here.follow(driver)
    await first.said('the start of "waits"', ({ event, node }) => event === 'stage.started' && node === 'waits')
    const left = async (kind: 'jobs' | 'pods') =>
      (await here.list(kind, 'millrace.dev/pipeline=ended')).map(({ metadata }) => metadata.name)
    await here.ok(['delete', 'job', driver])
    await here.until(
      'the end of all Jobs and pods',
      async () => [...(await left('jobs')), ...(await left('pods'))].length === 0,
    )
    first.stop()
    const before = first.events()

    await place.put('go', '')
    const { run, status, output, events } = await place.run(ended, input)
    expect([run, status]).toEqual([before[0]?.run, 'succeeded'])
    expect(told(events).toSorted()).toEqual(['effect cached', 'waits started', 'waits succeeded'])
    const made = before.find(({ event, node }) => event === 'stage.succeeded' && node === 'effect')
    expect(made).toMatchObject({ output: { at: output.at } })
    expect((await left('jobs')).sort()).toEqual([...jobs].sort())
    place.close()
  })

  test.concurrent('results are shared with local runs, both ways, where both see one store', {
    timeout: 600_000,
  }, async ({ skip }) => {
    const place = newRuntime()
    const store = await here.folderOf(await place.claim)
    if (store === undefined) {
      const why = 'the volume of the store is no folder of this machine'
      process.stderr.write(`hits across runtimes are left out: ${why}\n`)
      return skip(why)
    }
    const Input = z.object({ list: z.array(z.number()), text: z.string() })
    const making = (list: readonly number[], text: string) => ({ list: [...list], text })
    const made = pipeline('made', {
      input: Input,
      build: ({ list, text }) => ({
        doubled: map(list, (n) => small(double)({ n }).n),
        files: small(write)({ text }),
        name: small(talk)({ name: text }).name,
      }),
    })
    const used = pipeline('used', {
      input: Input,
      build: ({ list, text }) => {
        const { doubled, files, name } = made({ list, text })
        return { doubled, files, name, seen: small(look)(files) }
      },
    })
    const hits = ['double[0] cached', 'double[1] cached', 'talk cached', 'write cached']
    const calls = (prefix: string) => [...hits.map((hit) => `${prefix}${hit}`), 'look started', 'look succeeded'].sort()
    /** A hit tells a log as its lines. */
    const said = (events: readonly Event[]) =>
      events
        .flatMap((at) => {
          if (at.event === 'metric') return [`${at.name} ${at.value} at ${at.step}`]
          if (at.event !== 'log') return []
          return [at.data === undefined ? at.message : `${at.message} ${JSON.stringify(at.data)}`]
        })
        .sort()
    try {
      const [one, two] = [making([1, 2], 'made here'), making([3, 4], 'made there')]
      const local = await localRun(made, one, store)
      const there = await place.run(used, one)
      expect([local.status, there.status]).toEqual(['succeeded', 'succeeded'])
      expect(told(there.events).toSorted()).toEqual(calls('made/'))
      for (const at of there.events) if (at.event === 'stage.cached') expect(at.from).toBe(local.run)
      expect(there.output.doubled).toEqual([2, 4])
      expect(said(local.events)).toContain(`printed ${one.text}`)
      expect(said(there.events)).toEqual(said(local.events))
      expect([there.output.seen.text, readFileSync(there.output.files.plain.path, 'utf8')]).toEqual([
        one.text,
        one.text,
      ])

      const remote = await place.run(made, two)
      const back = await localRun(used, two, store)
      expect([remote.status, back.status]).toEqual(['succeeded', 'succeeded'])
      expect(told(back.events).toSorted()).toEqual(calls('made/'))
      for (const at of back.events) if (at.event === 'stage.cached') expect(at.from).toBe(remote.run)
      expect(back.output.doubled).toEqual([6, 8])
      expect(said(back.events)).toEqual(said(remote.events))
      expect([back.output.seen.text, readFileSync(back.output.files.plain.path, 'utf8')]).toEqual([two.text, two.text])
      expect(back.output.files.tree.path.startsWith(store)).toBe(true)
    } finally {
      // what this process made no pod may remove
      for (const name of readdirSync(store)) rmSync(join(store, name), { recursive: true, force: true })
      place.close()
    }
  })
})
