import { test } from 'vitest'
import { type Compiled, endOf, onCluster, short, space } from '../support/cluster.ts'

const text = `import { main, map, pipeline, stage, when } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.int() })
const options = { input: n, output: n, resources: { cpu: 0.05, memory: '128Mi' } }
export const step = stage('step', { ...options, run: ({ n }) => ({ n: n * n }) })
export const again = stage('again', { ...options, retries: 1, run: ({ n }, { attempt }) => {
  if (attempt === 1) throw new Error('not yet')
  return { n }
} })
export const never = stage('never', { ...options, run: ({ n }) => ({ n }) })
export const wrong = stage('wrong', { ...options, run: () => { throw new Error('it is broken') } })

main(import.meta, pipeline('fenced', {
  input: z.object({ list: z.array(z.int()).default([1, 2, 3]), go: z.boolean().default(false) }),
  build: ({ list, go }) => ({
    squares: map(list, (n) => step({ n }), { concurrency: 2 }).n,
    again: again({ n: 1 }).n, never: when(go, () => never({ n: 2 })).n, wrong: wrong({ n: 3 }).n,
  }),
}))
`

/** What a driver's token could do to a Job that never ran, and what it needs. */
const patches = {
  'a pod annotation': { spec: { template: { metadata: { annotations: { 'a.b/c': 'd' } } } } },
  'a pod label': { spec: { template: { metadata: { labels: { team: 'other' } } } } },
  'a node selector': { spec: { template: { spec: { nodeSelector: { pool: 'other' } } } } },
  tolerations: { spec: { template: { spec: { tolerations: [{ operator: 'Exists' }] } } } },
  'scheduling gates': { spec: { template: { spec: { schedulingGates: [{ name: 'a.b/c' }] } } } },
  'its own end': { spec: { ttlSecondsAfterFinished: 0 } },
  'a deadline': { spec: { activeDeadlineSeconds: 5 } },
  'a label': { metadata: { labels: { 'millrace.dev/pipeline': 'other' } } },
  'a finalizer': { metadata: { finalizers: ['a.b/c'] } },
  'an annotation': { metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Ignore' } } },
  'no annotation': { metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': null } } },
  'an owner': {
    metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'any', uid: 'f00' }] },
  },
  'another driver': {
    metadata: { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'other-driver-1', uid: 'f00' }] },
  },
  state: { metadata: { annotations: { 'millrace.dev/state': 'cached' } } },
  'a release': { spec: { suspend: false, backoffLimit: 3 } },
  'its driver': {
    metadata: { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'fenced-driver-1', uid: 'f00' }] },
  },
}

onCluster('policy', () => {
  const here = space('policy')
  const policy = `millrace-driver.${here.name}.fenced`

  /** What the API server says of each patch by the driver's account; nothing is kept of it. */
  async function answers({ jobs }: Compiled, as = [`--as=system:serviceaccount:${here.name}:fenced-driver`]) {
    const words = ['patch', 'job', jobs.again as string, '--type=merge', '--dry-run=server', ...as, '-p']
    const all = Object.entries(patches).map(async ([what, patch]) => {
      const { code, stderr } = await here.kubectl([...words, JSON.stringify(patch)])
      return [what, code === 0 ? 'accepted' : stderr.trim()] as const
    })
    return Object.fromEntries(await Promise.all(all))
  }

  test('with the policy a run goes as without, and its driver can do nothing else', { timeout: 600_000 }, async ({
    expect,
    onTestFinished,
  }) => {
    const compiled = await here.compile(text, { args: ['--policy'] })
    await here.ok(['apply', '--server-side', '-k', `${compiled.folder}/jobs`])
    const rights = ['serviceaccount', 'role', 'rolebinding'].flatMap((kind) => [
      '-f',
      `${compiled.folder}/run/driver.${kind}.yaml`,
    ])
    await here.ok(['apply', '--server-side', ...rights])
    const names = Object.keys(patches)
    expect(await answers(compiled)).toEqual(Object.fromEntries(names.map((name) => [name, 'accepted'])))

    onTestFinished(async () => {
      await here.ok(['delete', '-k', `${compiled.folder}/policy`])
    })
    await here.ok(['apply', '--server-side', '-k', `${compiled.folder}/policy`])
    await here.until('a policy that holds', async () => (await answers(compiled))['a label'] !== 'accepted')
    const spec = `may change suspend, parallelism, completions and backoffLimit of a Job's spec, and nothing else of it`
    const metadata = `may not change a Job's labels or finalizers`
    const annotation = 'may change the annotation millrace.dev/state of a Job, and no other'
    const owner = 'may make drivers of "fenced" the owners of a Job, and nothing else'
    const refused = (why: string) =>
      `The jobs "${compiled.jobs.again}" is invalid: : ValidatingAdmissionPolicy '${policy}' with binding '${policy}' denied request: the driver of "fenced" ${why}`
    expect(await answers(compiled)).toEqual({
      'a pod annotation': refused(spec),
      'a pod label': refused(spec),
      'a node selector': refused(spec),
      tolerations: refused(spec),
      'scheduling gates': refused(spec),
      'its own end': refused(spec),
      'a deadline': refused(spec),
      'a label': refused(metadata),
      'a finalizer': refused(metadata),
      'an annotation': refused(annotation),
      'no annotation': refused(annotation),
      'an owner': refused(owner),
      'another driver': refused(owner),
      state: 'accepted',
      'a release': 'accepted',
      'its driver': 'accepted',
    })
    const others = await answers(compiled, [])
    expect(new Set(Object.values(others))).toEqual(new Set(['accepted']))
    const { status } = await here.get('validatingadmissionpolicy', policy)
    expect(status.typeChecking).toEqual({})

    await here.apply(compiled)
    expect(endOf(await here.ended(compiled.driver))).toBe('Failed')
    const events = await here.events(compiled.driver)
    const ends = events.filter(({ event }) => /^stage\.(succeeded|failed|skipped|retried)$/.test(event))
    expect(short(ends).sort()).toEqual([
      'stage.failed wrong',
      'stage.retried again',
      'stage.skipped never',
      'stage.succeeded again #2',
      'stage.succeeded step [0]',
      'stage.succeeded step [1]',
      'stage.succeeded step [2]',
    ])
    const failed = events.find(({ event }) => event === 'stage.failed')
    expect(failed?.cause.message).toBe('"wrong" threw Error: it is broken')
    const states = Object.entries(compiled.jobs).map(async ([node, job]) => {
      const { metadata } = await here.get('job', job)
      return [node, metadata.annotations?.['millrace.dev/state'], metadata.ownerReferences?.map(({ name }) => name)]
    })
    expect((await Promise.all(states)).sort()).toEqual([
      ['again', 'succeeded', [compiled.driver]],
      ['never', 'skipped', [compiled.driver]],
      ['step', 'succeeded', [compiled.driver]],
      ['wrong', 'failed', [compiled.driver]],
    ])
  })
})
