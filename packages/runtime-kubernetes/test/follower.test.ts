import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ListWatch } from '../src/api/list-watch.ts'
import { serving } from './serving.ts'

interface Thing {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string }
}
const thing = (name: string, version = 1): Thing => ({
  metadata: { name, uid: `uid-${name}`, resourceVersion: String(version) },
})

type Answer = (response: ServerResponse) => void
const list =
  (things: readonly Thing[], metadata: object): Answer =>
  (response) =>
    response.end(JSON.stringify({ items: things, metadata }))
const refuse =
  (code: number, reason: string): Answer =>
  (response) =>
    response.writeHead(code).end(JSON.stringify({ kind: 'Status', code, reason, message: `no: ${reason}` }))
/** A watch that stays open. */
const tells =
  (...changes: readonly object[]): Answer =>
  (response) => {
    for (const change of changes) response.write(`${JSON.stringify(change)}\n`)
  }

/** Follows a server that gives these answers in turn, and the last of them for ever. */
async function following(...answers: readonly [Answer, ...Answer[]]) {
  const asked: string[] = []
  const told: string[] = []
  const { api } = await serving((request, response) => {
    const { pathname, searchParams } = new URL(request.url as string, 'http://server')
    expect(pathname).toBe('/things')
    expect(searchParams.get('labelSelector')).toBe('a=b')
    const watch = searchParams.has('watch') ? `watch from ${searchParams.get('resourceVersion')}` : 'list'
    asked.push(searchParams.has('continue') ? `${watch} ${searchParams.get('continue')}` : watch)
    const answer = answers[asked.length - 1] ?? (answers.at(-1) as Answer)
    answer(response)
  })
  const stopping = new AbortController()
  onTestFinished(() => stopping.abort())
  const follower = new ListWatch<Thing>(api, {
    path: '/things',
    selector: 'a=b',
    tell: ({ metadata: { name, resourceVersion } }) => told.push(`${name} ${resourceVersion}`),
    tellGone: ({ metadata: { name } }) => told.push(`${name} gone`),
    silent: (why) => told.push(`silent: ${why}`),
    broken: (error) => told.push(`broken: ${(error as Error).message}`),
    stopped: stopping.signal,
  })
  return { follower, asked, told }
}

/** No assertion: what takes so long hangs. */
const patience = { timeout: 600_000 }

test('all pages are told, and then what changes from there', async () => {
  const { follower, asked, told } = await following(
    list([thing('a')], { continue: 'page 2' }),
    list([thing('b')], { resourceVersion: '7' }),
    tells(
      { type: 'MODIFIED', object: thing('a', 8) },
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } },
      { type: 'DELETED', object: thing('b', 10) },
    ),
  )
  await follower.start()
  expect(told).toEqual(['a 1', 'b 1'])
  await vi.waitFor(() => expect(told).toEqual(['a 1', 'b 1', 'a 8', 'b gone']), patience)
  expect(asked).toEqual(['list', 'list page 2', 'watch from 7'])
})

test('a list that changed between its pages begins again', async () => {
  const { follower, asked, told } = await following(
    list([thing('a')], { continue: 'page 2' }),
    refuse(410, 'Expired'),
    list([thing('b')], { resourceVersion: '7' }),
    tells(),
  )
  await follower.start()
  expect(told).toEqual(['a 1', 'b 1', 'a gone'])
  expect(asked.slice(0, 3)).toEqual(['list', 'list page 2', 'list'])
})

test.each([
  ['in its answer', refuse(410, 'Gone')],
  ['in its stream', tells({ type: 'ERROR', object: { code: 410, message: 'too old' } })],
  [
    'with the end of it',
    (response: ServerResponse) => void response.end(`${JSON.stringify({ type: 'ERROR', object: { code: 410 } })}\n`),
  ],
])('a watch that comes too late, told %s, lists again what it missed', async (_, late) => {
  const { follower, asked, told } = await following(
    list([thing('a'), thing('b')], { resourceVersion: '7' }),
    late,
    list([thing('b', 12)], { resourceVersion: '12' }),
    tells(),
  )
  await follower.start()
  await vi.waitFor(() => expect(asked.at(-1)).toBe('watch from 12'), patience)
  expect(told).toEqual(['a 1', 'b 1', 'b 12', 'a gone'])
})

test('a watch that breaks goes on from where it was', async () => {
  const { follower, asked, told } = await following(
    list([thing('a')], { resourceVersion: '7' }),
    (response) => {
      tells({ type: 'MODIFIED', object: thing('a', 8) })(response)
      setTimeout(() => response.destroy(), 50)
    },
    tells({ type: 'MODIFIED', object: thing('a', 9) }),
  )
  await follower.start()
  await vi.waitFor(() => expect(told).toEqual(['a 1', 'a 8', 'a 9']), patience)
  expect(asked).toEqual(['list', 'watch from 7', 'watch from 8'])
})

