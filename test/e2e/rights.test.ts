import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { type Compiled, endOf, type Kube, onCluster, space, type Told } from '../support/cluster.ts'

const two = (name: string) => `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.int() })
const options = { input: n, output: n, resources: { cpu: 0.05, memory: '128Mi' } }
export const first = stage('first', { ...options, run: ({ n }) => ({ n: n + 1 }) })
export const second = stage('second', { ...options, run: ({ n }) => ({ n: n + 1 }) })

main(import.meta, pipeline('${name}', {
  input: z.object({ n: z.int().default(1) }),
  build: ({ n }) => ({ n: second(first({ n })).n }),
}))
`

onCluster('rights', () => {
  const here = space('rights')
  /** Pipelines have accounts of their own, and inputs: equal calls of others would be hits. */
  const compile = (name: string, n: number): Promise<Compiled> =>
    here.compile(two(name), { args: ['--param', `n=${n}`] })

  /** Takes a verb from the Role of a plan before its driver is there. */
  async function applyWithout(compiled: Compiled, rule: number, verb: string): Promise<void> {
    await here.ok(['apply', '--server-side', '-k', `${compiled.folder}/jobs`])
    const objects = (await here.ok(['kustomize', `${compiled.folder}/run`])).split(/^---$/m)
    const role = objects.find((text) => /^kind: Role$/m.test(text)) as string
    await here.ok(['apply', '--server-side', '-f', '-'], role)
    const { rules } = await here.get('role', compiled.driver)
    rules[rule].verbs = rules[rule].verbs.filter((one: string) => one !== verb)
    await here.ok(['patch', 'role', compiled.driver, '--type=merge', '-p', JSON.stringify({ rules })])
    await here.ok(['apply', '--server-side', '-f', '-'], objects.filter((text) => text !== role).join('\n---\n'))
  }

  test.concurrent('the driver may do four things, and nothing else', { timeout: 600_000 }, async ({ expect }) => {
    const compiled = await compile('rights', 10)
    const { driver, jobs } = compiled
    await here.apply(compiled)
    const names = Object.values(jobs).sort()
    const rules = [
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'patch'], resourceNames: names },
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['events'], verbs: ['list'] },
    ]
    expect((await here.get('role', driver)).rules).toEqual(rules)
    const as = `--as=system:serviceaccount:${here.name}:rights-driver`
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: here.name },
    }
    const { status } = JSON.parse(
      await here.ok(['create', '-f', '-', '-o', 'json', '--validate=false', as], review),
    ) as Kube
    type Rule = { readonly apiGroups: readonly string[]; readonly verbs: readonly string[] }
    const own = (status.resourceRules as Rule[])
      .filter(({ apiGroups }) => !apiGroups.every((group) => /^auth(entic|oriz)ation\.k8s\.io$/.test(group)))
      .map((rule) => JSON.stringify(rule, Object.keys(rule).sort()))
    expect(own.sort()).toEqual(rules.map((rule) => JSON.stringify(rule, Object.keys(rule).sort())).sort())
    expect((status.nonResourceRules as Rule[]).flatMap(({ verbs }) => verbs)).not.toContain('*')
    const attempts = [
      ['delete', 'job', names[0] as string],
      ['create', 'job', 'mine', '--image=node:24-slim'],
      ['get', 'secrets'],
      ['label', 'job', driver, 'a=b'],
      ['create', 'token', 'rights-driver'],
    ]
    const answers = await Promise.all(attempts.map((words) => here.kubectl([...words, as])))
    const refused = answers.filter(({ code, stderr }) => code === 1 && / is forbidden: User /.test(stderr))
    expect(refused.length, answers.map(({ stderr }) => stderr).join('')).toBe(attempts.length)

    expect(endOf(await here.ended(driver))).toBe('Complete')
  })

  test.concurrent('without "patch" on its Jobs a run fails, and says so', { timeout: 600_000 }, async ({ expect }) => {
    const compiled = await compile('no-patch', 20)
    await applyWithout(compiled, 0, 'patch')
    expect(endOf(await here.ended(compiled.driver))).toBe('Failed')
    const events = await here.events(compiled.driver)
    const { cause } = events.find(({ event }) => event === 'stage.failed') as Told
    const job = compiled.jobs.first
    const user = `system:serviceaccount:${here.name}:no-patch-driver`
    expect(cause).toEqual({
      code: 'process-failed',
      severity: 'error',
      message: `the cluster refused to change the Job "${job}" of "first": jobs.batch "${job}" is forbidden: User "${user}" cannot patch resource "jobs" in API group "batch" in the namespace "${here.name}"`,
      at: { pipeline: 'no-patch', node: 'first' },
      fix: 'Look at what the message names; the rights of the driver are in its Role.',
    })
  })

  const needed = [
    {
      name: 'no-get',
      rule: 0,
      verb: 'get',
      says: (job: string) =>
        `jobs.batch "${job}" is forbidden: <user> cannot get resource "jobs" in API group "batch" in the namespace <it>`,
    },
    {
      name: 'no-jobs',
      rule: 1,
      verb: 'list',
      says: () =>
        'jobs.batch is forbidden: <user> cannot list resource "jobs" in API group "batch" in the namespace <it>',
    },
    {
      name: 'blind',
      rule: 1,
      verb: 'watch',
      says: () => `it may not watch /apis/batch/v1/namespaces/${here.name}/jobs`,
    },
    {
      name: 'no-pods',
      rule: 2,
      verb: 'list',
      says: () => 'pods is forbidden: <user> cannot list resource "pods" in API group "" in the namespace <it>',
    },
    {
      name: 'no-eyes',
      rule: 2,
      verb: 'watch',
      says: () => `it may not watch /api/v1/namespaces/${here.name}/pods`,
    },
  ]

  test.concurrent.for(needed)(
    'without "$verb" in rule $rule a driver says what it may not do',
    { timeout: 600_000 },
    async ({ name, rule, verb, says }, { expect }) => {
      const compiled = await compile(name, 30 + needed.findIndex((one) => one.name === name))
      await applyWithout(compiled, rule, verb)
      const ended = await here.until('the end of a driver', async () =>
        (await here.podsOf(compiled.driver))
          .map(({ status }) => status.containerStatuses?.[0].state.terminated)
          .find((found) => found !== undefined),
      )
      expect(ended.exitCode).toBe(3)
      const said = (ended.message.split('\n')[0] as string)
        .replace(`User "system:serviceaccount:${here.name}:${name}-driver"`, '<user>')
        .replace(`"${here.name}"`, '<it>')
      expect(said).toBe(`error[cluster-failed]: the driver can't go on: ${says(compiled.jobs.first as string)}`)
    },
  )

  test.concurrent('a driver that has no token asks nobody for ever', { timeout: 600_000 }, async ({ expect }) => {
    const compiled = await compile('no-token', 40)
    const path = join(compiled.folder, 'run/driver.job.yaml')
    const mounted = 'automountServiceAccountToken: true'
    const text = readFileSync(path, 'utf8')
    expect(text).toContain(mounted)
    writeFileSync(path, text.replace(mounted, mounted.replace('true', 'false')))
    await here.apply(compiled)
    const ended = await here.until('the end of a driver', async () =>
      (await here.podsOf(compiled.driver))
        .map(({ status }) => status.containerStatuses?.[0].state.terminated)
        .find((found) => found !== undefined),
    )
    expect([ended.exitCode, ended.message]).toEqual([
      3,
      expect.stringMatching(
        /^error\[cluster-failed\]: the driver can't go on: token of the service account can't be read: ENOENT: /,
      ),
    ])
  })
})
