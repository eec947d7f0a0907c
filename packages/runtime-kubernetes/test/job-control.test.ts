import { expect, test, vi } from 'vitest'
import { JobControl } from '../src/driver/job-control.ts'
import { type Cluster, ClusterError, type JobFields, type JobView } from '../src/index.ts'

const job: JobView = {
  name: 'job',
  uid: 'uid',
  version: '1',
  suspend: true,
  completions: 1,
  parallelism: 1,
  backoffLimit: 2,
  annotations: {},
  owners: [],
  started: false,
  end: undefined,
  why: undefined,
  suspendedBy: undefined,
}
const shape = { suspend: false, completions: 1, parallelism: 1, backoffLimit: 2 }

/** A cluster that answers so, in turn, and the last for ever. */
function control(...answers: readonly (ClusterError | undefined)[]) {
  let asked = 0
  const answer = () => {
    const error = answers[Math.min(asked++, answers.length - 1)]
    if (error) throw error
  }
  const cluster: Partial<Cluster> = {
    async job() {
      answer()
      return job
    },
    async apply(_: string, fields: JobFields) {
      answer()
      return { ...job, ...fields }
    },
  }
  return { control: new JobControl(cluster as Cluster, new Map([['job', job]]), () => {}), asked: () => asked }
}

/** Lets the clock run until it ends. */
async function inNoTime<T>(work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const turning = setInterval(() => vi.advanceTimersByTime(1000), 1)
  try {
    return await work()
  } finally {
    clearInterval(turning)
    vi.useRealTimers()
  }
}

const unauthorized = new ClusterError(401, 'Unauthorized', 'Unauthorized')
const untrusted = new ClusterError(0, 'Untrusted', 'self-signed certificate')

test.each([
  ['a token that is just being renewed', unauthorized],
  ['an authority that is just being renewed', untrusted],
  ['a server that asks to wait for an hour', new ClusterError(429, 'TooManyRequests', 'later', 3600)],
])('%s is waited for', async (_, error) => {
  const { control: jobs, asked } = control(error, error, undefined)
  expect(await inNoTime(() => jobs.shape('job', 'uid', shape))).toMatchObject({ suspend: false })
  expect(asked()).toBe(4)
})

test.each([
  ['no token', unauthorized],
  ['no trust', untrusted],
])('%s for long is an end', async (_, error) => {
  const { control: jobs, asked } = control(error)
  await expect(inNoTime(() => jobs.shape('job', 'uid', shape))).rejects.toBe(error)
  expect(asked()).toBe(13)
})

test('what may not be done is not tried again', async () => {
  const error = new ClusterError(403, 'Forbidden', 'no')
  const { control: jobs, asked } = control(error)
  await expect(jobs.shape('job', 'uid', shape)).rejects.toBe(error)
  expect(asked()).toBe(1)
})
