import { canonical, type Json } from '@millrace/ir'
import { map, pipeline } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { codesOf } from './events.ts'
import { on } from './here.ts'
import type { Kind, Place } from './runtime.ts'
import { echo, make, odd, spoil } from './stages/plain.ts'

const nested = (depth: number): Json => {
  let value: Json = 'bottom'
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { in: value }
  return value
}

const samples: { readonly [name: string]: Json } = {
  unicode: ['ä', '漢字', '👩‍👩‍👧', 'e\u0301', '\u0000', '\u2028', '\u202e', '"\\/', '\u001b[31m', '\ufeff'],
  keys: { ключ: 1, '🦉': 2, '': 3, ' ': 4, 'a.b': 5, '[0]': 6, toJSON: 7, length: 8 },
  numbers: [0, -1, 2 ** 53 - 1, 1 - 2 ** 53, 1e300, 5e-324, 0.1 + 0.2, 1e21],
  empty: { object: {}, list: [], string: '', null: null, lists: [[], [[]]] },
  prototype: JSON.parse('{"__proto__":{"a":1},"constructor":2,"prototype":{"__proto__":3}}') as Json,
  deep: nested(200),
}

export function values(newPlace: () => Place, kind: Kind): void {
  const order = test.skipIf(kind.dear)

  const passed = pipeline('passed', {
    input: z.object({ value: z.unknown() }),
    build: ({ value }) => {
      const first = on(echo)({ value })
      return { given: value, first, second: on(echo)({ value: first.value }).value }
    },
  })

  test('arrive as they were sent, from the input', async () => {
    const { output } = await newPlace().run(passed, { value: samples })
    const { given, first, second } = output
    for (const value of [given, first.value, second]) expect(canonical(value as Json)).toBe(canonical(samples))
  })

  order('arrive as they were sent, from a literal', async () => {
    const written = pipeline('written', {
      input: z.object({}),
      build: () => ({ kept: samples as unknown, value: on(echo)({ value: samples }).value }),
    })
    const { output } = await newPlace().run(written, {})
    expect(canonical(output.value as Json)).toBe(canonical(samples))
    expect(canonical(output.kept as Json)).toBe(canonical(samples))
  })

  order('arrive as they were sent, as items of a map', async () => {
    const list = Object.values(samples)
    const items = pipeline('items', {
      input: z.object({ list: z.array(z.unknown()) }),
      build: ({ list }) => ({ out: map(list, (value) => on(echo)({ value }).value) }),
    })
    const { output } = await newPlace().run(items, { list })
    expect(canonical(output.out as Json)).toBe(canonical(list))
  })

  order('-0 becomes 0', async () => {
    const { output } = await newPlace().run(passed, { value: [-0, { zero: -0 }] })
    const [zero, { zero: inside }] = output.second as [number, { zero: number }]
    expect([Object.is(zero, 0), Object.is(inside, 0)]).toEqual([true, true])
  })

  test('a stage can not change what its siblings read', async () => {
    const shared = pipeline('shared', {
      input: z.object({ value: z.unknown() }),
      build: ({ value }) => {
        const made = on(make)({})
        const given = { list: made.list, record: made.record }
        const first = on(spoil)({ value: made.value, ...given })
        const second = on(spoil, { after: [first], retries: 1 })({ value: made.value, ...given })
        const third = on(spoil, { after: [second], retries: 2 })({ value, ...given })
        const again = on(echo, { after: [third] })({ value })
        return { seen: [first.before, second.before, third.before], made, value, again: again.value }
      },
    })
    const value = { x: [{ y: 1 }] }
    const { output } = await newPlace().run(shared, { value })
    const rest = '[[1],{"c":3}],{"d":{"e":[4]}}'
    expect(output.seen).toEqual([
      `[{"a":[1,{"b":2}]},${rest}]`,
      `[{"a":[1,{"b":2}]},${rest}]`,
      `[{"x":[{"y":1}]},${rest}]`,
    ])
    expect(output.made.value).toEqual({ a: [1, { b: 2 }] })
    expect([output.value, output.again, value]).toEqual([value, value, { x: [{ y: 1 }] }])
  })

  test('what JSON can not carry fails the stage that returned it', async () => {
    const all = [
      'nan',
      'infinity',
      'date',
      'map',
      'function',
      'bigint',
      'hole',
      'surrogate',
      'integer',
      'circle',
      'deep',
    ]
    const list = [...(kind.dear ? ['nan', 'circle'] : all), 'large']
    const odds = pipeline('odds', {
      input: z.object({ list: z.array(z.string()) }),
      build: ({ list }) => ({ out: map(list, (what) => on(odd, { retries: 3 })({ what }).value) }),
    })
    const { status, errors, events } = await newPlace().run(odds, { list })
    expect(status).toBe('failed')
    expect(codesOf(errors).sort()).toEqual([...list.slice(1).map(() => 'invalid-output'), 'output-too-large'])
    // never retried
    expect(events.filter(({ event }) => event === 'stage.retried')).toEqual([])
  })
}
