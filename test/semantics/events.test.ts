import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { digestJson, type Event } from '@millrace/ir'
import { map, pipeline, stage, when } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { problemsOf, told } from '../conformance/events.ts'
import { newPlace } from './place.ts'
import { add, bad, late, lines, many, save, total } from './stages.ts'

const journalOf = (world: string, run: string | null): string[] =>
  readFileSync(join(world, 'store/runs', String(run), 'journal.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')

const everything = pipeline('everything', {
  input: z.object({ list: z.array(z.number()), there: z.boolean() }),
  build: ({ list, there }) => {
    const rows = map(list, (n) => map([n, 1], (m) => add({ n: m }).n))
    const sums = map(rows, (of) => total({ of }).n)
    const maybe = when(there, () => add({ n: 100 }).n)
    return {
      rows,
      total: total({ of: sums }).n,
      maybe,
      equal: [add({ n: 5 }).n, add({ n: 5 }).n],
      file: save({ n: 1 }).out,
    }
  },
})

test('the journal holds what onEvent is told, line by line', async () => {
  const place = newPlace()
  for (const there of [true, false]) {
    const { run, events } = await place.run(everything, { list: [1, 2], there })
    expect(journalOf(place.world, run)).toEqual(events.map((event) => JSON.stringify(event)))
  }
})

test('run.started tells pipeline, parameters with defaults, digest of the plan and number of calls', async () => {
  const place = newPlace()
  const named = pipeline('named', {
    input: z.object({ a: z.number(), b: z.object({ c: z.number().default(2) }).prefault({}) }),
    build: ({ a, b }) => ({ a: add({ n: a }).n, c: add({ n: b.c }).n }),
  })
  const { events } = await place.run(named, { a: 1 })
  expect(events[0]).toMatchObject({
    event: 'run.started',
    pipeline: 'named',
    parameters: { a: 1, b: { c: 2 } },
    nodes: 2,
  })
  const again = await place.run(named, { a: 3 })
  expect((again.events[0] as { plan: string }).plan).toBe((events[0] as { plan: string }).plan)
})

test('ids and indexes: a map adds no prefix, and one index for each enclosing map', async () => {
  const { events } = await newPlace().run(everything, { list: [7], there: false })
  const ends = told(events).filter((line) => !line.endsWith('started'))
  expect(ends.toSorted()).toEqual([
    'add.2 skipped',
    'add.3 succeeded',
    'add.4 cached',
    'add[0][0] succeeded',
    'add[0][1] succeeded',
    'save succeeded',
    'total.2 succeeded',
    'total[0] succeeded',
  ])
  expect(events.filter((at) => 'node' in at && !/\[/.test(told([at])[0] ?? '[') && 'index' in at)).toEqual([])
})

test('an output above 4 KiB stands in its event as its digest, and whole in run.finished', async () => {
  const large = pipeline('large', {
    input: z.object({ sizes: z.array(z.number()) }),
    build: ({ sizes }) => ({ texts: map(sizes, (n) => many({ n }).text) }),
  })
  // {"text":"…"} is 11 bytes around the text
  const sizes = [4096 - 11, 4096 - 10, 20_000]
  const { events, output } = await newPlace().run(large, { sizes })
  const outputs = events.flatMap((at) => (at.event === 'stage.succeeded' ? [at.output] : []))
  const whole = sizes.map((size) => ({ text: 'x'.repeat(size) }))
  expect(new Set(outputs)).toEqual(new Set([whole[0], ...whole.slice(1).map((output) => digestJson(output))]))
  expect(events.at(-1)).toMatchObject({ output: { texts: whole.map(({ text }) => text) } })
  expect(output.texts.map((text) => text.length)).toEqual(sizes)
})

test('stage.failed carries the cause and the last 4 KiB of the log', async () => {
  const failing = pipeline('failing', { input: z.object({}), build: () => ({ out: lines({ n: 1000 }) }) })
  const { run, events, errors } = await newPlace().run(failing, {})
  const failed = events.find((at) => at.event === 'stage.failed') as Extract<Event, { event: 'stage.failed' }>
  expect(failed.log.endsWith('line 999\n')).toBe(true)
  expect(Buffer.byteLength(failed.log)).toBe(4096)
  expect(failed.cause).toEqual(errors[0])
  expect(failed.cause).toMatchObject({
    code: 'stage-threw',
    severity: 'error',
    message: '"lines" threw Error: after all lines',
    at: {
      pipeline: 'failing',
      node: 'lines',
      file: import.meta.filename,
      stage: { file: join(import.meta.dirname, 'stages.ts') },
    },
    stack: [{ function: 'run', file: join(import.meta.dirname, 'stages.ts') }],
    causes: [],
  })
  expect(events.at(-1)).toMatchObject({ run, status: 'failed', output: null, errors: [failed.cause] })
})

test('what a stage prints, logs or counts after its end is told by nobody after run.finished', async () => {
  const quick = pipeline('quick', { input: z.object({}), build: () => ({ out: late({ n: 30 }).n }) })
  const place = newPlace()
  const heard: Event[] = []
  const { run } = await place.run(quick, {}, { onEvent: (event) => heard.push(event) })
  const journal = journalOf(place.world, run)
  await sleep(80)
  expect(problemsOf(heard)).toEqual([])
  expect(heard.at(-1)?.event).toBe('run.finished')
  expect(journalOf(place.world, run)).toEqual(journal)
  // the log keeps what came by the context; the console is nobody's by then
  const log = join(place.world, 'store/runs', String(run), 'logs/late.1.log')
  expect(readFileSync(log, 'utf8')).toBe('logged too late\n')
})

test('what a stage does after its end, while the run goes on, is not told as its own', async () => {
  const nap = stage('nap', {
    input: z.object({}),
    output: z.object({}),
    run: async () => {
      await sleep(80)
      return {}
    },
  })
  const longer = pipeline('longer', { input: z.object({}), build: () => ({ out: late({ n: 10 }).n, nap: nap({}) }) })
  // the order of each call's events is checked by run
  const { status } = await newPlace().run(longer, {})
  expect(status).toBe('succeeded')
})

test('a notice is an event of its own, before the first stage', async () => {
  const hidden = stage('hidden', { input: z.object({}), output: z.object({}), run: () => ({}) })
  const noticed = pipeline('noticed', {
    input: z.object({}),
    build: () => ({ out: hidden.with({ resources: { gpu: 8 } })({}) }),
  })
  const { events } = await newPlace().run(noticed, {})
  const notices = events.flatMap((at) => (at.event === 'notice' ? [[at.code, at.severity]] : []))
  expect(notices).toEqual([
    ['stage-not-exported', 'notice'],
    ['resources-cut', 'notice'],
  ])
  expect(events.findIndex(({ event }) => event === 'stage.started')).toBe(3)
})

test('a run that goes on begins with run.started again, under its id', async () => {
  const place = newPlace()
  const failing = pipeline('failing', { input: z.object({}), build: () => ({ out: add({ n: bad({}).n }).n }) })
  const first = await place.run(failing, {})
  const second = await place.run(failing, {})
  expect(second.run).toBe(first.run)
  const names = journalOf(place.world, first.run).map((line) => (JSON.parse(line) as Event).event)
  expect(names).toEqual([...first.events, ...second.events].map(({ event }) => event))
  expect(names.filter((name) => name.startsWith('run.'))).toEqual([
    'run.started',
    'run.finished',
    'run.started',
    'run.finished',
  ])
})
