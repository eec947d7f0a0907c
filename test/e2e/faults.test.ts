import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Random } from '../faults/random.ts'
import { type Compiled, endOf, type Kube, space } from '../support/cluster.ts'
import { slow } from './programs.ts'

/** A campaign: `MILLRACE_E2E_ROUNDS` runs from number `MILLRACE_E2E_FIRST`, to each of which something happens. */
const rounds = Number(process.env.MILLRACE_E2E_ROUNDS ?? 0)
const first = Number(process.env.MILLRACE_E2E_FIRST ?? 0)
// a cluster that another case holds up is waited for
const campaign = rounds > 0 ? describe : describe.skip

/** A folder with a file `<part>.pid` for each part of the cluster that may be stopped; missing, none is. */
const pids = process.env.MILLRACE_E2E_PIDS
/** A command that starts what was killed of these; missing, none is. */
const up = process.env.MILLRACE_E2E_UP

campaign('faults', () => {
  const here = space('faults')

  interface Round {
    readonly random: Random
    readonly compiled: Compiled
    /** Compiles another plan that shares these Jobs. */
    other(): Promise<Compiled>
  }

  const moment = async ({ random }: Round, seconds: number) => sleep(random.next() * seconds * 1000)

  async function stop(part: string, seconds: number): Promise<void> {
    const pid = pidOf(part)
    process.kill(pid, 'SIGSTOP')
    try {
      await sleep(seconds * 1000)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  }

  const pidOf = (part: string) => Number(readFileSync(join(pids as string, `${part}.pid`), 'utf8'))

  const stopped = (part: string, seconds: number) => async (round: Round) => {
    await moment(round, 9)
    await stop(part, seconds)
  }

  const killed = (part: string, seconds: number) => async (round: Round) => {
    await moment(round, 9)
    process.kill(pidOf(part), 'SIGKILL')
    await sleep(seconds * 1000)
    await promisify(execFile)(up as string)
  }

  /** Takes a pod away at once, unless it has ended since it was looked at: what it told would go with it. */
  async function kill({ name, uid, resourceVersion }: Kube['metadata']): Promise<void> {
    await here.kubectl(['delete', '--raw', `/api/v1/namespaces/${here.name}/pods/${name}`, '-f', '-'], {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
      preconditions: { uid, resourceVersion },
    })
  }

  /**
   * Four drivers of a run, or as many as it has before it ends. Only those that the Job controller knows of: one that goes
   * before it is seen, as the controller finds no API server, is waited for without end (Kubernetes 1.35).
   */
  async function driverKilled(round: Round): Promise<void> {
    const { driver } = round.compiled
    for (let left = 4; left > 0; left--) {
      await moment(round, 4)
      const job = await here.until('a driver, or its end', async () => {
        const found = await here.get('job', driver)
        return (found.status.ready > 0 || endOf(found) !== undefined) && found
      })
      if (endOf(job) !== undefined) break
      for (const { metadata, status } of await here.podsOf(driver)) if (status.phase === 'Running') await kill(metadata)
    }
    await tellAgain(round)
  }

  /** A driver may end just as it is taken away, and its log is gone then: applied again, the run is told again. */
  async function tellAgain({ compiled }: Round): Promise<void> {
    const job = await here.ended(compiled.driver)
    if (endOf(job) !== 'Complete' || (await here.podsOf(compiled.driver)).length > 0) return
    const journals = `fs.globSync('runs/*/journal.jsonl').map((file) => fs.readFileSync(file, 'utf8').trim().split('\\n').map((line) => JSON.parse(line)))`
    const own = `([{ pipeline }]) => pipeline === '${job.metadata.labels?.['millrace.dev/pipeline']}'`
    const ends = `${journals}.filter(${own}).map((events) => events.at(-1).status)`
    expect(await here.inStore(ends)).toEqual(['succeeded'])
    await here.ok(['delete', 'job', compiled.driver])
    await here.apply(compiled)
  }

  /** No pod more often than the retries of its Job forgive. */
  async function podsTaken(round: Round): Promise<void> {
    for (let left = 2; left > 0; left--) {
      await moment(round, 7)
      const pods = (await here.podsOf(round.compiled.jobs.step as string)).filter(
        ({ status }) => status.phase === 'Running',
      )
      const name = pods.length > 0 && round.random.pick(pods).metadata.name
      if (!name) continue
      if (round.random.below(2) === 0) await here.kubectl(['delete', 'pod', name, '--wait=false'])
      else
        await here.kubectl(['create', '--raw', `/api/v1/namespaces/${here.name}/pods/${name}/eviction`, '-f', '-'], {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name, namespace: here.name },
        })
    }
  }

  /** The run fails and says why; applied again, it goes on. */
  async function jobDeleted(round: Round): Promise<void> {
    const { compiled } = round
    const step = compiled.jobs.step as string
    const running = async () => (await here.get('job', step)).spec.suspend === false
    await here.until('the release', running)
    await moment(round, 2)
    await here.ok(['delete', 'job', step, '--wait=false'])
    await here.ended(compiled.driver)
    const last = (await here.events(compiled.driver)).at(-1)
    expect(last).toMatchObject({ event: 'run.finished', status: 'failed' })
    expect(last?.errors).toMatchObject([{ message: `the Job "${step}" of "step" was deleted while it ran` }])
    await here.ok(['delete', 'job', compiled.driver])
    await here.apply(compiled)
  }

  async function besideAnother(round: Round): Promise<void> {
    const other = await round.other()
    await moment(round, 6)
    // a Job that runs right now is left as it is
    const { code, stderr } = await here.kubectl(['apply', '--server-side', '-k', other.folder])
    if (code !== 0) expect(stderr).toMatch(/conflicts? with "millrace-driver"/)
    const job = await here.ended(other.driver)
    const events = await here.events(other.driver)
    expect(events.at(-1)).toMatchObject({ status: 'succeeded', output: { more: 10_000 } })
    expect(endOf(job)).toBe('Complete')
  }

  const taken = ['the driver is killed', driverKilled] as const
  const kinds: readonly (readonly [string, (round: Round) => Promise<void>])[] = [
    taken,
    ['pods are deleted or evicted', podsTaken],
    ['another plan runs the same Jobs', besideAnother],
    taken,
    ['a Job is deleted', jobDeleted],
    ...(pids
      ? ([
          ['the API server stops for 5 s', stopped('kube-apiserver', 5)],
          taken,
          ['the API server stops for 30 s', stopped('kube-apiserver', 30)],
          ['the kubelet stops for 20 s', stopped('kubelet', 20)],
          taken,
          ['the Job controller stops for 15 s', stopped('kube-controller-manager', 15)],
        ] as const)
      : []),
    ...(pids && up
      ? ([
          ['the kubelet is killed', killed('kubelet', 5)],
          taken,
          ['the API server is killed', killed('kube-apiserver', 5)],
        ] as const)
      : []),
  ]
  const each = Array.from({ length: Math.max(1, rounds) }, (_, i) => {
    const round = first + i
    const [name, act] = kinds[round % kinds.length] as (typeof kinds)[number]
    return [round, name, act] as const
  })

  test.each(each)('round %i: %s', { timeout: 900_000 }, async (round, _, act) => {
    const list = [1, 2, 3].map((n) => round * 10 + n)
    const args = ['--param', `list=${JSON.stringify(list)}`]
    const program = slow(`faults-${round}`, 1)
    const compiled = await here.compile(program, { args })
    await here.apply(compiled)
    const more = program.replace('=> ({ sum:', '=> ({ more: step({ n: 100 }).n, sum:')
    await act({
      random: new Random(`cluster ${round}`),
      compiled,
      other: () => here.compile(more, { args }),
    })
    const job = await here.ended(compiled.driver)
    const events = await here.events(compiled.driver)
    const told = events.map((event) => JSON.stringify(event)).join('\n')
    const sum = list.reduce((all, n) => all + n * n, 0)
    expect(events.at(-1), told).toMatchObject({ event: 'run.finished', status: 'succeeded', output: { sum } })
    expect(endOf(job), told).toBe('Complete')
    // each result is committed once
    const manifests = `fs.globSync('results/??/*').map((key) => fs.readdirSync(key).filter((file) => file.endsWith('.json')).length).filter((count) => count !== 1)`
    expect(await here.inStore(manifests), told).toEqual([])
    // and what was reviewed stands in the cluster
    const generations = async () =>
      Promise.all(Object.values(compiled.jobs).map(async (job) => (await here.get('job', job)).metadata.generation))
    const before = await generations()
    await here.apply(compiled)
    expect(await generations(), told).toEqual(before)
  })
})
