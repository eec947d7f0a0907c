import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const head = `
import { existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { file, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
`

test('a run that goes on takes what each of two equal calls of no cache gave, in whatever order they came', async () => {
  const { folder, run } = program({
    'program.ts': `${head}
const Value = z.object({ value: z.number() })
export const late = stage('late', {
  input: z.object({ wait: z.number() }), output: z.object({ n: z.number() }),
  run: async ({ wait }) => {
    await sleep(wait)
    return { n: 1 }
  },
})
export const draw = stage('draw', { cache: false, input: z.object({ n: z.number() }), output: Value, run: () => ({ value: Math.random() }) })
export const keep = stage('keep', { input: Value, output: Value, run: (value) => value })
export const end = stage('end', {
  input: z.object({ values: z.array(z.number()) }), output: z.object({ values: z.array(z.number()) }),
  run: ({ values }) => {
    if (existsSync('broken')) throw new Error('broken')
    return { values }
  },
})
export const p = pipeline('p', {
  input: z.object({}),
  build: () => {
    // the second call is ready first; from the cache it is not
    const values = [200, 0].map((wait) => keep(draw(late({ wait }))).value)
    return end({ values })
  },
})
main(import.meta, p)
`,
    broken: '',
  })
  const failed = await run(['--json', '--jobs', '2'])
  expect(failed.code).toBe(1)
  const given = (of: string, event: string) =>
    failed.events().find((at) => at.node === of && at.event === event)?.output as { value: number }
  const values = [given('keep', 'stage.succeeded').value, given('keep.2', 'stage.succeeded').value]
  rmSync(join(folder, 'broken'))
  const again = await run(['--json', '--jobs', '2'])
  expect(again.events().at(-1)).toMatchObject({ output: { values }, counts: { ran: 1, cached: 6 } })
})

test('what a killed attempt wrote, printed and measured is not that of the attempt after it', async () => {
  const { folder, run, start } = program({
    'program.ts': `${head}
export const train = stage('train', {
  input: z.object({}), output: z.object({ model: file() }),
  run: async (_, context) => {
    const model = context.file('model.bin')
    writeFileSync(model.path, 'half')
    const time = existsSync('kill') ? 'first' : 'second'
    console.log(time)
    context.metric('loss', 1)
    if (time === 'first') await sleep(600_000)
    writeFileSync(model.path, 'whole')
    return { model }
  },
})
export const p = pipeline('p', { input: z.object({}), build: () => train({}) })
main(import.meta, p)
`,
    kill: '',
  })
  const killed = start()
  await killed.said('loss = 1')
  killed.child.kill('SIGKILL')
  await killed.ended
  const store = join(folder, 'store')
  const attempts = () => readdirSync(join(store, 'attempts/train'))
  const [half] = attempts()
  rmSync(join(folder, 'kill'))
  const again = await run([])
  const model = JSON.parse(again.stdout).model.path.replace('<dir>', folder).replace('<run>', half?.slice(0, 22))
  expect([again.code, readFileSync(model, 'utf8')]).toEqual([0, 'whole'])
  expect([attempts().length, attempts()[0] === half]).toEqual([1, false])
  const [id = ''] = readdirSync(join(store, 'runs')).filter((name) => /^\d/.test(name))
  expect(readFileSync(join(store, 'runs', id, 'logs/train.1.log'), 'utf8')).toBe('second\n')
  const metrics = readFileSync(join(store, 'runs', id, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  expect(metrics.map((line) => JSON.parse(line).name)).toEqual(['loss'])
})

test('TMPDIR of a stage in a process of its own goes with the process', async () => {
  const { folder, run } = program(`${head}
export const apart = stage('apart', {
  isolate: 'process', input: z.object({}), output: z.object({ there: z.string() }),
  run: () => {
    writeFileSync(join(tmpdir(), 'large'), '')
    return { there: tmpdir() }
  },
})
export const p = pipeline('p', { input: z.object({}), build: () => apart({}) })
main(import.meta, p)
`)
  const { code, events } = await run(['--json'])
  expect(code).toBe(0)
  const [{ there }] = events().flatMap(({ event, output }) => (event === 'run.finished' ? [output] : [])) as [
    { there: string },
  ]
  expect(there.startsWith(join(folder, 'store/attempts/apart'))).toBe(true)
  expect(existsSync(there)).toBe(false)
})
