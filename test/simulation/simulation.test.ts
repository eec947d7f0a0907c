import { expect, test } from 'vitest'
import { simulate } from './simulate.ts'

/** More of them are tried by `SIM_SEEDS=5000`, one alone by `SIM_FIRST=64 SIM_SEEDS=1`. */
const seeds = Number(process.env.SIM_SEEDS ?? 200)
const first = Number(process.env.SIM_FIRST ?? 0)
const inOneTest = 20
const parts = Array.from({ length: Math.ceil(seeds / inOneTest) }, (_, part) => first + part * inOneTest)

test.each(parts)('runs on a simulated cluster end as they must, from seed %i', { timeout: 300_000 }, async (from) => {
  const problems: string[] = []
  const to = Math.min(from + inOneTest, first + seeds)
  for (let seed = from; seed < to; seed++) problems.push(...(await simulate(seed)))
  expect(problems).toEqual([])
})
