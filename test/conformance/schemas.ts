import { map, pipeline } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { codesOf, told } from './events.ts'
import { on } from './here.ts'
import type { Kind, Place } from './runtime.ts'
import { calls, kinds, mark, markLater, Shape, strictly, Tree } from './stages/schemas.ts'

export function schemas(newPlace: () => Place, kind: Kind): void {
  const order = test.skipIf(kind.dear)

  test('each side calls its own transforms and refinements exactly once', async () => {
    const marked = pipeline('marked', {
      input: z.object({ text: z.string() }),
      build: ({ text }) => {
        const first = on(mark)({ text, checked: ' spaces ' })
        return { first, second: on(markLater)({ text: first.text, checked: first.checked }) }
      },
    })
    const place = newPlace()
    for (const what of Object.keys(calls)) delete calls[what]
    const expected = { first: { text: 'a<>', checked: 'spaces' }, second: { text: 'a<><>', checked: 'spaces' } }
    const first = await place.run(marked, { text: 'a' })
    expect([first.errors, first.output]).toEqual([[], expected])
    const sides = ['input transform', 'input refinement', 'output transform', 'output refinement']
    const once = Object.fromEntries(
      sides.flatMap((side) => [
        [side, 1],
        [`async ${side}`, 1],
      ]),
    )
    if (kind.stages === 'in process') expect(calls).toEqual(once)
    // a hit calls none of them
    expect((await place.run(marked, { text: 'a' })).output).toEqual(expected)
    if (kind.stages === 'in process') expect(calls).toEqual(once)
  })

  test('every kind of schema that JSON can carry', async () => {
    const carried = pipeline('carried', {
      input: z.object({ shapes: z.array(Shape), tree: Tree, choice: z.enum(['a', 'b']) }),
      build: ({ shapes, tree, choice }) => ({
        out: map(shapes, (shape) => {
          const rest = {
            record: { a: 1 },
            either: null,
            coerced: '12',
            caught: 3 as never,
            loose: { known: 1, other: 'kept' },
          }
          return on(kinds)({ shape, tree, choice, ...rest }).seen
        }),
      }),
    })
    const tree = { value: 1, children: [{ value: 2, children: [] }] }
    const shapes = [
      { kind: 'circle', radius: 1 },
      { kind: 'box', sides: [1, 2] },
    ] as const
    const { output } = await newPlace().run(carried, { shapes, tree, choice: 'b' })
    expect(output.out).toEqual(
      shapes.map((shape) => ({
        shape,
        tree,
        choice: 'b',
        record: { a: 1 },
        either: null,
        coerced: 12,
        caught: 'caught',
        loose: { known: 1, other: 'kept' },
      })),
    )
  })

  const strict = pipeline('strict', {
    input: z.object({ rows: z.array(z.array(z.object({ name: z.string(), n: z.int() }))) }),
    build: ({ rows }) => ({ out: map(rows, (rows) => on(strictly, { retries: 2 })({ rows })) }),
  })

  test('a consumer refuses its input, a producer its output, and neither is tried again', async () => {
    const rows = [
      [{ name: 'long name', n: 2 }],
      [
        { name: 'a', n: 1 },
        { name: 'b', n: 13 },
      ],
      [{ name: 'odd', n: 1 }],
      [{ name: 'ok', n: 2 }],
    ]
    const { status, errors, events } = await newPlace().run(strict, { rows })
    expect([status, codesOf(errors).toSorted()]).toEqual([
      'failed',
      ['invalid-input', 'invalid-input', 'invalid-output'],
    ])
    expect(errors.map(({ at }) => at.path).toSorted()).toEqual(['even', 'rows[0].name', 'rows[1].n'])
    expect(errors.some(({ message }) => message.includes('no thirteen'))).toBe(true)
    expect(told(events).filter((line) => line.endsWith('started')).length).toBe(4)
    expect(events.find(({ event }) => event === 'stage.succeeded')).toMatchObject({
      index: [3],
      output: { even: 2, names: ['ok'] },
    })
  })

  test("a pipeline's own input is checked before anything runs", async () => {
    const { run, errors, events } = await newPlace().run(strict, { rows: [[{ name: 'a', n: 0.5 }]] })
    expect([run, codesOf(errors), events]).toEqual([null, ['invalid-parameter'], []])
    const missing = await newPlace().run(strict, {} as never)
    expect(codesOf(missing.errors)).toEqual(['missing-parameter'])
  })

  order("a sub-pipeline's input is checked when it is known", async () => {
    const inner = pipeline('inner', {
      input: z.object({ n: z.int().max(9), rows: z.array(z.object({ name: z.string(), n: z.int() })) }),
      build: ({ n, rows }) => ({ n, even: on(strictly)({ rows }).even }),
    })
    const outer = pipeline('outer', {
      input: z.object({ n: z.int() }),
      build: ({ n }) => {
        const { even } = on(strictly)({ rows: [{ name: 'a', n }] })
        return { out: inner({ n: even, rows: [{ name: 'x', n: even }] }) }
      },
    })
    const place = newPlace()
    expect((await place.run(outer, { n: 8 })).output).toEqual({ out: { n: 8, even: 8 } })
    const { status, errors, events } = await place.run(outer, { n: 10 })
    expect([status, codesOf(errors), errors[0]?.at.node]).toEqual(['failed', ['invalid-input'], 'inner'])
    expect(told(events).at(-1)).toBe('inner/strictly succeeded')
  })
}
