import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { ApiServer, accessFromPod, type Change } from '../src/api/api-client.ts'
import { certificate, otherCertificate } from './certificates.ts'
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

test('a line of a watch that comes in thousands of pieces is put together once', async () => {
  const name = 'x'.repeat(16 * 2 ** 20)
  const { api } = await serving((_, response) => void response.end(`${JSON.stringify({ ...ada, object: { name } })}\n`))
  const joined = vi.spyOn(Buffer, 'concat')
  const told: Change<{ readonly name: string }>[] = []
  await api.watch<{ readonly name: string }>('/pods', {}, never, (change) => told.push(change))
  const calls = joined.mock.calls.filter(([pieces]) => pieces.length > 1)
  joined.mockRestore()
  expect(told.map(({ object }) => object.name === name)).toEqual([true])
  expect(calls.length).toBe(1)
})

test('a line of a watch without an end ends the watch', async () => {
  const { api } = await serving(async (_, response) => {
    const piece = Buffer.alloc(2 ** 20, 'x')
    while (!response.destroyed) if (!response.write(piece)) await new Promise((done) => setTimeout(done, 1))
  })
  const message = 'a line has more than 25165824 bytes'
  await expect(api.watch('/pods', {}, never, () => {})).rejects.toMatchObject({ status: 0, passes: true, message })
})

test('what no API server says is told as that', async () => {
  const { api, origin } = await serving((request, response) => {
    if (request.url === '/page') response.setHeader('content-type', 'text/html').end('<html>Log in</html>')
    else if (request.url?.startsWith('/moved')) response.writeHead(302, { location: 'https://login/' }).end('moved')
    else if (request.url?.startsWith('/lines')) response.end('<html>\n')
    else if (request.url === '/odd') response.writeHead(500).end('{"reason":5,"message":{}}')
    else response.end()
  })
  const page = 'what answers is no API server: it sent "<html>Log in</html>" (text/html)'
  await expect(api.read('/page')).rejects.toMatchObject({ reason: 'NotJson', passes: true, message: page })
  const nothing = 'what answers is no API server: it sent "" (of no kind)'
  await expect(api.read('/empty')).rejects.toMatchObject({ message: nothing })
  await expect(api.watch('/lines', {}, never, () => {})).rejects.toMatchObject({ reason: 'NotJson', passes: true })
  const moved = 'HTTP 302 to https://login/: what answers is no API server'
  for (const asked of [api.read('/moved'), api.watch('/moved', {}, never, () => {})])
    await expect(asked).rejects.toMatchObject({ status: 302, passes: false, message: moved })
  const odd = { status: 500, reason: 'HTTP 500', message: 'HTTP 500' }
  await expect(api.read('/odd')).rejects.toMatchObject(odd)
  expect(origin).toMatch(/^http:/)
})

test('of a refusal, and of an answer, only so much is read', async () => {
  // without an end
  const { api } = await serving(async (request, response) => {
    response.writeHead(request.url === '/refused' ? 502 : 200)
    const piece = Buffer.alloc(2 ** 20, 'x')
    while (!response.destroyed) if (!response.write(piece)) await new Promise((done) => setTimeout(done, 1))
  })
  await expect(api.read('/refused')).rejects.toMatchObject({ status: 502, message: 'x'.repeat(1000) })
  const message = 'the answer to /all has more than 33554432 bytes'
  await expect(api.read('/all')).rejects.toMatchObject({ status: 0, reason: 'TooLarge', message })
})

test('an answer that comes drop by drop is none', async () => {
  const { api } = await serving(async (_, response) => {
    while (!response.destroyed) {
      response.write(' ')
      await sleep(20)
    }
  }, 200)
  const message = 'no whole answer to /drops within 0.8 s'
  await expect(api.read('/drops')).rejects.toMatchObject({ status: 0, passes: true, message })
})

const distrusts = { passes: false, distrust: true }

test('a server of another authority is not asked, until the account knows it', async () => {
  let asked = 0
  const { api, put } = await serving(
    (_, response) => {
      asked++
      response.end('{}')
    },
    undefined,
    'https',
  )
  const missing = {
    reason: 'NoToken',
    message: expect.stringMatching(/^ca.crt of the service account can't be read: /),
  }
  await expect(api.read('/pods')).rejects.toMatchObject({ ...missing, ...distrusts })
  put('ca.crt', otherCertificate)
  for (const request of [api.read('/pods'), api.watch('/pods', {}, never, () => {})])
    await expect(request).rejects.toMatchObject({ status: 0, reason: 'Untrusted', ...distrusts })
  put('ca.crt', 'no certificate')
  await expect(api.read('/pods')).rejects.toMatchObject({ reason: 'Untrusted', ...distrusts })
  expect(asked).toBe(0)
  put('ca.crt', certificate)
  expect(await api.read('/pods')).toEqual({})
})

test('a token that is missing, or is none, asks nobody', async () => {
  let asked = 0
  const { api, renew, put } = await serving((_, response) => {
    asked++
    response.writeHead(401).end(JSON.stringify({ reason: 'Unauthorized', message: 'Unauthorized' }))
  })
  for (const token of ['', 'two\nlines', 'ü']) {
    put('token', token)
    const message = 'token of the service account is none'
    await expect(api.read('/pods')).rejects.toMatchObject({ reason: 'NoToken', message, ...distrusts })
  }
  expect(asked).toBe(0)
  renew('expired')
  await expect(api.read('/pods')).rejects.toMatchObject({ status: 401, message: 'Unauthorized', ...distrusts })
})

test('a server that is away may come back: it is no matter of trust', async () => {
  const passes = { status: 0, reason: 'NoAnswer', passes: true, distrust: false }
  const { account, put, origin } = await serving((_, response) => void response.end('{}'))
  put('ca.crt', certificate)
  const away = (origin: string) => new ApiServer({ origin, account }).read('/pods')
  const saying = (pattern: RegExp) => ({ ...passes, message: expect.stringMatching(pattern) })
  await expect(away('http://127.0.0.1:1')).rejects.toMatchObject(saying(/ECONNREFUSED/))
  await expect(away('http://nowhere.invalid')).rejects.toMatchObject(saying(/ENOTFOUND|EAI_AGAIN/))
  await expect(away(origin.replace('http:', 'https:'))).rejects.toMatchObject(saying(/wrong version number/i))
})
