import type { Event } from '@millrace/ir'
import { map, pipeline } from 'millrace'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { told } from './events.ts'
import { on } from './here.ts'
import { type Kind, type Place, unless } from './runtime.ts'
import { introspect, talk } from './stages/contexts.ts'

interface Seen {
  readonly seed: number
  readonly env: unknown
}

const metricsOf = (events: readonly Event[]) =>
  events.flatMap((at) => (at.event === 'metric' ? [[at.name, at.value, at.step]] : []))

export function contexts(newPlace: () => Place, kind: Kind): void {
  const order = test.skipIf(kind.dear)
  const fresh = unless(kind.without?.fresh, order)

  const asked = pipeline('asked', {
    input: z.object({ of: z.unknown(), also: z.unknown().default(null) }),
    build: ({ of, also }) => ({
      plain: on(introspect)({ of }).seen,
      more: on(introspect, { resources: { cpu: 0.25, memory: '128Mi' }, retries: 1 })({ of: [also] }).seen,
    }),
  })

  test('what a stage is told', async () => {
    process.env.CONFORMANCE_SET = 'set äö'
    const { output } = await newPlace().run(asked, { of: 1 })
    const env = { MODE: 'fast', HOME_OF_IT: 'nowhere', CONFORMANCE_SET: 'set äö' }
    const rest = { worker: { index: 0, count: 1 }, env, attempt: 1, aborted: false }
    const { seed } = output.plain as Seen
    expect(output.plain).toEqual({ seed, resources: { cpu: 1, memory: '512Mi', ...kind.overrides.resources }, ...rest })
    expect(output.more).toMatchObject({ resources: { cpu: 0.25, memory: '128Mi' }, ...rest })
    expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true)
    expect((output.more as Seen).seed).not.toBe(seed)
  })

  fresh('the seed is the same for the same work, in any store and whenever it is done', async () => {
    process.env.CONFORMANCE_SET = 'set'
    const place = newPlace()
    const runs = [
      await place.run(asked, { of: { b: 1, a: [2] } }),
      await place.run(asked, { of: { a: [2], b: 1 } }, { fresh: true }),
      await newPlace().run(asked, { of: { a: [2], b: 1 } }),
      await place.run(asked, { of: { a: [2], b: 2 } }),
    ]
    const [first, ...others] = runs.map(({ output }) => (output.plain as Seen).seed)
    expect(others.map((seed) => seed === first)).toEqual([true, true, false])
  })

  order('a value that is inherited is part of the key', async () => {
    const place = newPlace()
    const seen = async (value: string) => {
      process.env.CONFORMANCE_SET = value
      const { output, events } = await place.run(asked, { of: 1 })
      return [(output.plain as Seen).env, events.filter(({ event }) => event === 'stage.cached').length]
    }
    const env = { MODE: 'fast', HOME_OF_IT: 'nowhere' }
    expect(await seen('a')).toEqual([{ ...env, CONFORMANCE_SET: 'a' }, 0])
    expect(await seen('b')).toEqual([{ ...env, CONFORMANCE_SET: 'b' }, 0])
    expect(await seen('a')).toEqual([{ ...env, CONFORMANCE_SET: 'a' }, 2])
  })

  const talks = pipeline('talks', {
    input: z.object({ names: z.array(z.string()) }),
    build: ({ names }) => ({ names: map(names, (name) => on(talk)({ name }).name) }),
  })
  const metrics = [
    ['loss', 0.5, 1],
    ['loss', 0.25, 2],
    ['size', -1e-9, undefined],
  ]

  test('what a stage logs and prints becomes events of its own', async () => {
    const { events } = await newPlace().run(talks, { names: ['a', 'ö'] })
    for (const [i, name] of ['a', 'ö'].entries()) {
      const own = events.filter((at) => 'node' in at && at.node === 'talk' && at.index?.[0] === i)
      const logs = own.flatMap((at) => (at.event === 'log' ? [at] : []))
      const messages = logs.map(({ message }) => message)
      const expected = [
        `hello ${name}`,
        'nothing more',
        `printed ${name}`,
        'to the other',
        'two',
        'lines, the last without an end',
      ]
      expect(messages.toSorted()).toEqual(expected.toSorted())
      expect(logs.find(({ message }) => message === `hello ${name}`)).toMatchObject({
        level: 'info',
        attempt: 1,
        index: [i],
        data: { deep: [1, null, { a: 'b' }] },
      })
      expect(metricsOf(own)).toEqual(metrics)
      expect(own.at(-1)?.event).toBe('stage.succeeded')
    }
  })

  test('metrics and logs belong to the result: a hit tells them again', async () => {
    const place = newPlace()
    const first = await place.run(talks, { names: ['a'] })
    const { events } = await place.run(talks, { names: ['a', 'a'] })
    // a hit tells a log as its lines
    const line = (message: string, data: unknown) =>
      data === undefined ? message : `${message} ${JSON.stringify(data)}`
    const messages = (of: readonly Event[]) =>
      of.flatMap((at) => (at.event === 'log' ? [line(at.message, at.data)] : [])).toSorted()
    for (const index of [0, 1]) {
      const own = events.filter((at) => 'node' in at && at.index?.[0] === index)
      expect(own.at(-1)).toMatchObject({ event: 'stage.cached', from: first.run })
      expect(metricsOf(own)).toEqual(metrics)
      if (index === 0) expect(messages(own)).toEqual(messages(first.events))
    }
    expect(told(events)).toEqual(['talk[0] cached', 'talk[1] cached'])
  })
}
