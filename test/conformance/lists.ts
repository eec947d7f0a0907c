import { map, pipeline } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { told } from './events.ts'
import { on } from './here.ts'
import type { Kind, Place } from './runtime.ts'
import { nap } from './stages/contexts.ts'
import { double, sum, upTo } from './stages/plain.ts'

export function lists(newPlace: () => Place, kind: Kind): void {
  const order = test.skipIf(kind.dear)

  test('maps of width 0, 1 and 7', async () => {
    const numbers = z.array(z.number())
    const widths = pipeline('widths', {
      input: z.object({ none: numbers, one: numbers, seven: numbers }),
      build: (lists) => {
        const [none, one, seven] = [lists.none, lists.one, lists.seven].map((list) => {
          const doubled = map(list, (n, index) => ({ twice: on(double)({ n }), n, index }))
          return { doubled, twice: doubled.twice.n, total: on(sum)({ of: doubled.twice.n }).total }
        })
        return { none, one, seven }
      },
    })
    const lists = { none: [], one: [1], seven: [10, 20, 30, 40, 50, 60, 70] }
    const { output, events } = await newPlace().run(widths, lists)
    const expected = (list: readonly number[]) => ({
      doubled: list.map((n, index) => ({ twice: { n: 2 * n }, n, index })),
      twice: list.map((n) => 2 * n),
      total: list.reduce((sum, n) => sum + 2 * n, 0),
    })
    expect(output).toEqual({ none: expected([]), one: expected([1]), seven: expected(lists.seven) })
    const lines = told(events).filter((line) => line.startsWith('double'))
    const twice = (name: string, width: number) =>
      Array.from({ length: width }, (_, i) => [`${name}[${i}] started`, `${name}[${i}] succeeded`]).flat()
    expect(lines.toSorted()).toEqual([...twice('double.2', 1), ...twice('double.3', 7)])
  })

  test('maps nest, over ragged lists', async () => {
    const ragged = pipeline('ragged', {
      input: z.object({ rows: z.array(z.array(z.number())) }),
      build: ({ rows }) => {
        const out = map(rows, (row, i) => {
          const cells = map(row, (n, j) => ({ n: on(double)({ n }).n, place: { i, j } }))
          return { cells, total: on(sum)({ of: cells.n }).total }
        })
        return { cells: out.cells.n, places: out.cells.place, totals: out.total, all: on(sum)({ of: out.total }).total }
      },
    })
    const { output, events } = await newPlace().run(ragged, { rows: [[1, 2], [], [3]] })
    expect(output).toEqual({
      cells: [[2, 4], [], [6]],
      places: [
        [
          { i: 0, j: 0 },
          { i: 0, j: 1 },
        ],
        [],
        [{ i: 2, j: 0 }],
      ],
      totals: [6, 0, 6],
      all: 12,
    })
    expect(
      told(events)
        .filter((line) => line.startsWith('double'))
        .sort(),
    ).toEqual([
      'double[0][0] started',
      'double[0][0] succeeded',
      'double[0][1] started',
      'double[0][1] succeeded',
      'double[2][0] started',
      'double[2][0] succeeded',
    ])
  })

  order('a width known only in the run, and the same item twice', async () => {
    const grown = pipeline('grown', {
      input: z.object({ n: z.int() }),
      build: ({ n }) => {
        const { list } = on(upTo)({ n })
        const again = map(list, (n) => map(on(upTo)({ n }).list, (n) => on(double)({ n }).n))
        return { again, literal: map([1, n, 1], (item) => on(double)({ n: item }).n) }
      },
    })
    const { output, events } = await newPlace().run(grown, { n: 3 })
    expect(output).toEqual({ again: [[], [0], [0, 2]], literal: [2, 6, 2] })
    // double of 0, 1, 3 is computed once each, whichever call is the first
    expect(told(events).filter((line) => /^double.* started$/.test(line)).length).toBe(3)
  })

  test('concurrency is honoured', async () => {
    const crowd = pipeline('crowd', {
      input: z.object({ list: z.array(z.int()) }),
      build: ({ list }) => {
        const options = { resources: { cpu: 0.01, memory: '128Mi' } } as const
        const wide = map(list, (n) => on(nap, options)({ n, ms: kind.beat }).n)
        const after = { ...options, after: [wide] }
        const narrow = map(list, (n) => on(nap, after)({ n, ms: kind.beat + 1 }).n, { concurrency: 2 })
        return { wide, narrow }
      },
    })
    const list = kind.dear ? [0, 1, 2] : [0, 1, 2, 3, 4, 5, 6]
    const { output, events } = await newPlace().run(crowd, { list })
    expect(output).toEqual({ wide: list, narrow: list })
    const most = (prefix: 'wide' | 'narrow') => {
      const node = prefix === 'wide' ? 'nap' : 'nap.2'
      let [now, most] = [0, 0]
      for (const at of events) {
        if (!('node' in at) || at.node !== node) continue
        if (at.event === 'stage.started') most = Math.max(most, ++now)
        if (at.event === 'stage.succeeded') now--
      }
      return most
    }
    expect([most('wide'), most('narrow')]).toEqual([Math.min(list.length, kind.atOnce), Math.min(2, kind.atOnce)])
  })
}
