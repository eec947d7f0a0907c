import type { Json, JsonObject } from '@millrace/ir'
import type { AnyPipeline } from '@millrace/sdk'
import { is, map, pipeline, stage, when } from 'millrace'
import { z } from 'zod'

const number = z.object({ n: z.int() })
const numbers = z.object({ numbers: z.array(z.int()) })
const one = { input: number, output: number }

const add = stage('add', { ...one, run: ({ n }) => ({ n: n + 1 }) })
const double = stage('double', { ...one, run: ({ n }) => ({ n: 2 * n }) })
const sum = stage('sum', { input: numbers, output: number, run: ({ numbers }) => ({ n: total(numbers) }) })
const count = stage('count', {
  input: z.object({ width: z.int() }),
  output: numbers,
  run: ({ width }) => ({ numbers: Array.from({ length: width }, (_, i) => i) }),
})
const talk = stage('talk', {
  ...one,
  run({ n }, { log, metric }) {
    log(`got ${n}`)
    metric('n', n)
    return { n }
  },
})
/** Fails twice, then not. */
const flaky = stage('flaky', {
  ...one,
  retries: 4,
  run({ n }, { attempt }) {
    if (attempt < 3) throw new Error('not yet')
    return { n: n + 100 }
  },
})
const odd = stage('odd', {
  ...one,
  run({ n }) {
    if (n % 2 === 1) throw new Error(`${n} is odd, for good`)
    return { n }
  },
})
/** Gives something else each time that it runs. */
const draw = stage('draw', { ...one, retries: 3, run: (_, { seed }) => ({ n: seed }) })

const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)
const onWidth = z.object({ width: z.int() })

/** What a run must end with, worked out without any of our own code. */
interface Truth {
  /** Missing: it fails. */
  readonly output?: Json | ((output: Json) => boolean)
  /** How every failure of it reads. */
  readonly failure?: RegExp
}

export interface SimProgram {
  readonly name: string
  readonly pipeline: AnyPipeline
  readonly input: JsonObject
  /** Has stages whose results no other run may take. */
  readonly uncached?: boolean
  readonly truth: Truth
}

const chain = pipeline('chain', {
  input: number,
  build: ({ n }) => ({ end: talk({ n: double({ n: add({ n }).n }).n }).n }),
})
const diamond = pipeline('diamond', {
  input: number,
  build({ n }) {
    const top = add({ n })
    const [left, right] = [double({ n: top.n }), flaky({ n: top.n })]
    return sum.with({ after: [talk({ n: top.n })] })({ numbers: [left.n, right.n] })
  },
})
const wide = pipeline('wide', {
  input: onWidth,
  build({ width }) {
    const all = map(count({ width }).numbers, (n) => double({ n: talk({ n }).n }))
    return { sum: sum({ numbers: all.n }).n }
  },
})
const narrow = pipeline('narrow', {
  input: onWidth,
  build: ({ width }) => ({ all: map(count({ width }).numbers, (n) => flaky({ n }).n, { concurrency: 2 }) }),
})
const nested = pipeline('nested', {
  input: z.object({ lists: z.array(z.array(z.int())) }),
  build({ lists }) {
    const sums = map(lists, (list) => sum({ numbers: map(list, (n) => add({ n }).n, { concurrency: 1 }) }).n)
    return { sums, all: sum({ numbers: sums }).n }
  },
})
const branch = pipeline('branch', {
  input: number,
  build({ n }) {
    const first = add({ n })
    const taken = when(
      is(first.n, '>', 3),
      () => double({ n: first.n }),
      () => map([1, 2], (k) => add({ n: k })),
    )
    const perhaps = when(is(first.n, '<', 0), () => talk({ n: first.n }))
    return { taken, perhaps }
  },
})
const equal = pipeline('equal', {
  input: number,
  build({ n }) {
    const twice = [add({ n }).n, add({ n }).n]
    const same = map([1, 1, 2, 1], (k) => add({ n: k }).n)
    const again = map([2, 1], (k) => add({ n: k }).n)
    return { twice, same, again, later: add({ n: double({ n }).n }).n }
  },
})
const allowed = pipeline('allowed', {
  input: onWidth,
  build({ width }) {
    const all = map(count({ width }).numbers, (n) => double({ n: odd({ n }).n }).n, { failures: 'allow' })
    return { all }
  },
})
const failing = pipeline('failing', {
  input: onWidth,
  build({ width }) {
    const all = map(count({ width }).numbers, (n) => odd({ n }).n)
    return { sum: sum({ numbers: all }).n, aside: talk({ n: 5 }).n }
  },
})
const failed = pipeline('failed', {
  input: number,
  build: ({ n }) => ({ n: add({ n: odd({ n: double({ n: add({ n }).n }).n }).n }).n, bad: odd({ n }).n }),
})
const uncached = pipeline('uncached', {
  input: number,
  build({ n }) {
    const drawn = map([1, 1, 1, 1], (k) => draw.with({ cache: false })({ n: k }).n)
    const single = draw.with({ cache: false })({ n })
    const kept = draw({ n })
    return { drawn, sum: sum({ numbers: drawn }).n, single: single.n, copy: double({ n: kept.n }).n, kept: kept.n }
  },
})
const inner = pipeline('inner', {
  input: z.object({ n: z.int(), by: z.int().default(3) }),
  build: ({ n, by }) => ({ n: sum({ numbers: [add({ n }).n, by] }).n }),
})
const outer = pipeline('outer', {
  input: number,
  build({ n }) {
    const first = inner({ n })
    return { all: map([0, 1], (k) => inner({ n: k, by: first.n }).n), first: first.n }
  },
})

