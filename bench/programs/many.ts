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
  run: ({ values }) => ({ n: values.reduce((a, b) => a + b, 0) }),
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
    n: sum({
      values: map(
        Array.from({ length: size }, (_, i) => i),
        (i) => step({ n: 1, i }).n,
      ),
    }).n,
  }),
})

main(import.meta, chain, fan, mapped)
