import { main, pipeline, type Ref, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.number() })
const options = { input: n, output: n, resources: { cpu: 1, memory: '512Mi' } } as const
export const a = stage('a', { ...options, run: ({ n }) => ({ n: n + 1 }) })
export const b = stage('b', { ...options, run: ({ n }) => ({ n: n + 2 }) })
export const c = stage('c', { ...options, run: ({ n }) => ({ n: n + 3 }) })
export const d = stage('d', { ...options, run: ({ n }) => ({ n: n + 4 }) })
export const e = stage('e', { ...options, run: ({ n }) => ({ n: n + 5 }) })
export const f = stage('f', { ...options, run: ({ n }) => ({ n: n + 6 }) })
export const g = stage('g', { ...options, run: ({ n }) => ({ n: n + 7 }) })
export const h = stage('h', { ...options, run: ({ n }) => ({ n: n + 8 }) })
export const i = stage('i', { ...options, run: ({ n }) => ({ n: n + 9 }) })
export const j = stage('j', { ...options, run: ({ n }) => ({ n: n + 10 }) })

const size = Number(process.env.SIZE ?? 10_000)
const stages = [a, b, c, d, e, f, g, h, i, j]
const call = (i: number, n: number | Ref<number>): Ref<number> => (stages[i % 10] as typeof a)({ n }).n

/** One call after the other, of ten stages in turn. */
export const chain = pipeline('chain', {
  input: z.object({}),
  build: () => ({ n: Array.from({ length: size }).reduce<number | Ref<number>>((n, _, i) => call(i, n), 0) }),
})

/** All calls beside each other. */
export const fan = pipeline('fan', {
  input: z.object({}),
  build: () => ({ all: Array.from({ length: size }, (_, i) => call(i, i)) }),
})

main(import.meta, chain, fan)
