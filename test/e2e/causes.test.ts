import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Compiled, type Kube, onCluster, space } from '../support/cluster.ts'

const names = ['device', 'image', 'quota', 'limit', 'security', 'claim', 'code', 'account', 'start'] as const

const waiting = `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.int() })
const small = { cpu: 0.05, memory: '64Mi' }
const like = (name, resources = small) => stage(name, { input: n, output: n, resources, run: ({ n }) => ({ n }) })
export const device = like('device', { ...small, gpu: 99 })
export const image = like('image')
export const quota = like('quota', { ...small, devices: { 'example.com/port': 3 } })
export const limit = like('limit', { ...small, memory: '2Gi' })
export const security = like('security')
export const claim = like('claim')
export const code = like('code')
export const account = like('account')
export const start = like('start')

main(import.meta, pipeline('waiting', {
  input: z.object({ n: z.int().default(7) }),
  build: ({ n }) => ({ ${names.map((name) => `${name}: ${name}({ n }).n`).join(', ')} }),
}))
`

onCluster('causes', () => {
  const here = space('causes')

  /** As if somebody had changed it in git, or in the cluster. */
  function edit({ folder, jobs }: Compiled, node: string, from: string | RegExp, to: string): void {
    const file = readdirSync(join(folder, 'jobs')).find((name) => name.startsWith(`${jobs[node]}.`)) as string
    const path = join(folder, 'jobs', file)
    const text = readFileSync(path, 'utf8')
    expect(text).toMatch(from)
    writeFileSync(path, text.replace(from, to))
  }

  test('why a stage does not start is told', { timeout: 600_000 }, async () => {
    const limits = [{ type: 'Container', max: { memory: '1Gi' } }]
    const [compiled] = await Promise.all([
      here.compile(waiting),
      here.ok(['create', 'quota', 'ports', '--hard=requests.example.com/port=2']),
      here.ok(['create', '-f', '-'], {
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'most' },
        spec: { limits },
      }),
    ])
    edit(compiled, 'image', 'image: "node:24-slim"', 'image: "registry.invalid/none:1"')
    edit(compiled, 'security', 'allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true')
    edit(compiled, 'claim', 'claimName: "millrace-store"', 'claimName: "nowhere"')
    edit(compiled, 'code', /name: "waiting-code-code-\w+"/, 'name: "no-code"')
    edit(compiled, 'account', 'serviceAccountName: "waiting-stage"', 'serviceAccountName: "nobody"')
    edit(compiled, 'start', 'image: "node:24-slim"', 'image: "python:3.11-slim"')
    await here.apply(compiled)
    const driver = await here.follow(compiled.driver)

    const reasons: [string, RegExp][] = [
      ['device', /^Unschedulable: 0\/\d+ nodes are available: .*Insufficient nvidia\.com\/gpu/],
      ['image', /^(ErrImagePull|ImagePullBackOff): .*registry\.invalid\/none:1/],
      ['quota', /^FailedCreate: Error creating: pods ".*" is forbidden: exceeded quota: ports, /],
      [
        'limit',
        /^FailedCreate: Error creating: pods ".*" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi/,
      ],
      [
        'security',
        /^FailedCreate: Error creating: pods ".*" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false/,
      ],
      ['claim', /^Unschedulable: .*persistentvolumeclaim "nowhere" not found/],
      ['code', /^FailedMount: MountVolume\.SetUp failed for volume "code" : configmap "no-code" not found/],
      [
        'account',
        /^FailedCreate: Error creating: pods ".*" is forbidden: error looking up service account .*: serviceaccount "nobody" not found/,
      ],
      ['start', /^StartError: .*exec: "[^"]+": executable file not found in \$PATH/],
    ]
    const told = await Promise.all(
      reasons.map(([node, reason]) =>
        driver
          .said(
            `why "${node}" waits`,
            (told) => told.event === 'stage.waiting' && told.node === node && reason.test(told.reason),
            300,
          )
          .catch((error: Error) => error.message),
      ),
    )
    driver.stop()
    const events = driver.events()
    const lines = events.map(({ event, node, reason, time }) => [time, event, node, reason].filter(Boolean).join(' '))
    expect(
      told.filter((one) => typeof one === 'string'),
      lines.join('\n'),
    ).toEqual([])
    const began = Date.parse(events[0]?.time ?? '')
    const pod = await here.get('pod', driver.pod)
    const memory = await memoryOf(pod)
    if (memory !== undefined) expect(memory / 2 ** 20).toBeLessThan(150)
    // how long it takes says something on a quiet machine only
    if (!process.env.MILLRACE_FIGURES) return
    const late = told.flatMap((one) => {
      const seconds = typeof one === 'string' ? Number.NaN : (Date.parse(one.time) - began) / 1000
      return seconds < 10 ? [] : [`${typeof one === 'string' ? one : one.node} after ${seconds} s`]
    })
    expect(late, lines.join('\n')).toEqual([])

    const seconds = (began - Date.parse(pod.status.containerStatuses[0].state.running.startedAt)) / 1000
    console.log(`first event after ${seconds} s, ${memory} bytes resident`)
    // Kubernetes tells whole seconds
    expect(seconds).toBeLessThan(3)
  })

  /** Resident bytes, where the node may be asked. */
  async function memoryOf({ metadata, spec }: Kube): Promise<number | undefined> {
    const path = `/api/v1/nodes/${spec.nodeName}/proxy/stats/summary`
    if ((await here.kubectl(['get', '--raw', path])).code !== 0) return undefined
    return here.until('the memory of the driver', async () => {
      const { pods } = JSON.parse(await here.ok(['get', '--raw', path])) as {
        readonly pods: { readonly podRef: { readonly uid: string }; readonly memory?: { readonly rssBytes?: number } }[]
      }
      return pods.find(({ podRef }) => podRef.uid === metadata.uid)?.memory?.rssBytes
    })
  }
})
