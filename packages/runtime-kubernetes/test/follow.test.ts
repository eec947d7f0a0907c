import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KubeConfig } from '@kubernetes/client-node'
import { expect, onTestFinished, test } from 'vitest'
import { follow } from '../src/index.ts'

const running = { name: 'driver', state: { running: {} } }
const pods = { items: [{ metadata: { name: 'pod', uid: '1' }, status: { containerStatuses: [running] } }] }

/** An API server with one driver, whose log goes on until it is told otherwise. */
async function serving(log: (response: ServerResponse) => void): Promise<KubeConfig> {
  const server = createServer((request, response) => {
    if (request.url?.includes('/log')) return log(response)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(request.url?.includes('/pods') ? pods : { metadata: { name: 'driver' } }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    { name: 'c', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true },
    { name: 'u' },
  )
  return config
}

const line = Buffer.from(`${JSON.stringify({ event: 'run.finished', output: 'ü' })}\n`)
const options = { namespace: 'ns', driver: 'driver', event: () => {}, waiting: () => {} }

test('who stops following a log is told nothing of the connection that it ends', async () => {
  const stopping = new AbortController()
  const config = await serving((response) => {
    response.write('{}\n')
    setTimeout(() => stopping.abort(), 200)
  })
  expect(await follow(config, { ...options, signal: stopping.signal })).toBe(undefined)
  await new Promise((done) => setTimeout(done, 200))
})

test('a log whose connection breaks within a character is read again', async () => {
  let reads = 0
  const config = await serving((response) => {
    response.write(line.subarray(0, -4))
    if (reads++ === 0) setTimeout(() => response.destroy(), 100)
    else setTimeout(() => response.end(line.subarray(-4)), 100)
  })
  const { signal } = new AbortController()
  expect(await follow(config, { ...options, signal })).toEqual({ event: 'run.finished', output: 'ü' })
  expect(reads).toBe(2)
})
