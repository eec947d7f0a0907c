import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DoneMarker, digestJson, type Json } from '@millrace/ir'
import { expect, test } from 'vitest'
import { fails, link, pipe, put, refused, sparse } from './harm.ts'
import { besides, type Den } from './hostile.ts'

const marker = (kind: string, content: string | ((at: string, den: Den) => void)) => (den: Den) => {
  const at = join(den.own, kind, `${den.id}.json`)
  if (typeof content === 'string') put(at, content)
  else content(at, den)
}
const cause = { code: 'stage-threw', severity: 'error', message: 'm', at: { pipeline: null, node: null }, fix: 'f' }
const failed = (fields: object): string => JSON.stringify({ cause, retry: false, log: '', ...fields })

test.each<[string, 'done' | 'failed' | 'stopped', string | ((at: string, den: Den) => void), string]>([
  ['without anything', 'failed', '{}', 'is no marker: cause is not an object'],
  ['without a cause', 'failed', failed({ cause: null }), 'is no marker: cause is not an object'],
  [
    'of another code',
    'failed',
    failed({ cause: { ...cause, code: 'x' } }),
    'is no marker: cause.code is not a code of an error',
  ],
  [
    'with another message',
    'failed',
    failed({ cause: { ...cause, message: 5 } }),
    'is no marker: cause.message is not a text of up to 65536 characters',
  ],
  [
    'with a message of a megabyte',
    'failed',
    failed({ cause: { ...cause, message: 'x'.repeat(2 ** 20) } }),
    'is no marker: cause.message is not a text of up to 65536 characters',
  ],
  ['that says neither', 'stopped', failed({ retry: 'yes' }), 'is no marker: retry is not true or false'],
  [
    'with more than it knows',
    'failed',
    failed({ '\u001b[2J': 1 }),
    'is no marker: it has the unknown field "\\u001b[2J"',
  ],
  [
    'with a key of all objects',
    'failed',
    failed({}).replace('{', '{"__proto__":{"retry":true},'),
    'is no marker: it has the unknown field "__proto__"',
  ],
  ['of text', 'done', 'done', 'is no marker: it is not JSON'],
  ['of bytes', 'done', (at) => put(at, Buffer.from([0x22, 0xff, 0x22])), 'is no marker: it is not JSON'],
  ['of null', 'done', 'null', 'is no marker: it is not an object'],
  ['of lists in lists', 'done', '['.repeat(1e5), 'is no marker: it is nested more than 500 levels deep'],
  ['of two million values', 'done', `[${'0,'.repeat(2e6)}0]`, 'is no marker: it holds more than 1100000 values'],
  ['of nine megabytes', 'done', ' '.repeat(9 * 2 ** 20), 'has more than 8388608 bytes'],
  ['of a terabyte', 'done', sparse, 'has more than 8388608 bytes'],
  ['that is a link', 'done', (at, { token }) => link(token, at), 'is a symbolic link'],
  ['that is a pipe', 'failed', pipe, 'is no regular file'],
  ['that is a folder', 'done', (at) => mkdirSync(at, { recursive: true }), 'is a folder'],
])('a marker %s', (_, kind, content, what) => fails(marker(kind, content), refused(`${kind}/0-<pod>.json`, what)))

/** What its runner would write, but for some fields. */
const done = ({ item }: Den, output: Json, fields: Partial<Record<keyof DoneMarker, unknown>> = {}): string =>
  JSON.stringify({
    inputDigest: item.inputDigest,
    codeDigest: item.codeDigest,
    index: 0,
    generation: 0,
    key: item.key,
    outputDigest: digestJson(output),
    output,
    files: [],
    metrics: [],
    cards: [],
    log: '',
    ...fields,
  })
const metric = { name: 'a', value: 1, time: '2026-01-02T03:04:05Z' }

test.each<[string, (den: Den) => string, string]>([
  ['of another index', (den) => done(den, { n: 1 }, { index: 1 }), 'is no marker of this attempt'],
  ['of other code', (den) => done(den, { n: 1 }, { codeDigest: '' }), 'is no marker of this attempt'],
  [
    'with a number that is none',
    (den) => done(den, { n: 1 }).replace('"output":{"n":1}', '"output":{"n":1e999}'),
    'is no marker: something in its output is Infinity',
  ],
  [
    'with half a character',
    (den) => done(den, { n: 1 }).replace('"output":{"n":1}', '"output":{"n":"\\ud800"}'),
    'is no marker: something in its output is not well-formed Unicode',
  ],
  [
    'with a step that is none',
    (den) => done(den, { n: 1 }, { metrics: [metric, { ...metric, step: 1e300 }] }),
    'is no marker: metrics[1].step is not a whole number',
  ],
  [
    'with a value that is none',
    (den) => done(den, { n: 1 }, { metrics: [{ ...metric, value: 'NaN' }] }),
    'is no marker: metrics[0].value is not a finite number',
  ],
  [
    'with a time that is none',
    (den) => done(den, { n: 1 }, { metrics: [{ ...metric, time: 'x' }] }),
    'is no marker: metrics[0].time is not a time',
  ],
  [
    'with more metrics than are kept',
    (den) => done(den, { n: 1 }, { metrics: Array(50_001).fill(metric) }),
    'is no marker: metrics holds more than 50000',
  ],
  [
    'with an output that is too large',
    (den) => done(den, { n: 1, x: 'x'.repeat(2 ** 20) }),
    'is no marker: its output has more than 1048576 bytes',
  ],
])('a marker %s', (_, text, what) =>
  fails((den) => put(join(den.own, 'done', `${den.id}.json`), text(den)), refused('done/0-<pod>.json', what)),
)

