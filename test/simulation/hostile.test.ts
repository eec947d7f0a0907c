import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fails, instead, link, pipe, put, refused, sparse } from './harm.ts'
import { besides, type Den } from './hostile.ts'

describe.each(['log.txt', 'metrics.jsonl'])('where the driver looks for %s', (name) => {
  const path = `attempts/0-<pod>/${name}`
  test.each<[string, (at: string, den: Den) => void, string]>([
    ['a link to what only its pod has', (at, { token }) => link(token, at), 'is a symbolic link'],
    ['a link to nothing', (at) => link('nowhere', at), 'is a symbolic link'],
    ['a link without an end', (at) => link('/dev/zero', at), 'is a symbolic link'],
    ['a pipe', (at) => pipe(at), 'is no regular file'],
    ['a folder', (at) => mkdirSync(at), 'is a folder'],
  ])('%s', (_, leave, what) => fails((den) => leave(join(den.attempt, name), den), refused(path, what)))
})

test.each<[string, (den: Den) => void, string, string]>([
  [
    'a log of a terabyte',
    ({ attempt }) => sparse(join(attempt, 'log.txt')),
    'attempts/0-<pod>/log.txt',
    'has more than 67109120 bytes',
  ],
  [
    'a link beside the log',
    ({ attempt, token }) => {
      put(join(attempt, 'log.txt'), 'hello\n')
      link(token, join(attempt, 'log.jsonl'))
    },
    'attempts/0-<pod>/log.jsonl',
    'is a symbolic link',
  ],
  [
    'a line of the log with another message',
    ({ attempt }) => {
      put(join(attempt, 'log.txt'), 'hello\n')
      put(join(attempt, 'log.jsonl'), '{"at":0,"size":6,"level":"\\u001b]0;x","message":{"a":1}}\n')
    },
    'attempts/0-<pod>/log.jsonl',
    'does not say what was logged',
  ],
  [
    'lines of the log that say the same text again and again',
    ({ attempt }) => {
      put(join(attempt, 'log.txt'), 'a\nb\n')
      put(join(attempt, 'log.jsonl'), '{"at":0,"size":2,"level":"info","message":"a"}\n'.repeat(2))
    },
    'attempts/0-<pod>/log.jsonl',
    'does not say what was logged',
  ],
  [
    'data of the log that is nested without an end',
    ({ attempt }) => {
      const data = '['.repeat(1e5) + ']'.repeat(1e5)
      put(join(attempt, 'log.txt'), `a ${data}\n`)
      put(
        join(attempt, 'log.jsonl'),
        `{"at":0,"size":${data.length + 3},"level":"info","message":"a","data":${data}}\n`,
      )
    },
    'attempts/0-<pod>/log.jsonl',
    'does not say what was logged',
  ],
  [
    'its folder swapped for a link',
    ({ attempt, token }) => instead(attempt, dirname(token)),
    'attempts/0-<pod>',
    'is a symbolic link',
  ],
  [
    'the folder around it swapped for a link',
    ({ own }) => instead(join(own, 'attempts'), '/'),
    'attempts',
    'is a symbolic link',
  ],
  [
    'a link for the folder of markers',
    ({ own, token }) => link(dirname(token), join(own, 'done')),
    'done',
    'is a symbolic link',
  ],
  ['a pipe for the folder of markers', ({ own }) => pipe(join(own, 'failed')), 'failed', 'is no folder'],
  ['a file for the folder of markers', ({ own }) => put(join(own, 'stopped'), ''), 'stopped', 'is no folder'],
  [
    'markers without number',
    ({ own }) => {
      for (let i = 0; i < 2000; i++) put(join(own, 'done', `x${i}`), '')
    },
    'done',
    'holds more than 1010 files',
  ],
])('%s', (_, harm, path, what) => fails(harm, refused(path, what)))

test('a line of metrics that is none is no metric, as in a local run', async () => {
  const lines = ['null', '5', '"x"', '{"name":"a","value":1,"step":1e300}', '{"name":"b","value":1e999}', '{"name":"c"']
  const fine = '{"name":"d","value":2,"step":3,"time":"x","more":"\\u001b"}'
  const { drivers, status, events } = await besides(({ attempt }) =>
    put(join(attempt, 'metrics.jsonl'), [...lines, fine, ''].join('\n')),
  )
  expect([drivers, status]).toEqual([1, 'succeeded'])
  const told = events.filter(({ event }) => event === 'metric')
  expect(told).toEqual([
    {
      event: 'metric',
      run: expect.any(String),
      time: expect.any(String),
      node: 'evil',
      attempt: 1,
      name: 'd',
      value: 2,
      step: 3,
    },
  ])
})

test('of a flood of empty lines as many are told as a driver can bear, and all are kept', async () => {
  const flood = '\n'.repeat(3 * 2 ** 20)
  const seen = await besides(({ attempt }) => put(join(attempt, 'log.txt'), flood))
  expect([seen.drivers, seen.status]).toEqual([1, 'succeeded'])
  const told = seen.events.flatMap((event) => (event.event === 'log' ? [event.message] : []))
  expect(told.length).toBe(20_001)
  expect(new Set(told.slice(0, -1))).toEqual(new Set(['']))
  expect(told.at(-1)).toMatch(/^\[more in .*\/logs\/evil\.1\.log, and in the log of the pod\]$/)
  expect(seen.told).toContain(flood)
})
