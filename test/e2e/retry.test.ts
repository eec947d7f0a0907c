import { test } from 'vitest'
import { type Compiled, onCluster, short, space, type Told } from '../support/cluster.ts'
import { finish } from '../support/processes.ts'

const mended = `import { existsSync } from 'node:fs'
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.number() })
const options = { input: n, output: n, resources: { cpu: 0.05, memory: '128Mi' } }
export const made = stage('made', { ...options, run: ({ n }) => ({ n: n + 1 }) })
export const once = stage('once', { ...options, cache: false, run: ({ n }) => ({ n: n + Math.random() }) })
export const needs = stage('needs', { ...options, run: ({ n }) => {
  if (!existsSync('/millrace/store/world')) throw new Error('it is not there yet')
  return { n }
} })

main(import.meta, pipeline('mended', {
  input: z.object({ n: z.number().default(7) }),
  build: ({ n }) => ({ n: needs({ n: once({ n: made({ n }).n }).n }).n }),
}))
`

onCluster('retry', () => {
  const here = space('retry')

  async function submit({ program }: Compiled, ...words: readonly string[]) {
    const env = { KUBECONFIG: process.env.KUBECONFIG }
    const args = ['submit', '--environment', 'cluster', '--json', ...words]
    const { code, stderr, events } = await finish(program, args, { env, timeout: 400_000 })
    return { code, stderr, events: events() as unknown as Told[] }
  }
  const removed = (stderr: string): string[] =>
    [...stderr.matchAll(/^removed the Job (\S+), which had ended$/gm)].map((match) => match[1] as string).sort()

  test('submit --retry goes on with a failed run, and is a new run after one that succeeded', {
    timeout: 600_000,
  }, async ({ expect }) => {
    const compiled = await here.compile(mended)
    const { driver, jobs } = compiled
    const first = await submit(compiled)
    expect([first.code, removed(first.stderr)]).toEqual([1, []])
    const run = first.events[0]?.run
    const of = (events: readonly Told[]) => short(events.filter(({ node }) => node !== undefined))
    const once = first.events.find(({ event, node }) => event === 'stage.succeeded' && node === 'once') as Told

    // what failed is final
    const same = await submit(compiled)
    expect([same.code, same.events]).toEqual([1, first.events])
    const over = 'this run is over; submit --retry goes on with one that failed, or begins a new one'
    expect([first.stderr, same.stderr].map((stderr) => stderr.split('\n').includes(over))).toEqual([false, true])

    await here.inStore(`fs.writeFileSync('world', '')`)
    const second = await submit(compiled, '--retry')
    expect([second.code, removed(second.stderr)], second.stderr).toEqual([0, [driver, jobs.needs].sort()])
    expect(of(second.events)).toEqual([
      'stage.cached made',
      'stage.cached once',
      'stage.started needs',
      'stage.succeeded needs',
    ])
    expect(second.events.at(-1)).toMatchObject({ run, status: 'succeeded', output: once.output })
    expect(second.events.filter(({ event }) => event === 'stage.cached').map(({ from }) => from)).toEqual([run, run])

    // the log of a run that has ended went with its pod
    for (const { metadata } of await here.podsOf(driver)) await here.ok(['delete', 'pod', metadata.name])
    const untold = await submit(compiled)
    expect(untold).toMatchObject({ code: 3, events: [{ event: 'run.finished', run: null, output: null }] })
    expect(untold.events[0]?.errors).toMatchObject([
      {
        code: 'cluster-failed',
        message: `the run of the driver "${driver}" succeeded, but its pod and the log of that are gone`,
        fix: 'Submit with --retry: what is in the store is taken from there, and the run is told again.',
      },
    ])

    const third = await submit(compiled, '--retry')
    expect([third.code, removed(third.stderr)], third.stderr).toEqual([0, [driver, jobs.needs, jobs.once].sort()])
    expect(of(third.events)).toEqual([
      'stage.cached made',
      'stage.started once',
      'stage.succeeded once',
      'stage.started needs',
      'stage.succeeded needs',
    ])
    const last = third.events.at(-1) as Told
    expect(last.run).not.toBe(run)
    expect(last.output).not.toEqual(once.output)

    // the pods of what was deleted went with it
    const owners = new Set((await here.list('jobs')).map(({ metadata }) => metadata.uid))
    await here.until('that no pod is left alone', async () =>
      (await here.list('pods', 'millrace.dev/pipeline')).every(({ metadata }) =>
        owners.has(metadata.ownerReferences?.[0]?.uid ?? ''),
      ),
    )
  })
})