let tries = 0
/** Fails for good when it is tried first, whatever the run. */
const repaired = stage('repaired', {
  ...one,
  run({ n }) {
    if (tries++ === 0) throw new Error('for good, until it is mended')
    return { n }
  },
})
const mended = pipeline('mended', {
  input: number,
  build: ({ n }) => double({ n: repaired({ n: add({ n }).n }).n }),
})
const crowd = pipeline('crowd', {
  input: onWidth,
  build: ({ width }) => ({ all: map(count({ width }).numbers, (n) => add({ n }).n) }),
})

/** Has one line that is read in pieces, with characters of three bytes across their ends. */
export const loudLog = `${'x€'.repeat(400_000)}\nmore\n\nlast`
const shout = stage('shout', {
  ...one,
  run({ n }, { log }) {
    log(loudLog)
    return { n }
  },
})
const loud = pipeline('sim', { input: number, build: ({ n }) => shout({ n }) })

/** More lines than are told as events. */
export const chatter = Array.from({ length: 30_000 }, (_, i) => `line ${i} ${'.'.repeat(60)}`)
const chat = stage('chat', {
  ...one,
  run({ n }, { log }) {
    log(chatter.join('\n'))
    return { n }
  },
})
const chatty = pipeline('sim', { input: number, build: ({ n }) => chat({ n }) })

/** Programs for one purpose, which no seed runs. */
export const others: readonly SimProgram[] = [
  { name: 'mended', pipeline: mended, input: { n: 3 }, truth: {} },
  { name: 'loud', pipeline: loud, input: { n: 1 }, truth: {} },
  { name: 'chatty', pipeline: chatty, input: { n: 1 }, truth: {} },
  { name: 'crowd', pipeline: crowd, input: { width: 100_001 }, truth: {} },
]

interface Drawn {
  readonly drawn: readonly number[]
  readonly sum: number
  readonly copy: number
  readonly kept: number
}
const consistent = (output: Json): boolean => {
  const { drawn, sum, copy, kept } = output as unknown as Drawn
  return total(drawn) === sum && copy === 2 * kept && new Set(drawn).size === drawn.length
}
const upTo = (width: number): number[] => Array.from({ length: width }, (_, i) => i)
const ofWidth = (width: number): SimProgram[] => [
  { name: `wide ${width}`, pipeline: wide, input: { width }, truth: { output: { sum: 2 * total(upTo(width)) } } },
  {
    name: `narrow ${width}`,
    pipeline: narrow,
    input: { width },
    truth: { output: { all: upTo(width).map((n) => n + 100) } },
  },
]

export const programs: readonly SimProgram[] = [
  { name: 'chain', pipeline: chain, input: { n: 3 }, truth: { output: { end: 8 } } },
  { name: 'diamond', pipeline: diamond, input: { n: 3 }, truth: { output: { n: 112 } } },
  ...[0, 1, 7].flatMap(ofWidth),
  {
    name: 'nested',
    pipeline: nested,
    input: { lists: [[1, 2], [], [3, 4, 5], [1]] },
    truth: { output: { sums: [5, 0, 15, 2], all: 22 } },
  },
  { name: 'branch then', pipeline: branch, input: { n: 3 }, truth: { output: { taken: { n: 8 } } } },
  { name: 'branch else', pipeline: branch, input: { n: 2 }, truth: { output: { taken: [{ n: 2 }, { n: 3 }] } } },
  {
    name: 'equal',
    pipeline: equal,
    input: { n: 1 },
    truth: { output: { twice: [2, 2], same: [2, 2, 3, 2], again: [3, 2], later: 3 } },
  },
  { name: 'allowed', pipeline: allowed, input: { width: 4 }, truth: { output: { all: [0, null, 4, null] } } },
  {
    name: 'failing',
    pipeline: failing,
    input: { width: 4 },
    truth: { failure: /^"odd" threw Error: \d is odd, for good$/ },
  },
  {
    name: 'failed',
    pipeline: failed,
    input: { n: 1 },
    truth: { failure: /^"odd(\.2)?" threw Error: \d is odd, for good$/ },
  },
  { name: 'uncached', pipeline: uncached, input: { n: 1 }, uncached: true, truth: { output: consistent } },
  { name: 'sub-pipeline', pipeline: outer, input: { n: 1 }, truth: { output: { all: [6, 7], first: 5 } } },
]