test('a server that ends each watch at once is not asked without a pause', async () => {
  const { follower, asked } = await following(list([], { resourceVersion: '7' }), (response) => void response.end())
  await follower.start()
  await sleep(1000)
  expect(asked.length).toBeLessThan(8)
})

test('who may not list or watch is told so at once', async () => {
  const listing = await following(refuse(403, 'Forbidden'))
  await expect(listing.follower.start()).rejects.toMatchObject({ status: 403, message: 'no: Forbidden' })
  const watching = await following(list([], { resourceVersion: '7' }), refuse(403, 'Forbidden'))
  await watching.follower.start()
  await vi.waitFor(() => expect(watching.told).toEqual(['broken: it may not watch /things']), patience)
})

test('a server that does not answer is told of once, and asked until it does', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let answer = refuse(503, 'ServiceUnavailable')
  const { follower, told } = await following((response) => answer(response))
  const started = follower.start()
  const turning = setInterval(() => vi.advanceTimersByTime(1000), 5)
  await vi.waitFor(() => expect(told).toEqual(['silent: no: ServiceUnavailable']), patience)
  answer = list([thing('a')], { resourceVersion: '7' })
  await started
  clearInterval(turning)
  expect(told).toEqual(['silent: no: ServiceUnavailable', 'a 1'])
})

/** Lets the clock run until something ended, or was told. */
async function inNoTime<T>(work: Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout'] })
  const turning = setInterval(() => vi.advanceTimersByTime(1000), 5)
  try {
    return await work
  } finally {
    clearInterval(turning)
    vi.useRealTimers()
  }
}

test('a token that is renewed is taken, and one that is not ends it', async () => {
  const { follower, told } = await following(
    refuse(401, 'Unauthorized'),
    refuse(401, 'Unauthorized'),
    list([thing('a')], { resourceVersion: '7' }),
    tells(),
  )
  await follower.start()
  expect(told).toEqual(['a 1'])
  const never = await following(refuse(401, 'Unauthorized'))
  await expect(inNoTime(never.follower.start())).rejects.toMatchObject({ status: 401, message: 'no: Unauthorized' })
  expect(never.told).toEqual([])
})

test('a list without an end is given up, and begun anew', async () => {
  const { follower, asked } = await following(list([thing('a')], { continue: 'more' }))
  follower.start().catch(() => {})
  await vi.waitFor(() => expect(asked.indexOf('list', 1)).toBe(2000), { timeout: 50_000 })
})

test.each([
  ['no list', (response: ServerResponse) => void response.end('{}')],
  ['nothing', (response: ServerResponse) => void response.end('null')],
  ['a list of nothing', (response: ServerResponse) => void response.end('{"items":[null]}')],
  ['no JSON', (response: ServerResponse) => void response.end('<html>')],
  ['a page of many megabytes', (response: ServerResponse) => void response.end(`[${'0,'.repeat(2 ** 24)}0]`)],
])('%s is no answer, and asked for again', async (_, odd) => {
  const { follower, told, asked } = await following(odd, list([thing('a')], { resourceVersion: '7' }), tells())
  await follower.start()
  expect([told, asked.slice(0, 2)]).toEqual([['a 1'], ['list', 'list']])
})

test.each([
  ['nothing', tells({ type: 'ADDED', object: null })],
  ['an error that is none', tells({ type: 'ERROR', object: null })],
  ['no JSON', (response: ServerResponse) => void response.write('<html>\n')],
  ['no version of its own', refuse(400, 'BadRequest')],
])('a watch that tells of %s is followed by a list', async (_, odd) => {
  const { follower, told, asked } = await following(
    list([thing('a')], { resourceVersion: 'x' }),
    odd,
    odd,
    list([thing('b', 12)], { resourceVersion: '12' }),
    tells(),
  )
  await follower.start()
  await vi.waitFor(() => expect(asked.at(-1)).toBe('watch from 12'), { timeout: 10_000 })
  expect([told, asked]).toEqual([
    ['a 1', 'b 12', 'a gone'],
    ['list', 'watch from x', 'watch from x', 'list', 'watch from 12'],
  ])
})

test('pages that are too large are asked for smaller', async () => {
  const limits: (string | null)[] = []
  const large = `{"items":[],"more":"${'x'.repeat(2 ** 25)}"}`
  const { api } = await serving((request, response) => {
    limits.push(new URL(request.url as string, 'http://server').searchParams.get('limit'))
    response.end(limits.length < 3 ? large : '{"items":[]}')
  })
  const nothing = () => {}
  const stopping = new AbortController()
  const common = { tell: nothing, tellGone: nothing, silent: nothing, broken: nothing, stopped: stopping.signal }
  const follower = new ListWatch<Thing>(api, { ...common, path: '/things', selector: 'a=b' })
  await follower.start()
  stopping.abort()
  expect(limits.slice(0, 3)).toEqual(['500', '125', '31'])
})
