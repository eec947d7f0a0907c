import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'

const n = z.object({ n: z.number() })

export const top = stage('top', { input: n, output: n, run: ({ n }) => ({ n: n + 1 }) })
export const left = stage('left', { input: n, output: n, run: ({ n }) => ({ n: n * 2 }) })
export const right = stage('right', { input: n, output: n, run: ({ n }) => ({ n: n * 3 }) })
export const bottom = stage('bottom', {
  input: z.object({ a: z.number(), b: z.number() }),
  output: n,
  run: ({ a, b }) => ({ n: a + b }),
})

export const diamond = pipeline('diamond', {
  input: z.object({ n: z.number().default(1) }),
  build: ({ n }) => {
    const start = top({ n })
    return { n: bottom({ a: left({ n: start.n }).n, b: right({ n: start.n }).n }).n }
  },
})

main(import.meta, diamond)
