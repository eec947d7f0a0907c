import type { Campaign } from './campaign.ts'
import { inVitest } from './in-vitest.ts'

const seedsInCase = 100

/** A driver on a simulated cluster, under a virtual clock. */
export const simulation: Campaign = {
  name: 'simulation',
  what: 'on a simulated cluster that refuses, forgets and lags, a driver brings every run to its right end (100 seeds a case)',
  sample: 2,
  full: 100,
  async perform({ index, seed }) {
    const first = String((seed * 10_000 + index) * seedsInCase)
    await inVitest('test/simulation/simulation.test.ts', { SIM_FIRST: first, SIM_SEEDS: String(seedsInCase) })
    return undefined
  },
}

/** A driver on the real cluster that KUBECONFIG names. */
export const onCluster: Campaign = {
  name: 'cluster',
  what: 'on a real cluster a run ends with its right result, committed once, and its Jobs as they were reviewed',
  sample: 0,
  full: 98,
  async perform({ index, seed }) {
    if (!process.env.KUBECONFIG) return 'KUBECONFIG names no cluster'
    const first = String((seed - 1) * 1000 + index)
    await inVitest('test/e2e/faults.test.ts', { MILLRACE_E2E_FIRST: first, MILLRACE_E2E_ROUNDS: '1' })
    return undefined
  },
}
