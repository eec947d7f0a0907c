import { test } from 'vitest'
import { type Compiled, endOf, type Kube, onCluster, space, type Told } from '../support/cluster.ts'
import { gated } from './programs.ts'

onCluster('interrupted', () => {
  const here = space('interrupted')

  /** Each has a list of its own: equal calls of other pipelines would be hits. Numbers below 0 do not wait. */
  async function begin(name: string, list: readonly number[]): Promise<Compiled> {
    const items = list.map((n) => ({ n, waits: n > 0 }))
    const compiled = await here.compile(gated(name), { args: ['--param', `list=${JSON.stringify(items)}`] })
    await here.apply(compiled)
    return compiled
  }

  const runningPods = (job: string, count: number): Promise<Kube[]> =>
    here.until(`${count} running pods of ${job}`, async () => {
      const found = (await here.podsOf(job)).filter(({ status }) => status.phase === 'Running')
      return found.length >= count && found
    })

  const finished = (sum: number) => ({ event: 'run.finished', status: 'succeeded', output: { sum }, errors: [] })

  test.concurrent('a driver that is deleted is followed by one that goes on', { timeout: 600_000 }, async ({
    expect,
  }) => {
    const { driver, jobs } = await begin('taken-over', [-1, 2, 3])
    const first = await here.follow(driver)
    await first.said('a success', ({ event }) => event === 'stage.succeeded')
    await here.ok(['delete', 'pod', first.pod, '--grace-period=0', '--force'])
    await here.open('taken-over')
    const job = await here.ended(driver)
    first.stop()

    const before = first.events()
    const after = (await here.events(driver)).filter(({ time }) => time > (before.at(-1)?.time ?? ''))
    expect(after.at(-1)).toMatchObject(finished(14))
    expect(endOf(job)).toBe('Complete')
    expect(after[0]).toMatchObject({ event: 'run.started', run: before[0]?.run })
    expect(new Set([...before, ...after].map(({ run }) => run)).size).toBe(1)

    const calls = [...before, ...after].filter(({ event }) => event === 'stage.succeeded')
    const ids = calls.map(({ node, index }) => `${node} ${index ?? ''}`)
    expect(new Set(ids).size).toBe(ids.length)
    const cached = after.filter(({ event }) => event === 'stage.cached') as Told[]
    expect(cached.length).toBeGreaterThan(0)
    expect(new Set(cached.map(({ from }) => from))).toEqual(new Set([before[0]?.run]))
    // one marker an item: nothing ran twice
    const uidOf = async (node: string) => (await here.get('job', jobs[node] as string)).metadata.uid
    const uids = [await uidOf('step'), await uidOf('last')]
    const markers = await here.inStore(
      `${JSON.stringify(uids)}.map((uid) => fs.readdirSync('jobs/' + uid + '/done').map((name) => name.split('-')[0]).sort())`,
    )
    expect(markers).toEqual([['0', '1', '2'], ['0']])
  })

  test.concurrent('a driver that is told to go leaves at once', { timeout: 600_000 }, async ({ expect }) => {
    const { driver } = await begin('told-to-go', [8, 9])
    const first = await here.follow(driver)
    await first.said('a start', ({ event }) => event === 'stage.started')
    const exit = '{.status.containerStatuses[0].state.terminated.exitCode}'
    const wait = ['wait', `pod/${first.pod}`, `--for=jsonpath=${exit}`, '--timeout=300s', '-o', `jsonpath=${exit}`]
    const stopped = here.ok(wait)
    await here.ok(['delete', 'pod', first.pod, '--wait=false'])
    // one that has to be killed ends with 137, half a minute later
    expect(await stopped).toBe('143')
    await here.open('told-to-go')
    const job = await here.ended(driver)
    first.stop()
    expect(endOf(job)).toBe('Complete')
    expect((await here.events(driver)).at(-1)).toMatchObject({ ...finished(145), run: first.events()[0]?.run })
  })

  test.concurrent('pods that are deleted or evicted are made again', { timeout: 600_000 }, async ({ expect }) => {
    const { driver, jobs } = await begin('moved', [4, 5, 6])
    const [deleted, evicted] = (await runningPods(jobs.step as string, 2)) as [Kube, Kube]
    const name = evicted.metadata.name
    await Promise.all([
      here.ok(['delete', 'pod', deleted.metadata.name, '--wait=false']),
      here.ok(['create', '--raw', `/api/v1/namespaces/${here.name}/pods/${name}/eviction`, '-f', '-'], {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace: here.name },
      }),
    ])
    await here.open('moved')
    const job = await here.ended(driver)
    const events = await here.events(driver)
    expect(events.at(-1)).toMatchObject(finished(77))
    expect(endOf(job)).toBe('Complete')
    expect(events.filter(({ event }) => event === 'stage.failed')).toEqual([])
    const states = await here.get('job', jobs.step as string)
    expect(states.metadata.annotations?.['millrace.dev/state']).toBe('succeeded')
  })

  test.concurrent('a client-side apply in mid-run holds nothing up', { timeout: 600_000 }, async ({ expect }) => {
    const { driver, jobs, folder } = await begin('applied', [7])
    await runningPods(jobs.step as string, 1)
    const { code, stdout, stderr } = await here.kubectl(['apply', '-k', `${folder}/jobs`])
    expect([code, stdout], stderr).toEqual([0, expect.stringContaining(`job.batch/${jobs.step} configured`)])
    await here.open('applied')
    const job = await here.ended(driver)
    const events = await here.events(driver)
    expect(events.at(-1)).toMatchObject(finished(49))
    expect(endOf(job)).toBe('Complete')
    expect((await here.get('job', jobs.step as string)).spec.suspend).toBe(true)
  })
})
