import { stage } from 'millrace'
import { z } from 'zod'

/** What the calculation fails for. */
export const unlucky = (n: number): boolean => n % 7 === 3

export const calc = stage('calc', {
  input: z.object({ a: z.number(), b: z.number(), c: z.number().default(3), d: z.number().optional() }),
  output: z.object({ n: z.number() }),
  run: async ({ a, b, c, d = 0 }) => {
    const n = a + b * 2 + c + d
    if (n % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
    if (unlucky(n)) throw new Error(`${n} is unlucky`)
    return { n }
  },
})

export const fold = stage('fold', {
  input: z.object({ of: z.array(z.number().nullable()) }),
  output: z.object({ n: z.number() }),
  run: ({ of }) => ({ n: of.reduce<number>((sum, n, i) => sum + (n ?? -1) * (i + 1), 0) }),
})

export const range = stage('range', {
  input: z.object({ n: z.number() }),
  output: z.object({ list: z.array(z.number()) }),
  run: ({ n }) => ({ list: Array.from({ length: Math.abs(n) % 4 }, (_, i) => n + i) }),
})
