import { main, map, pipeline, type Ref, stage } from 'millrace'
import { z } from 'zod'

export const step = stage('step', {
  input: z.object({ n: z.number(), i: z.number() }),
  output: z.object({ n: z.number() }),
  run: ({ n, i }) => ({ n: n + i }),
})

export const sum = stage('sum', {
  input: z.object({ values: z.array(z.number()) }),
  output: z.object({ n: z.number() }),
  run: ({ values }) => ({ n: values.reduce((a, b) => a + b, 0) % 1_000_000_007 }),
})

export const range = stage('range', {
  input: z.object({ size: z.number() }),
  output: z.object({ list: z.array(z.number()) }),
  run: ({ size }) => ({ list: Array.from({ length: size }, (_, i) => i) }),
})

const size = Number(process.env.SIZE ?? 10_000)

export const chain = pipeline('chain', {
  input: z.object({}),
  build: () => {
    let n: number | Ref<number> = 0
    for (let i = 0; i < size; i++) n = step({ n, i }).n
    return { n }
  },
})

export const fan = pipeline('fan', {
  input: z.object({}),
  build: () => {
    const out: Ref<number>[] = []
    for (let i = 0; i < size; i++) out.push(step({ n: 1, i }).n)
    return { n: sum({ values: out }).n }
  },
})

export const mapped = pipeline('mapped', {
  input: z.object({}),
  build: () => ({
    n: sum({ values: map(range({ size }).list, (i) => step({ n: 1, i }).n) }).n,
  }),
})

/** Layers of calls, each of which reads three of the layer before: 300 of 300 when the size is 90,000. */
export const layers = pipeline('layers', {
  input: z.object({}),
  build: () => {
    const width = Math.round(Math.sqrt(size))
    let before: readonly (number | Ref<number>)[] = Array.from({ length: width }, (_, i) => i)
    for (let layer = 0; layer < width; layer++)
      before = before.map((_, i) => {
        const values = [0, 1, 7].map((step) => before[(i + step) % width] as Ref<number>)
        return sum({ values }).n
      })
    return { n: sum({ values: before as Ref<number>[] }).n }
  },
})

main(import.meta, chain, fan, mapped, layers)
