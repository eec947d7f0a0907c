import { is, map, pipeline, stage, toGraph, when } from 'millrace'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { newPlace } from './place.ts'
import { add } from './stages.ts'

const pass = stage('pass', {
  input: z.object({
    optional: z.number().optional(),
    fallback: z.number().default(7),
    list: z.array(z.number()).optional(),
  }),
  output: z.object({ keys: z.array(z.string()), fallback: z.number() }),
  run: (input) => ({ keys: Object.keys(input).toSorted(), fallback: input.fallback }),
})
const need = stage('need', {
  input: z.object({ n: z.number(), inner: z.object({ m: z.number() }).optional() }),
  output: z.object({ n: z.number() }),
  run: ({ n }) => ({ n }),
})
const nullable = stage('nullable', {
  input: z.object({ n: z.number().nullable() }),
  output: z.object({ n: z.number().nullable() }),
  run: ({ n }) => ({ n }),
})

/** Contracts: authoring, "Absent values", row by row. What tsc refuses is written with `never`. */
const build = (body: (maybe: never) => unknown) =>
  pipeline('absent', {
    input: z.object({ go: z.boolean().default(false) }),
    build: ({ go }) => {
      const maybe = when(go, () => add({ n: 1 }).n)
      return body(maybe as never) as never
    },
  })

/** What toGraph says, without places. */
function refusal(body: (maybe: never) => unknown): string[] {
  try {
    toGraph(build(body))
    return []
  } catch (error) {
    const { diagnostics } = error as { diagnostics: readonly { code: string; message: string; fix: string }[] }
    return diagnostics.map(({ code, message, fix }) => `${code}: ${message}. ${fix}`)
  }
}

describe('a value that may be absent', () => {
  test('feeds an optional field: absent; a field with a default: the default', async () => {
    const optional = build((maybe) => pass({ optional: maybe, fallback: maybe, list: maybe }))
    const place = newPlace()
    expect((await place.run(optional, {})).output).toEqual({ keys: ['fallback'], fallback: 7 })
  })

  test('is an item of a map: null; a field of the output: left out', async () => {
    const given = pipeline('given', {
      input: z.object({ go: z.boolean() }),
      build: ({ go }) => {
        const items = map([1, 2], (n) => when(is(n, '>', 1), () => add({ n }).n))
        return { items, maybe: when(go, () => 1), deep: { maybe: when(go, () => 1), list: [when(go, () => 1)] } }
      },
    })
    const { output } = await newPlace().run(given, { go: false })
    expect(JSON.stringify(output)).toBe('{"items":[null,3],"deep":{"list":[null]}}')
  })

  test('is a field of what a map gives: null in the list of that field, and for a map over it', async () => {
    const over = pipeline('over', {
      input: z.object({ go: z.boolean().default(false) }),
      build: ({ go }) => {
        const rows = map([1, 2], (n) => ({ n, even: when(is(n, '===', 2), () => n) }))
        const written = [when(go, () => 3), 4]
        return { even: map(rows.even, (n) => nullable({ n }).n), written: map(written, (n) => nullable({ n }).n) }
      },
    })
    expect((await newPlace().run(over, {})).output).toEqual({ even: [null, 2], written: [null, 4] })
  })

  test('is the whole output: empty', async () => {
    const whole = pipeline('whole', {
      input: z.object({ go: z.boolean() }),
      build: ({ go }) => when(go, () => add({ n: 1 })),
    })
    const place = newPlace()
    expect((await place.run(whole, { go: true })).output).toEqual({ n: 2 })
    expect((await place.run(whole, { go: false })).output).toEqual({})
  })

  test('is an input of a sub-pipeline that the call leaves out: absent in it', async () => {
    const inner = pipeline('inner', {
      input: z.object({ maybe: z.number().optional() }),
      build: ({ maybe }) => {
        const state = when(
          is(maybe, '===', undefined),
          () => 'absent',
          () => 'there',
        )
        return { got: pass({ optional: maybe }), maybe, state }
      },
    })
    const outer = pipeline('outer', {
      input: z.object({}),
      build: () => ({ left: inner({}), given: inner({ maybe: 1 }) }),
    })
    expect((await newPlace().run(outer, {})).output).toEqual({
      left: { got: { keys: ['fallback'], fallback: 7 }, state: 'absent' },
      given: { got: { keys: ['fallback', 'optional'], fallback: 7 }, maybe: 1, state: 'there' },
    })
  })

  test('feeds a required field: refused', () => {
    expect(refusal((maybe) => need({ n: maybe }))).toEqual([
      'maybe-absent: "n" of "need" needs a value, and "when" may be absent. Put "need" inside the when that makes the value, or give that when an else.',
    ])
  })

  test('feeds a required field of an object that is itself optional: refused', () => {
    expect(refusal((maybe) => need({ n: 1, inner: { m: maybe } }))).toEqual([
      'maybe-absent: "inner.m" of "need" needs a value, and "when" may be absent. Put "need" inside the when that makes the value, or give that when an else.',
    ])
  })

  test('feeds a nullable field: refused', () => {
    expect(refusal((maybe) => nullable({ n: maybe }))).toEqual([
      'maybe-absent: "n" of "nullable" needs a value, and "when" may be absent. Put "nullable" inside the when that makes the value, or give that when an else.',
    ])
  })

  test('is the list of a map: refused', () => {
    expect(
      refusal((maybe) => map(when(is(maybe, '>', 0), () => [1, 2]) as never as number[], (n) => add({ n }).n)),
    ).toEqual([
      'maybe-absent: the list of "map" needs a value, and "when.2" may be absent. Put "map" inside the when that makes the value, or give that when an else.',
    ])
  })

  test('is an item of a list that is written out: refused', () => {
    expect(refusal((maybe) => pass({ list: [1, maybe] }))).toEqual([
      'maybe-absent: "list[1]" of "pass" needs a value, and "when" may be absent. Put "pass" inside the when that makes the value, or give that when an else.',
    ])
  })

  test('feeds a required field of a sub-pipeline: refused', () => {
    const inner = pipeline('inner', { input: z.object({ n: z.number() }), build: ({ n }) => ({ n: add({ n }).n }) })
    expect(refusal((maybe) => inner({ n: maybe }))).toEqual([
      'maybe-absent: "n" of "inner" needs a value, and "when" may be absent. Put "inner" inside the when that makes the value, or give that when an else.',
    ])
  })

  test('is what a field of it is, and what a pipeline with it gives', () => {
    const inner = pipeline('inner', {
      input: z.object({ go: z.boolean() }),
      build: ({ go }) => ({ maybe: when(go, () => add({ n: 1 })), sure: add({ n: 2 }).n }),
    })
    const outer = (maybe: never) => {
      const out = inner({ go: maybe })
      return [need({ n: out.maybe.n as never }), need({ n: out.sure })]
    }
    expect(refusal((maybe) => when(is(maybe, '>', 0), () => outer(true as never)))).toEqual([
      'maybe-absent: "n" of "need" needs a value, and "inner.maybe.n" may be absent. Give "inner.maybe.n" a value in each case: a default, or an else where a when makes it; or make "n" optional.',
    ])
  })

  test('is sure inside the when that makes it, and after an else', () => {
    const sure = pipeline('sure', {
      input: z.object({ go: z.boolean() }),
      build: ({ go }) => ({
        inside: when(go, () => need({ n: add({ n: 1 }).n }).n),
        otherwise: need({
          n: when(
            go,
            () => add({ n: 1 }).n,
            () => 0,
          ),
        }).n,
      }),
    })
    expect(() => toGraph(sure)).not.toThrow()
  })
})
