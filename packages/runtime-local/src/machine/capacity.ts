import { availableParallelism, totalmem } from 'node:os'
import {
  bytesOf,
  canonical,
  gpuCount,
  type Json,
  optionsOf,
  type Plan,
  type PlanStage,
  type Resources,
} from '@millrace/ir'
import { cgroupCpu, cgroupMemory } from './cgroup.ts'
import { type Gpu, gpusOf, isOfType } from './gpus.ts'
import { withoutHiding } from './hidden-gpus.ts'

/** What this machine has. */
export interface Capacity {
  readonly cpu: number
  /** Bytes. */
  readonly memory: number
  readonly gpu: number
  /** Which ones, where that is known. */
  readonly gpus?: readonly Gpu[]
}

/** What this process may use of its machine: its cgroup may have less. GPUs are looked for when somebody asks for one. */
export function machineCapacity(env: NodeJS.ProcessEnv = withoutHiding()): Capacity {
  let gpus: readonly Gpu[] | undefined
  const found = () => (gpus ??= gpusOf(env))
  return {
    cpu: Math.min(availableParallelism(), cgroupCpu() ?? Number.POSITIVE_INFINITY),
    memory: Math.min(totalmem(), cgroupMemory() ?? Number.POSITIVE_INFINITY),
    get gpu() {
      return found().length
    },
    get gpus() {
      return found()
    },
  }
}

/** What one request takes of the machine, cut to what the machine has. */
export interface Share {
  readonly cpu: number
  readonly memory: number
  readonly gpu: number
  /** Of which type they are to be: `h100-80gb`. Default: of any. */
  readonly gpuType?: string
  /** What the stage is told that it got. */
  readonly resources: Resources
  /** What had to be cut, in words. */
  readonly cut: readonly string[]
}

export function shareOf(asked: Resources, machine: Capacity): Share {
  const cut: string[] = []
  const resources: { -readonly [K in keyof Resources]: Resources[K] } = { ...asked }
  const cpu = Math.min(asked.cpu ?? 1, machine.cpu)
  if (cpu < (asked.cpu ?? 1)) {
    cut.push(`cpu ${asked.cpu} to ${cpu}`)
    resources.cpu = cpu
  }
  const wanted = bytesOf(asked.memory ?? '512Mi') ?? 0
  const memory = Math.min(wanted, machine.memory)
  if (memory < wanted) {
    const mebibytes = Math.floor(memory / 2 ** 20)
    cut.push(`memory ${asked.memory} to ${mebibytes}Mi`)
    resources.memory = `${mebibytes}Mi`
  }
  const gpus = gpuCount(asked)
  const gpu = gpus === 0 ? 0 : Math.min(gpus, machine.gpu)
  if (gpu < gpus) {
    cut.push(`gpu ${gpus} to ${gpu}`)
    if (gpu === 0) delete resources.gpu
    else resources.gpu = typeof asked.gpu === 'object' ? { ...asked.gpu, count: gpu } : gpu
  }
  if (asked.tpu) {
    cut.push(`tpu ${asked.tpu.type} ${asked.tpu.topology} to none`)
    delete resources.tpu
  }
  for (const [name, count] of Object.entries(asked.devices ?? {})) if (count > 0) cut.push(`${name} ${count} to 0`)
  delete resources.devices
  const type = gpu > 0 && typeof asked.gpu === 'object' ? { gpuType: asked.gpu.type } : {}
  return { cpu, memory, gpu, ...type, resources, cut }
}

/** The type of GPU that a request asks for and this machine has fewer of than it gets, with what it has instead. */
export function otherGpu({ gpu }: Resources, machine: Capacity): { type: string; models: string[] } | undefined {
  if (typeof gpu !== 'object' || gpu.count === 0) return undefined
  const gpus = machine.gpus ?? []
  const others = gpus.filter((one) => !isOfType(one, gpu.type))
  if (gpus.length - others.length >= Math.min(gpu.count, gpus.length)) return undefined
  return { type: gpu.type, models: [...new Set(others.flatMap(({ model }) => model ?? []))] }
}

/** The types of GPUs that calls of a Plan ask for. */
export function gpuTypes(plan: Plan): ReadonlySet<string> {
  const types = new Set<string>()
  for (const node of plan.nodes) {
    const gpu = node.kind === 'stage' ? optionsOf(plan, node).resources.gpu : undefined
    if (typeof gpu === 'object' && gpu.count > 0) types.add(gpu.type)
  }
  return types
}

/** The shares of a Plan's calls; equal requests are worked out once. */
export function sharesOf(plan: Plan, machine: Capacity): (node: PlanStage) => Share {
  const known = new Map<string, Share>()
  return (node) => {
    const { resources } = optionsOf(plan, node)
    const kind = canonical(resources as Json)
    const share = known.get(kind) ?? shareOf(resources, machine)
    known.set(kind, share)
    return share
  }
}
