import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event, EventName, Json } from '@millrace/ir'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import type { eventSchema } from '../../site/reference/event-schema.ts'
import { root } from '../support/processes.ts'
import { program } from '../support/program.ts'
import { same } from '../types/equal.ts'

interface Schema {
  readonly $defs: Readonly<Record<string, { properties?: Readonly<Record<string, unknown>>; required?: string[] }>>
  readonly oneOf: readonly { readonly $ref: string }[]
}

const text = readFileSync(join(root, 'docs/reference/events.schema.json'), 'utf8')
const page = readFileSync(join(root, 'docs/reference/events.md'), 'utf8')
const schema = JSON.parse(text) as Schema
const names = schema.oneOf.map(({ $ref }) => $ref.replace('#/$defs/', ''))

/** What nobody may change is the same as what may be changed. */
type Changing<T> = [Json] extends [T]
  ? T
  : T extends string
    ? T
    : T extends object
      ? { -readonly [K in keyof T]: Changing<T[K]> }
      : T
type Of<E, N> = Changing<Extract<E, { readonly event: N }>>

test('the schema has the events of the code, with their fields', () => {
  type Told = z.input<typeof eventSchema>
  same<Told['event'], EventName>(true)
  // each is assignable to the other, by its event
  type Fits = { [N in EventName]: [Of<Told, N> extends Of<Event, N> ? 1 : 0, Of<Event, N> extends Of<Told, N> ? 1 : 0] }
  same<Fits[EventName], [1, 1]>(true)
  const rows = page
    .slice(page.indexOf('## Every event'))
    .matchAll(/^\| `([a-z-]+(?:\.[a-z-]+)?)` \| [^|]* \| [^|]* \|$/gm)
  expect(names).toEqual([...rows].map(([, name]) => name))
})

/** Refuses also what a later version may add. */
function strict(): unknown {
  return JSON.parse(text, (_, value: Schema['$defs'][string] | null) =>
    value !== null && typeof value === 'object' && 'properties' in value && 'required' in value
      ? { ...value, additionalProperties: false }
      : value,
  )
}

const ajv = new Ajv2020({
  allErrors: false,
  discriminator: true,
  formats: { 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ },
})
const validate = ajv.compile(strict() as object)
const seen = new Set<string>()

/** The names of events, each of which the schema takes. */
const checked = (events: readonly Record<string, unknown>[]): string[] =>
  events.map((event) => {
    expect([event, validate(event) ? null : validate.errors]).toEqual([event, null])
    seen.add(String(event.event))
    return String(event.event)
  })

async function events(files: string, args: readonly string[], code: number): Promise<string[]> {
  const ran = await program(files).run(['--json', ...args], { how: 'node' })
  expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code, stderr: ran.stderr })
  return checked(ran.events())
}

const head = `import { file, is, main, map, pipeline, stage, when } from 'millrace'
import { z } from 'zod'
const empty = z.object({})
const number = z.object({ n: z.number() })
`

test('a run with a map, conditions, files, metrics, logs and retries', async () => {
  const names = await events(
    `${head}
export const list = stage('list', { input: empty, output: z.object({ all: z.array(z.number()), text: file('text/plain'), long: z.string() }),
  run: async (_, context) => {
    const text = context.file('a.txt')
    await import('node:fs').then(({ writeFileSync }) => writeFileSync(text.path, 'a'))
    context.log('made', { n: 3 })
    console.log('printed')
    context.metric('size', 3)
    context.metric('second', 0.5, 1)
    return { all: [1, 2, 3], text, long: 'a'.repeat(5000) }
  } })
export const one = stage('one', { input: number, output: number, retries: 1, resources: { gpu: { type: 'h200', count: 1 }, memory: '1.5Gi' },
  run: ({ n }, { attempt }) => { if (n === 2 && attempt === 1) throw new TypeError('no', { cause: new Error('why') }); return { n } } })
export const sum = stage('sum', { input: z.object({ all: z.array(z.number()) }), output: number, run: ({ all }) => ({ n: all.length }) })
export const demo = pipeline('demo', { input: empty, build: () => {
  const { all } = list()
  const { n } = sum({ all: map(all, (n) => one({ n }), { concurrency: 1 }).n })
  return { n, more: when(is(n, '>', 5), () => sum({ all: [1, n] })) }
} })
main(import.meta, demo)`,
    ['--jobs', '1'],
    0,
  )
  expect(names[0]).toBe('run.started')
  expect(names.at(-1)).toBe('run.finished')
})

const failing = `${head}
export const bad = stage('bad', { input: empty, output: number, run: () => { console.error('so'); throw new RangeError('no') } })
export const next = stage('next', { input: number, output: number, run: ({ n }) => ({ n }) })
export const demo = pipeline('demo', { input: z.object({ n: z.int().default(1) }), build: () => next({ n: bad().n }) })
main(import.meta, demo)`

test('a run that fails, and one that can not begin', async () => {
  expect(await events(failing, [], 1)).toContain('stage.not-run')
  expect(await events(failing, ['--param', 'n=x'], 2)).toEqual(['run.finished'])
  expect(await events(failing, ['--no'], 2)).toEqual(['run.finished'])
})

test('a run that is cancelled, and one from the cache', async () => {
  const one = program(`${head}
export const first = stage('first', { input: empty, output: number, run: (_, context) => { context.metric('a', 1); return { n: 1 } } })
// the whole machine, so that one waits for the other
const resources = { cpu: 1000 }
const slow = (_, { signal }) => new Promise((done, no) => {
  setTimeout(done, 600_000, { n: 1 })
  signal.addEventListener('abort', () => no(signal.reason))
})
export const slow1 = stage('slow-1', { resources, input: number, output: number, run: slow })
export const slow2 = stage('slow-2', { resources, input: z.object({ m: z.number() }), output: number, run: slow })
export const demo = pipeline('demo', { input: empty, build: () => {
  const { n } = first()
  return { a: slow1({ n }).n, b: slow2({ m: n }).n }
} })
main(import.meta, demo)`)
  for (const awaited of ['stage.waiting', 'stage.cached']) {
    const started = one.start(['--json'], { how: 'node' })
    await started.said(`"event":"${awaited}"`)
    started.child.kill('SIGINT')
    expect((await started.ended).code).toBe(130)
    const lines = started.stdout().trimEnd().split('\n')
    expect(checked(lines.map((line) => JSON.parse(line) as Record<string, unknown>)).at(-1)).toBe('run.finished')
  }
})

test('together they had every event', () => {
  expect([...seen].sort()).toEqual([...names].sort())
})

test('what a later version may add is taken, what is wrong is not', () => {
  const open = ajv.compile(JSON.parse(text) as object)
  const event = { event: 'run.progress', run: 'a', time: '2026-01-02T03:04:05.678Z', known: 1 }
  expect(open({ ...event, later: 1 })).toBe(true)
  expect(open({ ...event, known: -1 })).toBe(false)
  expect(open({ ...event, time: undefined })).toBe(false)
  expect(open({ ...event, event: 'run.other' })).toBe(false)
})
