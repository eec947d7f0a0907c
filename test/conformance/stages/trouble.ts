import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { stage } from 'millrace'
import { z } from 'zod'

const Numbered = z.object({ n: z.int() })

/** Fails for what is bad. */
export const fussy = stage('fussy', {
  input: z.object({ n: z.int(), bad: z.array(z.int()) }),
  output: Numbered,
  run: ({ n, bad }) => {
    if (bad.includes(n)) throw new Error(`${n} is bad`)
    return { n }
  },
})

export const next = stage('next', {
  input: Numbered,
  output: Numbered,
  run: ({ n }) => ({ n: n + 1 }),
})

export const gather = stage('gather', {
  input: z.object({ list: z.array(z.int().nullable()) }),
  output: z.object({ found: z.array(z.int()) }),
  run: ({ list }) => ({ found: list.filter((n) => n !== null) }),
})

/** Succeeds at one of its attempts, not before. */
export const flaky = stage('flaky', {
  input: z.object({ at: z.int() }),
  output: z.object({ attempt: z.int() }),
  run: ({ at }, { attempt }) => {
    if (attempt < at) throw new Error(`not at attempt ${attempt}`)
    return { attempt }
  },
})

/** Ends late, or when it is told to. */
export const slow = stage('slow', {
  input: z.object({ heeds: z.boolean() }),
  output: z.object({}),
  run: async ({ heeds }, { signal }) => {
    await sleep(5000, undefined, heeds ? { signal } : {})
    return {}
  },
})

/** Fails until a file is there. */
export const needs = stage('needs', {
  input: z.object({ path: z.string(), after: z.unknown() }),
  output: z.object({}),
  run: ({ path }) => {
    if (!existsSync(path)) throw new Error('it is not there yet')
    return {}
  },
})

/** Waits for a file, or until it is told to end. */
export const waits = stage('waits', {
  input: z.object({ path: z.string(), after: z.unknown() }),
  output: z.object({}),
  run: async ({ path }, { signal }) => {
    while (!existsSync(path)) await sleep(10, undefined, { signal })
    return {}
  },
})

export const effect = stage('effect', {
  cache: false,
  input: z.object({ of: z.string() }),
  output: z.object({ at: z.number(), seed: z.int() }),
  run: (_, { seed }) => ({ at: performance.timeOrigin + performance.now(), seed }),
})

/** Ends in every way that is not a return. */
export const ends = stage('ends', {
  input: z.object({ how: z.string() }),
  output: z.object({}),
  run: ({ how }) => {
    if (how === 'exit') process.exit(0)
    if (how === 'null') throw null
    if (how === 'text') throw 'only a text'
    if (how === 'cause') throw new Error('outer', { cause: new TypeError('inner') })
    if (how === 'promise') return Promise.reject(new RangeError('out of range'))
    return {}
  },
})
