import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Kube, onCluster, space } from '../support/cluster.ts'

/**
 * Prints figures of the cluster that KUBECONFIG names, for bench/README.md: `MILLRACE_FIGURES=300` Jobs, on a
 * quiet machine.
 */
const figures = process.env.MILLRACE_FIGURES ? onCluster : describe.skip

const count = Number(process.env.MILLRACE_FIGURES)
const program = (name: string, body: string) => `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.number() })
const options = { input: n, output: n, resources: { cpu: 0.005, memory: '128Mi' } }
export const work = stage('work', { ...options, run: ({ n }) => ({ n: n * 2 }) })
export const now = stage('now', { ...options, cache: false, run: () => ({ n: Date.now() }) })
main(import.meta, pipeline('${name}', { input: z.object({}), build: () => (${body}) }))
`
const many = program('many', `{ all: Array.from({ length: ${count} }, (_, n) => work({ n }).n) }`)
const steps = 12
const chain = program('chain', `Array.from({ length: ${steps} }).reduce((before) => now({ n: before.n }), { n: 0 })`)

const seconds = (milliseconds: number) => Math.round(milliseconds / 100) / 10
const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[list.length >> 1] as number

figures('figures', () => {
  const here = space('figures')

  /** Seconds from the first start to the last end. */
  async function span(): Promise<number> {
    const jobs = (await here.list('jobs', 'app.kubernetes.io/component=stage')).filter(
      ({ metadata }) => metadata.labels?.['millrace.dev/pipeline'] === 'many',
    )
    expect(jobs.filter(({ status }) => status.succeeded === 1).length).toBe(count)
    const times = (of: (job: Kube) => string) => jobs.map((job) => Date.parse(of(job)))
    const begun = Math.min(...times(({ status }) => status.startTime))
    return (Math.max(...times(({ status }) => status.completionTime)) - begun) / 1000
  }

  /** Requests about single Jobs that the API server has answered: only drivers make them. */
  async function requests(): Promise<number> {
    const lines = (await here.ok(['get', '--raw', '/metrics'])).split('\n')
    const wanted = lines.filter(
      (line) =>
        line.startsWith('apiserver_request_total{') &&
        line.includes('resource="jobs"') &&
        line.includes('subresource=""') &&
        /verb="(GET|APPLY)"/.test(line) &&
        line.includes('scope="resource"'),
    )
    return wanted.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  async function resident(pod: string): Promise<number> {
    const [node] = await here.list('nodes')
    const text = await here.ok(['get', '--raw', `/api/v1/nodes/${node?.metadata.name}/proxy/stats/summary`])
    const { pods } = JSON.parse(text) as {
      readonly pods: readonly {
        readonly podRef: { readonly name: string }
        readonly containers?: readonly { readonly memory?: { readonly rssBytes?: number } }[]
      }[]
    }
    return pods.find(({ podRef }) => podRef.name === pod)?.containers?.[0]?.memory?.rssBytes ?? 0
  }

  test(`${count} Jobs in one run, and released at once by hand`, { timeout: 3_600_000 }, async () => {
    const compiled = await here.compile(many)
    await here.apply(compiled)
    const asksBefore = await requests()
    const driver = await here.follow(compiled.driver)
    let most = 0
    while (!driver.events().some(({ event }) => event === 'run.finished')) {
      most = Math.max(most, await resident(driver.pod))
      await sleep(2000)
    }
    driver.stop()
    const events = driver.events()
    expect(events.at(-1)).toMatchObject({ event: 'run.finished', status: 'succeeded' })
    const asked = ((await requests()) - asksBefore) / count
    const { status } = await here.get('pod', driver.pod)
    const { state } = status.containerStatuses[0]
    const container = (state.terminated ?? state.running).startedAt
    const working = (Date.parse(events[0]?.time as string) - Date.parse(container)) / 1000
    const driven = await span()

    // the items stand in the store, where they are put for the next Jobs: these run without a driver
    const uids = async () =>
      new Map(
        (await here.list('jobs', 'app.kubernetes.io/component=stage')).map(({ metadata }) => [
          metadata.name,
          metadata.uid,
        ]),
      )
    const before = await uids()
    await here.ok(['delete', 'jobs', '--all', '--cascade=foreground'])
    const jobs = join(compiled.folder, 'jobs')
    await here.ok(['apply', '--server-side', '-k', jobs])
    const moves = [...(await uids())].map(([name, uid]) => [before.get(name), uid])
    await here.inStore(
      `${JSON.stringify(moves)}.forEach(([from, to]) => { fs.cpSync('released/' + from, 'released/' + to, { recursive: true }); fs.mkdirSync('jobs/' + to) })`,
    )
    for (const name of readdirSync(jobs)) {
      const text = readFileSync(join(jobs, name), 'utf8')
      writeFileSync(join(jobs, name), text.replace('suspend: true', 'suspend: false'))
    }
    await here.ok(['apply', '--server-side', '-k', jobs])
    const left = async () => (await here.list('jobs')).filter(({ status }) => status.completionTime === undefined)
    await here.until('the end of all Jobs', async () => (await left()).length === 0, 1800)
    const byHand = await span()
    const rate = (span: number) => Math.round((count / span) * 60)
    console.log(
      `${count} Jobs: ${driven} s driven (${rate(driven)} a minute), ${byHand} s by hand (${rate(byHand)} a minute), ratio ${(driven / byHand).toFixed(2)}; ${asked.toFixed(1)} requests a Job; the driver worked after ${working.toFixed(1)} s and had ${Math.round(most / 1e6)} MB resident at most`,
    )
  })

  test("from the end of a stage's process to the release of the next Job", { timeout: 900_000 }, async () => {
    const compiled = await here.compile(chain)
    const released = new Map<string, number>()
    const watching = here.watchReleases((job) => {
      if (!released.has(job)) released.set(job, Date.now())
    })
    await here.apply(compiled)
    await here.ended(compiled.driver)
    watching.stop()
    const events = await here.events(compiled.driver)
    const ends = events.flatMap(({ event, node, output }) =>
      event === 'stage.succeeded' ? [{ node: node as string, at: (output as { readonly n: number }).n }] : [],
    )
    expect(ends.length).toBe(steps)
    const waits = ends
      .slice(1)
      .map(({ node }, i) => (released.get(compiled.jobs[node] as string) ?? Number.NaN) - (ends[i]?.at as number))
    console.log(
      `from the end of a stage to the release of the next Job, ${waits.length} times: median ${seconds(median(waits))} s, at most ${seconds(Math.max(...waits))} s`,
    )
  })
})
