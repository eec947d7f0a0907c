import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '@millrace/ir'
import { describe, expect, test } from 'vitest'
import { told } from '../conformance/events.ts'
import { program } from '../support/program.ts'

const text = `
import { existsSync } from 'node:fs'
import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'
const N = z.object({ n: z.number() })
export const make = stage('make', { input: N, output: N, run: ({ n }) => ({ n: n + 1 }) })
export const middle = stage('middle', { input: N, output: N, run: ({ n }) => ({ n: n * 2 }) })
export const aside = stage('aside', { input: N, output: N, run: ({ n }) => ({ n }) })
export const end = stage('end', {
  input: z.object({ of: z.array(z.number()) }),
  output: N,
  run: ({ of }) => {
    if (existsSync('broken')) throw new Error('broken')
    return { n: of.length }
  },
})
export const line = pipeline('line', {
  input: z.object({ n: z.number().default(1) }),
  build: ({ n }) => {
    const made = make({ n })
    const list = map([made.n, n], (n) => middle({ n }).n)
    return { end: end({ of: list }).n, aside: aside({ n: made.n }).n }
  },
})
main(import.meta, line)
`
/** Which calls were run, and which were taken from the cache. */
const split = (events: Record<string, unknown>[]) => {
  const lines = told(events as unknown as Event[])
  const of = (word: string) => lines.filter((line) => line.endsWith(word)).map((line) => line.split(' ')[0])
  return { ran: of('started').toSorted(), cached: of('cached').toSorted() }
}

describe('a second run', () => {
  test('--from a stage recomputes it and all below it, and takes what is above from the cache', async () => {
    const { run } = program(text)
    await run()
    const from = await run(['--from', 'middle', '--json'])
    expect(split(from.events())).toEqual({ ran: ['end', 'middle[0]', 'middle[1]'], cached: ['aside', 'make'] })
    const end = await run(['--from', 'end', '--json'])
    expect(split(end.events())).toEqual({ ran: ['end'], cached: ['aside', 'make', 'middle[0]', 'middle[1]'] })
    const after = await run(['--json'])
    expect(split(after.events()).ran).toEqual([])
  })

  test('--fresh recomputes everything, in a run of its own', async () => {
    const { run } = program(text)
    const [first, fresh] = [await run(['--json']), await run(['--fresh', '--json'])]
    expect(split(fresh.events())).toEqual(split(first.events()))
    const then = await run(['--json'])
    const froms = then.events().flatMap(({ event, from }) => (event === 'stage.cached' ? [from] : []))
    expect(new Set(froms)).toEqual(new Set([fresh.events()[0]?.run]))
  })

  test('a failed run goes on; --fresh and --from begin again', async () => {
    const { folder, run } = program({ 'program.ts': text, broken: '' })
    const failed = await run(['--json'])
    const id = failed.events()[0]?.run
    expect([failed.code, split(failed.events()).ran.length]).toEqual([1, 5])
    const again = await run(['--json'])
    expect([again.code, again.events()[0]?.run, split(again.events()).ran]).toEqual([1, id, ['end']])
    const fresh = await run(['--fresh', '--json'])
    expect([fresh.events()[0]?.run === id, split(fresh.events()).ran.length]).toEqual([false, 5])
    writeFileSync(join(folder, 'broken.txt'), '')
    const logs = await run(['runs', 'list'])
    expect(logs.stdout.trimEnd().split('\n').length).toBe(2)
  })
})