test.each<[string, (den: Den) => string, string]>([
  [
    'that its schema refuses',
    (den) => done(den, { n: 'one' }),
    'error[invalid-output]: "evil" returned what its output schema refuses: n: Invalid input: expected number, received string\n' +
      '  fix: Return what the output schema says, or correct the schema.\n',
  ],
  [
    'with a field that nobody declared',
    (den) => done(den, { n: 1, more: { path: '/millrace/store/x', digest: den.item.key, size: 1 } }),
    'error[invalid-output]: "evil" returned what its output schema refuses: more: Unrecognized key\n' +
      '  fix: Return what the output schema says, or correct the schema.\n',
  ],
  [
    'that is not what was digested',
    (den) => done(den, { n: 2 }, { outputDigest: digestJson({ n: 1 }) }),
    'error[invalid-output]: "evil" returned what its output schema refuses: it is not what was digested\n' +
      '  fix: Return what the output schema says, or correct the schema.\n',
  ],
])('an output %s', (_, text, errors) => fails((den) => put(join(den.own, 'done', `${den.id}.json`), text(den)), errors))

const digest = `sha256:${'0'.repeat(64)}`
test.each<[string, (den: Den) => string]>([
  ['above its folder', () => '../../../results/x'],
  ['absolute', () => '/etc/passwd'],
  ['of another attempt', ({ own }) => `/millrace/store/jobs/${own.split('/').at(-1)}/attempts/1-x/files/rows.csv`],
  ['of no input', () => '/millrace/store/inputs/rows.csv'],
  ['written otherwise', () => './rows.csv'],
  ['with an empty part', () => 'a//rows.csv'],
  ['that is not listed', () => 'other.csv'],
])('a path of an artifact that is %s', async (_, path) => {
  let named = ''
  const seen = await besides((den) => {
    named = path(den)
    const files = named === 'other.csv' ? [] : [{ path: named, digest, size: 1 }]
    const output = { rows: { path: named, digest, size: 1 } }
    const outputDigest = digestJson({ rows: { digest, size: 1 } })
    put(join(den.own, 'done', `${den.id}.json`), done(den, output, { files, outputDigest }))
  }, 'forger')
  const errors =
    `error[output-outside]: "forger" names "${named}" as its output "rows", which is outside its folder\n` +
    "  fix: Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.\n"
  expect(seen).toMatchObject({ drivers: 1, status: 'failed', errors, succeeded: ['calm'] })
})

test('a path alone is no artifact', async () => {
  const seen = await besides((den) => {
    const output = { rows: 'rows.csv' }
    put(join(den.own, 'done', `${den.id}.json`), done(den, output))
  }, 'forger')
  expect(seen).toMatchObject({
    drivers: 1,
    status: 'failed',
    errors:
      'error[invalid-output]: "forger" returned what its output schema refuses: rows: Invalid input: expected object, received string\n' +
      '  fix: Return what the output schema says, or correct the schema.\n',
  })
})

test('a cause may say what a runner would say of a signal, and is a failure all the same', async () => {
  const message = 'the process of "evil" was told to stop by SIGTERM'
  await fails(
    marker('failed', failed({ cause: { ...cause, message }, retry: true })),
    `error[stage-threw]: ${message}\n  fix: f\n`,
  )
})

test('metrics that came with the marker only are told, and each once', async () => {
  const { events } = await besides((den) => {
    const metrics = [metric, { ...metric, value: 2 }, { ...metric, value: 3 }]
    put(join(den.attempt, 'metrics.jsonl'), `${JSON.stringify(metrics[0])}\n`)
    put(join(den.own, 'done', `${den.id}.json`), done(den, { n: 1 }, { metrics }))
  })
  expect(events.flatMap((event) => (event.event === 'metric' ? [event.value] : []))).toEqual([1, 2, 3])
})

const kills = Array.from({ length: 16 }, (_, i) => i + 1)

test.each(kills)('a driver that goes on after %i events refuses what the one before it refused', async (count) => {
  const seen = await besides(
    (den) => {
      const at = join(den.own, 'done', `${den.id}.json`)
      put(at, '{}')
      const refusing = setInterval(() => {
        if (!existsSync(join(den.store, 'released', den.own.split('/').at(-1) as string, 'failed', `${den.id}.json`)))
          return
        clearInterval(refusing)
        put(at, done(den, { n: 1 }))
      }, 10)
    },
    'evil',
    [{ at: 'event', count }],
  )
  // what helps is another thing once its Job has ended
  const [said] = refused('done/0-<pod>.json', 'is no marker: inputDigest is not a digest').split('\n')
  expect([seen.status, seen.errors.split('\n')[0]]).toEqual(['failed', said])
})
