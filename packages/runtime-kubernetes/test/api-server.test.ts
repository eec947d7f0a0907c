import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { accessFromPod, type Change } from '../src/api-server.ts'
import { serving } from './serving.ts'

const never = new AbortController().signal
const ada = { type: 'ADDED', object: { name: 'Ada ü' } } as const
const bob = { type: 'MODIFIED', object: { name: 'Bob' } } as const

test('a watch tells each change, wherever its bytes are cut, and ends when the server ends it', async () => {
  const bytes = Buffer.from(`${JSON.stringify(ada)}\n${JSON.stringify(bob)}\n`)
  const { api } = await serving(async (_, response) => {
    for (const byte of bytes) {
      response.write(Buffer.of(byte))
      await sleep(1)
    }
    response.end()
  })
  const told: Change<unknown>[] = []
  await api.watch('/pods', {}, never, (change) => told.push(change))
  expect(told).toEqual([ada, bob])
})

test('a watch whose connection breaks has failed, and one that is stopped has not', async () => {
  const { api } = await serving((request, response) => {
    response.write(`${JSON.stringify(ada)}\n`)
    if (request.url === '/breaks?watch=true') setTimeout(() => response.destroy(), 50)
  })
  const told: Change<unknown>[] = []
  await expect(api.watch('/breaks', {}, never, (change) => told.push(change))).rejects.toMatchObject({
    status: 0,
    reason: 'NoAnswer',
    message: 'aborted',
  })
  const stopping = new AbortController()
  await api.watch('/pods', {}, stopping.signal, (change) => {
    told.push(change)
    stopping.abort()
  })
  expect(told).toEqual([ada, ada])
})

test('a server that falls silent is given up, before its answer and within it', async () => {
  const { api, origin } = await serving((request, response) => {
    if (request.url?.startsWith('/within')) response.write(`${JSON.stringify(ada)}\n`)
  }, 2000)
  const message = `no answer from ${origin} for 2 s`
  await expect(api.read('/before')).rejects.toMatchObject({ status: 0, message })
  await expect(api.read('/within')).rejects.toMatchObject({ status: 0 })
  const told: Change<unknown>[] = []
  await expect(api.watch('/within', {}, never, (change) => told.push(change))).rejects.toMatchObject({ status: 0 })
  expect(told).toEqual([ada])
})

test('a connection that died unnoticed costs one try, however many there are', async () => {
  const seen = new Set<unknown>()
  const hung = new Set<unknown>()
  const { api, connections } = await serving((request, response) => {
    seen.add(request.socket)
    if (!hung.has(request.socket)) setTimeout(() => response.end('{}'), 20)
  }, 5000)
  await Promise.all(Array.from({ length: 14 }, (_, i) => api.read(`/${i}`)))
  for (const socket of seen) hung.add(socket)
  await expect(api.read('/now')).rejects.toMatchObject({ status: 0 })
  expect(await api.read('/again')).toEqual({})
  expect(connections()).toBe(15)
})

test('a watch may be stopped by the last line of one that ends', async () => {
  const { api } = await serving((_, response) => response.end(`${JSON.stringify(ada)}\n`))
  const stopping = new AbortController()
  await api.watch('/pods', {}, stopping.signal, () => stopping.abort())
  await sleep(50)
})

test('a connection that is made into another protocol is no answer', async () => {
  const { api, origin } = await serving((_, response) => {
    response.writeHead(101, { connection: 'upgrade', upgrade: 'other' }).end()
  })
  const message = `${origin} closed the connection without an answer`
  await expect(api.read('/pods')).rejects.toMatchObject({ status: 0, message })
})

test('what the server refuses is told in its words', async () => {
  const { api } = await serving((request, response) => {
    if (request.url === '/busy') {
      response.writeHead(429, { 'retry-after': '7' })
      response.end(JSON.stringify({ kind: 'Status', reason: 'TooManyRequests', message: 'later' }))
    } else if (request.url === '/proxy') response.writeHead(503).end('no upstream\n')
    else if (request.url === '/page') response.writeHead(502, { 'retry-after': '-1' }).end('<p>'.repeat(10_000))
    else response.writeHead(500).end()
  })
  const busy = { status: 429, reason: 'TooManyRequests', message: 'later', retryAfter: 7, passes: true }
  await expect(api.read('/busy')).rejects.toMatchObject(busy)
  await expect(api.read('/proxy')).rejects.toMatchObject({ status: 503, reason: 'HTTP 503', message: 'no upstream' })
  const page = { status: 502, message: '<p>'.repeat(334).slice(0, 1000), retryAfter: undefined }
  await expect(api.read('/page')).rejects.toMatchObject(page)
  await expect(api.read('/empty')).rejects.toMatchObject({ status: 500, reason: 'HTTP 500', message: 'HTTP 500' })
})

test('an apply is sent as one, with the token of the moment', async () => {
  const seen: unknown[] = []
  const { api, renew } = await serving(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { 'content-type': type, authorization } = request.headers
    seen.push([request.method, request.url, type, authorization, body])
    response.end('{"name":"there"}')
  })
  expect(await api.apply('/jobs/a', { name: 'a' }, { fieldManager: 'me', force: true })).toEqual({ name: 'there' })
  renew('second')
  expect(await api.read('/jobs', { limit: 5, continue: undefined })).toEqual({ name: 'there' })
  expect(seen).toEqual([
    ['PATCH', '/jobs/a?fieldManager=me&force=true', 'application/apply-patch+yaml', 'Bearer first', '{"name":"a"}'],
    ['GET', '/jobs?limit=5', undefined, 'Bearer second', ''],
  ])
})

test('hundreds of requests at once share a few connections', async () => {
  const { api, connections } = await serving((_, response) => void setTimeout(() => response.end('{}'), 5))
  await Promise.all(Array.from({ length: 300 }, (_, i) => api.read(`/${i}`)))
  expect(connections()).toBe(16)
})

test('a pod finds the server by its environment', () => {
  const account = '/var/run/secrets/kubernetes.io/serviceaccount'
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
  expect(accessFromPod(env)).toEqual({ origin: 'https://10.0.0.1:443', account })
  const six = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }
  expect(accessFromPod(six)).toEqual({ origin: 'https://[fd00::1]:6443', account })
  expect(() => accessFromPod({})).toThrow('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set')
})
