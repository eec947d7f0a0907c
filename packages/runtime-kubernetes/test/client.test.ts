import { BatchV1Api, type KubernetesObject } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { clientOf, insist } from '../src/api/connection.ts'
import { applyAll, ClusterError } from '../src/index.ts'
import { certificate, otherCertificate } from './certificates.ts'
import { configOf, type Serving, serving } from './serving.ts'

const config: KubernetesObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'code', namespace: 'ns' } }
/** What the library looks up before it applies an object. */
const resources = { kind: 'APIResourceList', resources: [{ name: 'configmaps', namespaced: true, kind: 'ConfigMap' }] }

const json = { 'content-type': 'application/json' }

/** What comes of applying an object to a server that answers so. */
async function applying(served: Serving, authority?: string): Promise<unknown> {
  return applyAll(configOf(served.origin, authority), [config]).catch((error: unknown) => error)
}

test('what a server asks to wait is obeyed within reason', async () => {
  expect(new ClusterError(429, 'TooManyRequests', '', 3600).pause(1, 10_000)).toBe(10_000)
  expect(new ClusterError(429, 'TooManyRequests', '', 2).pause(1, 10_000)).toBe(2000)
  expect(new ClusterError(503, 'Unavailable', '').pause(3, 10_000)).toBe(800)
  let asked = 0
  const served = await serving((request, response) => {
    if (request.method === 'GET') return void response.writeHead(200, json).end(JSON.stringify(resources))
    if (asked++ === 0) return void response.writeHead(429, { ...json, 'retry-after': '3600' }).end('{}')
    response.writeHead(200, json).end(JSON.stringify(config))
  })
  expect(await applying(served)).toEqual([])
  expect(asked).toBe(2)
})

test('who is not trusted, and who does not trust, ask once', async () => {
  let asked = 0
  const refuses = await serving((_, response) => {
    asked++
    response
      .writeHead(401, json)
      .end(JSON.stringify({ kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized' }))
  })
  expect(await applying(refuses)).toMatchObject({ status: 401, message: 'ConfigMap "code": Unauthorized' })
  expect(asked).toBe(1)
  const secure = await serving((_, response) => void response.writeHead(200, json).end('{}'), undefined, 'https')
  const untrusted = {
    status: 0,
    reason: 'Untrusted',
    message: expect.stringMatching(/self-signed certificate$/),
  }
  expect(await applying(secure, otherCertificate)).toMatchObject(untrusted)
  expect(secure.connections()).toBe(1)
  const trusting = await applying(secure, certificate)
  expect(trusting).not.toMatchObject({ reason: 'Untrusted' })
})

test('of a page that a proxy sends a little is told', async () => {
  const served = await serving((_, response) => {
    response.writeHead(403, { 'content-type': 'text/html' }).end('<p>'.repeat(2 ** 22))
  })
  const told = (await applying(served)) as ClusterError
  expect([told.status, told.message]).toEqual([403, `ConfigMap "code": ${'<p>'.repeat(334).slice(0, 1000)}`])
})

test('a server that takes a request and says nothing is given up', async () => {
  const served = await serving(() => {})
  const api = clientOf(configOf(served.origin), BatchV1Api, 200)
  const asked = insist(() => api.readNamespacedJob({ name: 'a', namespace: 'ns' }))
  await expect(asked).rejects.toMatchObject({ status: 0, reason: 'NoAnswer', message: /timeout|aborted/i })
  expect(served.connections()).toBe(5)
})
