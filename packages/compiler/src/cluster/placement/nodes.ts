import { bytesOf } from '@millrace/ir'
import type { Accelerator, Machine } from '../accelerators/accelerator.ts'
import { acceleratorOf, presets } from '../accelerators/presets.ts'
import { chipsOfHost } from '../accelerators/tpu.ts'
import type { ClusterEnvironment, NodePool } from '../environment.ts'

/** What one machine of a pool has; what is not known is no limit. */
export interface PoolNode {
  readonly pool: NodePool
  readonly cpu: number
  readonly memory: number
  readonly disk: number
  /** Of its accelerator, if it has one. */
  readonly type?: string
  readonly accelerator?: Accelerator
  /** GPUs, or chips of a TPU. */
  readonly count: number
  readonly topology?: string
}

/** The pools of an environment; `undefined` where it lists none. */
export const nodesOf = (environment: ClusterEnvironment): readonly PoolNode[] | undefined =>
  environment.nodes?.map((pool) => nodeOf(pool, environment))

function nodeOf(pool: NodePool, environment: ClusterEnvironment): PoolNode {
  const { machines } = presets[environment.preset]
  const named = pool.machine !== undefined && Object.hasOwn(machines, pool.machine) ? machines[pool.machine] : undefined
  const type = pool.tpu?.type ?? pool.gpu?.type ?? named?.[2]
  const accelerator = type === undefined ? undefined : acceleratorOf(environment, type)
  const chips = pool.tpu && accelerator ? chipsOfHost(accelerator, pool.tpu.topology) : undefined
  const count = pool.tpu ? (chips ?? 0) : (pool.gpu?.count ?? named?.[3] ?? 0)
  const machine = named ?? onlyMachine(Object.values(machines), type, count)
  const limit = (given: string | undefined, free: number | undefined) =>
    given === undefined ? (free ?? Number.POSITIVE_INFINITY) : (bytesOf(given) ?? 0)
  return {
    pool,
    cpu: pool.cpu ?? (machine ? freeCores(machine[0]) : Number.POSITIVE_INFINITY),
    memory: limit(pool.memory, machine && freeBytes(machine[1])),
    disk: limit(pool.disk, undefined),
    ...(type === undefined ? {} : { type }),
    ...(accelerator ? { accelerator } : {}),
    count,
    ...(pool.tpu ? { topology: pool.tpu.topology } : {}),
  }
}

/** The machine type that alone has such accelerators. */
function onlyMachine(machines: readonly Machine[], type: string | undefined, count: number): Machine | undefined {
  const [whole] = (type ?? '').split('/')
  // the parts of a cut GPU say nothing of how many GPUs there are
  const fitting = machines.filter((machine) => machine[2] === type && whole === type && machine[3] === count)
  return fitting.length === 1 ? fitting[0] : undefined
}

/** How much of each further range of cores, or GiB, a managed node keeps for itself (GKE; others are close). */
const keptCores = [
  [1, 0.06],
  [2, 0.01],
  [4, 0.005],
  [Number.POSITIVE_INFINITY, 0.0025],
] as const
const keptMemory = [
  [4, 0.25],
  [8, 0.2],
  [16, 0.1],
  [128, 0.06],
  [Number.POSITIVE_INFINITY, 0.02],
] as const

const freeCores = (cores: number): number => Math.floor((cores - kept(cores, keptCores)) * 1000) / 1000

/** Whole GiB; at a tenth of one left, pods begin to be evicted. */
const freeBytes = (gibibytes: number): number => Math.floor(gibibytes - kept(gibibytes, keptMemory) - 0.1) * 2 ** 30

function kept(amount: number, ranges: readonly (readonly [to: number, share: number])[]): number {
  let sum = 0
  let from = 0
  for (const [to, share] of ranges) {
    sum += Math.max(0, Math.min(amount, to) - from) * share
    from = to
  }
  return sum
}
