import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KubeConfig } from '@kubernetes/client-node'
import { expect, onTestFinished, test } from 'vitest'
import { follow } from '../src/index.ts'
import { configOf } from './serving.ts'

const podIn = (state: object) => ({
  metadata: { name: 'pod', uid: '1' },
  status: { containerStatuses: [{ name: 'driver', state }] },
})

interface Seen {
  /** The driver's pods at each look; the last for all looks that follow. */
  readonly pods?: readonly (readonly object[])[]
  /** The condition of its Job. */
  readonly condition?: object
  log(response: ServerResponse): void
}

/** An API server with one driver, which runs until it is told otherwise. */
async function serving({ pods = [[podIn({ running: {} })]], condition, log }: Seen): Promise<KubeConfig> {
  let looks = 0
  const job = { metadata: { name: 'driver' }, status: { conditions: condition ? [condition] : [] } }
  const server = createServer((request, response) => {
    if (request.url?.includes('/log')) return log(response)
    response.setHeader('content-type', 'application/json')
    const items = () => pods[Math.min(looks++, pods.length - 1)]
    response.end(JSON.stringify(request.url?.includes('/pods') ? { items: items() } : job))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return configOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

const line = Buffer.from(`${JSON.stringify({ event: 'run.finished', output: 'ü' })}\n`)
const options = { namespace: 'ns', driver: 'driver', event: () => {}, waiting: () => {} }

test('who stops following a log is told nothing of the connection that it ends', async () => {
  const stopping = new AbortController()
  const config = await serving({
    log(response) {
      response.write('{}\n')
      setTimeout(() => stopping.abort(), 200)
    },
  })
  expect(await follow(config, { ...options, signal: stopping.signal })).toBe(undefined)
  await new Promise((done) => setTimeout(done, 200))
})

test('a log whose connection breaks within a character is read again', async () => {
  let reads = 0
  const config = await serving({
    log(response) {
      response.write(line.subarray(0, -4))
      if (reads++ === 0) setTimeout(() => response.destroy(), 100)
      else setTimeout(() => response.end(line.subarray(-4)), 100)
    },
  })
  const { signal } = new AbortController()
  expect(await follow(config, { ...options, signal })).toEqual({ event: 'run.finished', output: 'ü' })
  expect(reads).toBe(2)
})

test('a run that ends between two looks is told', async () => {
  const config = await serving({
    pods: [[podIn({ waiting: {} })], [podIn({ terminated: {} })]],
    condition: { type: 'Complete', status: 'True' },
    log: (response) => response.end(line),
  })
  const { signal } = new AbortController()
  expect(await follow(config, { ...options, signal })).toEqual({ event: 'run.finished', output: 'ü' })
})

test('a log that can not be read once is read again, also after the end', async () => {
  let reads = 0
  const config = await serving({
    condition: { type: 'Complete', status: 'True' },
    log: (response) => (reads++ === 0 ? response.destroy() : response.end(line)),
  })
  const { signal } = new AbortController()
  expect(await follow(config, { ...options, signal })).toEqual({ event: 'run.finished', output: 'ü' })
})

test.each([
  ['complete', undefined, { type: 'Complete', status: 'True' }],
  ['failed', 'DeadlineExceeded: too long', { type: 'Failed', reason: 'DeadlineExceeded', message: 'too long' }],
])('a Job that is %s and has no pod any more', async (ended, why, condition) => {
  const config = await serving({ pods: [[]], condition: { ...condition, status: 'True' }, log: () => {} })
  const { signal } = new AbortController()
  expect(await follow(config, { ...options, signal })).toEqual({ ended, why })
})

test('a log that falls silent for ever is left once its Job has ended', async () => {
  const config = await serving({
    condition: { type: 'Complete', status: 'True' },
    log: (response) => void response.write('{}\n'),
  })
  const { signal } = new AbortController()
  const ended = { ended: 'complete', why: undefined }
  expect(await follow(config, { ...options, signal, silence: 100 })).toEqual(ended)
})

test('a log that may not be read is said so', async () => {
  const config = await serving({ log: (response) => void response.writeHead(403).end() })
  const { signal } = new AbortController()
  const message = 'the log of the pod "pod": HTTP 403 Forbidden'
  await expect(follow(config, { ...options, signal })).rejects.toMatchObject({ status: 403, message })
})

test('a log that is one line without an end is none', async () => {
  const piece = Buffer.alloc(2 ** 20, 'x')
  const config = await serving({
    async log(response) {
      while (!response.destroyed) if (!response.write(piece)) await new Promise((done) => setTimeout(done, 1))
    },
  })
  const { signal } = new AbortController()
  const message = 'the log of the pod "pod" can\'t be read: a line has more than 67108864 bytes'
  await expect(follow(config, { ...options, signal })).rejects.toMatchObject({ reason: 'NoLog', message })
})
