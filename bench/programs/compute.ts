import { main, map, pipeline, stage } from 'millrace'
import { z } from 'zod'

const computed = (): number => process.threadCpuUsage().user / 1e6

/** 1.5 s of one core's time, on any machine. */
export const fit = stage('fit', {
  input: z.object({ x: z.int() }),
  output: z.object({ y: z.number() }),
  run: ({ x }) => {
    let y = x
    for (const end = computed() + 1.5; computed() < end; )
      for (let i = 0; i < 100_000; i++) y = (y * 1103515245 + 12345) % 2147483648
    return { y }
  },
})

export const none = stage('none', {
  input: z.object({ n: z.int() }),
  output: z.object({ n: z.int() }),
  run: (given) => given,
})

export const compute = pipeline('compute', {
  input: z.object({ list: z.array(z.int()).default([1, 2, 3, 4]) }),
  build: ({ list }) => ({ fitted: map(list, (x) => fit({ x }).y) }),
})

/** One call that computes nothing. */
export const first = pipeline('first', {
  input: z.object({ n: z.int().default(1) }),
  build: ({ n }) => none({ n }),
})

main(import.meta, compute, first)
