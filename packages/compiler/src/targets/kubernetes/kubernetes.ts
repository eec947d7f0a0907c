import type { Target } from '../target.ts'

/** Plain manifests: a suspended Job per call, and a driver that releases them. */
export const kubernetes: Target = {
  capabilities: {
    name: 'kubernetes',
    kinds: ['typescript'],
    maps: 'nested',
    forgivingMaps: true,
    conditions: true,
    after: true,
    workers: false,
    secrets: true,
    queue: false,
    buckets: false,
    exported: true,
    ownEnv: true,
  },
  needsCluster: true,
  async lower(program) {
    const { environment } = program
    if (!environment) throw new Error('the target "kubernetes" needs the environment of a cluster')
    const { lower } = await import('./lower.ts')
    return lower({ ...program, environment })
  },
}
