import { test } from 'vitest'
import { endOf, type Kube, onCluster, short, space, type Told } from '../support/cluster.ts'

const failing = `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.int() })
const options = { input: n, output: n, resources: { cpu: 0.05, memory: '128Mi' } }
export const throws = stage('throws', { ...options, retries: 1, run: ({ n }, context) => {
  context.log('trying', { n })
  throw new Error('the disk is full of ' + n)
} })
export const quits = stage('quits', { ...options, run: () => { console.log('leaving'); process.exit(7) } })
export const wrong = stage('wrong', { ...options, retries: 2, run: () => ({ n: 'seven' }) })
export const killed = stage('killed', { ...options, run: () => process.abort() })
export const hungry = stage('hungry', { ...options, resources: { cpu: 0.05, memory: '96Mi' }, run: ({ n }) => {
  const held = []
  for (;;) held.push(Buffer.alloc(8 << 20, n))
} })
export const after = stage('after', { ...options, run: ({ n }) => ({ n }) })
export const fine = stage('fine', { ...options, run: ({ n }) => ({ n: n + 1 }) })
export const next = stage('next', { ...options, run: ({ n }) => ({ n: n + 1 }) })

main(import.meta, pipeline('failing', {
  input: z.object({ n: z.int().default(7) }),
  build: ({ n }) => ({
    a: after(throws({ n })).n,
    b: quits({ n }).n, c: wrong({ n }).n, d: hungry({ n }).n, f: killed({ n }).n,
    e: next(fine({ n })).n,
  }),
}))
`

const again = `import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.int() })
export const work = stage('work', { input: n, output: n, resources: { cpu: 0.05, memory: '128Mi' }, run: ({ n }) => {
  if (n > 1) throw new Error('in ' + process.env.MILLRACE_ATTEMPT_ID)
  return { n }
} })

main(import.meta, pipeline('again', {
  input: z.object({ list: z.array(z.int()).default([2]) }),
  build: ({ list }) => ({ n: map(list, (n) => work({ n })).n }),
}))
`

const killed = again.replace(/if .*\n/, 'process.abort()\n').replace("'again'", "'killed'")

onCluster('failures', () => {
  const here = space('failures')

  test.concurrent('each failure has its cause, and the rest of the run goes on', { timeout: 600_000 }, async ({
    expect,
  }) => {
    const compiled = await here.compile(failing)
    const { driver, jobs } = compiled
    await here.apply(compiled)
    const job = await here.ended(driver)
    const events = await here.events(driver)

    const of = (node: string) => short(events.filter((told) => told.node === node))
    expect(of('throws')).toEqual([
      'stage.started throws',
      'log throws',
      'stage.retried throws',
      'stage.started throws #2',
      'log throws #2',
      'stage.failed throws #2',
    ])
    expect(of('quits')).toEqual(['stage.started quits', 'log quits', 'stage.failed quits'])
    expect(of('wrong')).toEqual(['stage.started wrong', 'stage.failed wrong'])
    expect(of('hungry')).toEqual(['stage.started hungry', 'stage.failed hungry'])
    expect(of('killed')).toEqual(['stage.started killed', 'stage.failed killed'])
    expect(of('after')).toEqual(['stage.not-run after'])
    expect(of('next')).toEqual(['stage.started next', 'stage.succeeded next'])

    const nodes = ['throws', 'quits', 'wrong', 'hungry', 'killed']
    const failed = (node: string) => events.find((told) => told.event === 'stage.failed' && told.node === node) as Told
    const cause = (node: string) => `${failed(node).cause.code}: ${failed(node).cause.message}`
    expect(nodes.map(cause)).toEqual([
      'stage-threw: "throws" threw Error: the disk is full of 7',
      'exit-called: "quits" called process.exit(7)',
      'invalid-output: "wrong" returned what its output schema refuses: n: Invalid input: expected number, received string (it is "seven")',
      'process-failed: the pod of "hungry" ran out of memory (OOMKilled)',
      expect.stringMatching(/^process-failed: the pod of "killed" ended with exit code 1\d\d \(Error\)$/),
    ])
    expect(failed('throws').log).toMatch(/^trying \{"n":7\}\n/)
    expect(failed('quits').log).toBe('leaving\n')
    const retried = events.find(({ event }) => event === 'stage.retried') as Told
    expect(retried.cause).toEqual(failed('throws').cause)
    expect(Date.parse(retried.next)).toBeGreaterThan(Date.parse(retried.time))

    const last = events.at(-1) as Told
    expect(last).toMatchObject({ event: 'run.finished', status: 'failed', output: null })
    expect(last.counts).toMatchObject({ ran: 2, failed: 5 })
    const told = (errors: readonly { readonly message: string }[]) => errors.map(({ message }) => message).sort()
    expect(told(last.errors)).toEqual(told(nodes.map((node) => failed(node).cause)))

    expect(endOf(job)).toBe('Failed')
    expect(job.status.conditions.find(({ type }: { type: string }) => type === 'Failed').reason).toBe(
      'PodFailurePolicy',
    )
    const [pod] = await here.podsOf(driver)
    const { exitCode, message } = pod?.status.containerStatuses[0].state.terminated ?? {}
    expect({ exitCode, message }).toEqual({
      exitCode: 100,
      message: `error[${last.errors[0].code}]: ${last.errors[0].message}`,
    })
    expect(await here.podsOf(jobs.after as string)).toEqual([])
    expect((await here.get('job', jobs.after as string)).spec.suspend).toBe(true)
    expect((await here.podsOf(jobs.wrong as string)).length).toBe(1)
  })

  test.concurrent('an item whose process is killed is not run more often than its retries', {
    timeout: 600_000,
  }, async ({ expect }) => {
    const { driver, jobs, ...compiled } = await here.compile(killed)
    await here.apply({ driver, jobs, ...compiled })
    await here.ended(driver)
    const last = (await here.events(driver)).at(-1)
    expect(last).toMatchObject({ counts: { ran: 0, failed: 1 }, errors: [{ code: 'process-failed' }] })
    const ends = (await here.podsOf(jobs.work as string)).map(
      ({ status }) => status.containerStatuses[0].state.terminated,
    )
    const spare = ends.filter(({ exitCode }) => exitCode === 65)
    expect(spare.map(({ message }) => message)).toEqual([
      '"work" has failed as often as its retries allow, and is not tried again',
    ])
    expect(ends.length).toBe(2)
  })

  test.concurrent('an item that failed is not tried more often, and again after its Job was deleted', {
    timeout: 600_000,
  }, async ({ expect }) => {
    const compiled = await here.compile(again)
    const { driver, folder } = compiled
    const job = compiled.jobs.work as string
    for (const round of [1, 2]) {
      await here.apply(compiled)
      await here.ended(driver)
      const pods = await here.podsOf(job)
      const events = await here.events(driver)
      expect(events.at(-1)).toMatchObject({ event: 'run.finished', counts: { ran: 0, failed: 1 } })
      const [pod] = pods as [Kube]
      const failed = events.find(({ event }) => event === 'stage.failed') as Told
      expect(failed.cause.message, `run ${round}`).toBe(`"work" threw Error: in ${pod.metadata.uid}`)
      expect(pods.length).toBe(1)
      await here.ok(['delete', '-k', `${folder}/jobs`])
      await here.ok(['delete', 'job', driver])
    }
  })
})
