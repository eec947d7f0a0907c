import type { Accelerator, Accelerators } from './accelerator.ts'

/** Node labels of a slice (GKE). */
export const tpuLabels = {
  type: 'cloud.google.com/gke-tpu-accelerator',
  topology: 'cloud.google.com/gke-tpu-topology',
} as const

const tpu = (name: string, topologies: { readonly [topology: string]: number }, cubes?: number): Accelerator => ({
  vendor: 'google',
  resource: 'google.com/tpu',
  labels: { [tpuLabels.type]: name },
  arch: 'amd64',
  topologies,
  ...(cubes === undefined ? {} : { cubes }),
})

const flat = { '1x1': 1, '2x2': 4, '2x4': 8, '4x4': 4, '4x8': 4, '8x8': 4, '8x16': 4, '16x16': 4 }
const deep = { '2x2x1': 4, '2x2x2': 4, '2x2x4': 4, '2x4x4': 4 }

/** Cloud TPU: chips of one host by topology; of slices of 2x4, those on one host (cloud.google.com/tpu/docs). */
export const tpus: Accelerators = {
  v4: tpu('tpu-v4-podslice', deep, 64),
  v5e: tpu('tpu-v5-lite-podslice', flat),
  v5p: tpu('tpu-v5p-slice', deep, 140),
  v6e: tpu('tpu-v6e-slice', flat),
  v7: tpu('tpu7x', { '1x1x1': 1, ...deep }, 144),
}

/** Chips of a slice. */
export const chipsOf = (topology: string): number =>
  topology.split('x').reduce((product, side) => product * Number(side), 1)

/** Chips of one host of a slice; `undefined` where there is no such slice. */
export function chipsOfHost({ topologies, cubes = 0 }: Accelerator, topology: string): number | undefined {
  const known = topologies && Object.hasOwn(topologies, topology) ? topologies[topology] : undefined
  if (known !== undefined || !/^\d+x\d+x\d+$/.test(topology)) return known
  const sides = topology.split('x').map(Number)
  const grows = sides.every((side, i) => side >= (sides[i - 1] ?? 4) && side % 4 === 0)
  return grows && chipsOf(topology) / 64 <= cubes ? 4 : undefined
}
