import { is, map, pipeline, when } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { told } from './events.ts'
import { on } from './here.ts'
import type { Kind, Place } from './runtime.ts'
import { gather, leave, receive, word } from './stages/absent.ts'

export function absent(newPlace: () => Place, kind: Kind): void {
  const order = test.skipIf(kind.dear)

  test('an absent value leaves an optional field out and lets a default stand', async () => {
    const fed = pipeline('fed', {
      input: z.object({ there: z.boolean() }),
      build: ({ there }) => {
        const maybe = when(there, () => on(word)({ of: 'here' }).text)
        const inner = { optional: when(there, () => 1), fallback: when(there, () => 2) }
        const got = on(receive)({ optional: maybe, fallback: maybe, inner })
        return { got, maybe, also: { maybe, one: 1 } }
      },
    })
    const place = newPlace()
    const present = await place.run(fed, { there: true })
    expect(present.output).toEqual({
      got: {
        keys: ['fallback', 'inner', 'nullable', 'optional'],
        value: { optional: 'here', fallback: 'here', nullable: null, inner: { optional: 1, fallback: 2 } },
      },
      maybe: 'here',
      also: { maybe: 'here', one: 1 },
    })
    const missing = await place.run(fed, { there: false })
    expect(missing.output).toEqual({
      got: {
        keys: ['fallback', 'inner', 'nullable'],
        value: { fallback: 'the default', nullable: null, inner: { fallback: 7 } },
      },
      also: { one: 1 },
    })
    expect(Object.keys(missing.output)).not.toContain('maybe')
    expect(told(missing.events)).toContain('word skipped')
    expect(missing.events.find(({ event }) => event === 'stage.skipped')).toMatchObject({
      because: 'input.there === true is false',
    })
  })

  order('what a stage may leave out is absent for those who read it', async () => {
    const left = pipeline('left', {
      input: z.object({}),
      build: () => {
        const [without, given] = [on(leave)({ with: false }), on(leave)({ with: true })]
        return {
          without,
          given,
          got: on(receive)({ optional: without.maybe, fallback: without.maybe }).value,
          then: when(
            is(without.maybe, '===', undefined),
            () => 'nothing',
            () => 'something',
          ),
          other: when(
            is(given.maybe, '===', undefined),
            () => 'nothing',
            () => 'something',
          ),
        }
      },
    })
    const { output } = await newPlace().run(left, {})
    expect(output).toEqual({
      without: { filled: 'filled by the producer' },
      given: { maybe: 'here', filled: 'given' },
      got: { fallback: 'the default', nullable: null, inner: { fallback: 8 } },
      then: 'nothing',
      other: 'something',
    })
  })

  order('an absent item of a map is null, so that indexes stay', async () => {
    const aligned = pipeline('aligned', {
      input: z.object({ words: z.array(z.string()) }),
      build: ({ words }) => {
        const list = map(words, (of) => when(is(of, '!==', 'b'), () => on(word)({ of }).text))
        const fields = map(words, (of) => ({ text: when(is(of, '===', 'b'), () => of), of }))
        return { list, joined: on(gather)({ list }).joined, texts: fields.text, fields }
      },
    })
    const { output, events } = await newPlace().run(aligned, { words: ['a', 'b', 'c'] })
    expect(output).toEqual({
      list: ['a', null, 'c'],
      joined: 'a - c',
      texts: [null, 'b', null],
      fields: [{ of: 'a' }, { text: 'b', of: 'b' }, { of: 'c' }],
    })
    expect(told(events)).toContain('word[1] skipped')
  })

  test('defaults of a pipeline hold in a call as in a run', async () => {
    const Input = z.object({
      text: z.string().default('by default'),
      n: z.object({ a: z.int().default(1) }).prefault({}),
    })
    const inner = pipeline('inner', {
      input: Input,
      build: ({ text, n }) => ({ text: on(word)({ of: text }).text, n }),
    })
    const outer = pipeline('outer', {
      input: Input.extend({ there: z.boolean().default(false) }),
      build: ({ text, n, there }) => ({
        none: inner({}),
        maybe: inner({ text: when(there, () => 'there'), n: { a: when(there, () => 5) } }),
        passed: inner({ text, n }),
      }),
    })
    const place = newPlace()
    const both = { text: 'by default', n: { a: 1 } }
    expect((await place.run(outer, {})).output).toEqual({ none: both, maybe: both, passed: both })
    expect((await place.run(outer, { there: true, text: 'given' })).output).toEqual({
      none: both,
      maybe: { text: 'there', n: { a: 5 } },
      passed: { text: 'given', n: { a: 1 } },
    })
  })

  order('both branches of a when give one value', async () => {
    const either = pipeline('either', {
      input: z.object({ n: z.number() }),
      build: ({ n }) => ({
        sign: when(
          is(n, '>=', 0),
          () => on(word)({ of: 'plus' }).text,
          () => on(word)({ of: 'minus' }).text,
        ),
        nested: when(
          is(n, '<', 10),
          () =>
            when(
              is(n, '<=', 0),
              () => 'low',
              () => 'middle',
            ),
          () => 'high',
        ),
        equal: when(
          is(n, '===', 5),
          () => ({ five: on(word)({ of: 'five' }).text }),
          () => ({ five: null }),
        ).five,
        nothing: when(is(n, '>', 5), () => {
          on(word)({ of: 'only for its effect' })
        }),
      }),
    })
    const place = newPlace()
    const outputs = [-1, 5, 10].map((n) => place.run(either, { n }).then(({ output }) => output))
    expect(await Promise.all(outputs)).toEqual([
      { sign: 'minus', nested: 'low', equal: null },
      { sign: 'plus', nested: 'middle', equal: 'five' },
      { sign: 'plus', nested: 'high', equal: null },
    ])
  })
}
