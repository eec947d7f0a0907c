import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One GPU of this machine, or a part of one (NVIDIA MIG). */
export interface Gpu {
  readonly vendor: 'nvidia' | 'amd'
  /** As `CUDA_VISIBLE_DEVICES` or `ROCR_VISIBLE_DEVICES` take it: a UUID where it is known, else a number. */
  readonly id: string
  /** What its vendor calls it: `NVIDIA H100 80GB HBM3`. */
  readonly model?: string
}

/** Where the system tells of its devices. */
export interface GpuSources {
  /** A folder per GPU: the driver of NVIDIA. */
  readonly nvidia: string
  /** A folder with `gi*` per GPU that is divided. */
  readonly mig: string
  /** A folder per node: the driver of AMD. */
  readonly amd: string
  /** Output of `nvidia-smi -L`; undefined where there is none. */
  list(): string | undefined
}

const system: GpuSources = {
  nvidia: '/proc/driver/nvidia/gpus',
  mig: '/proc/driver/nvidia/capabilities',
  amd: '/sys/class/kfd/kfd/topology/nodes',
  list: nvidiaSmi,
}

/** How long `nvidia-smi` may take, in milliseconds: without persistence mode it wakes the driver. */
const patience = 15_000

/**
 * The GPUs that a run may use. `MILLRACE_GPUS` says how many there are; `CUDA_VISIBLE_DEVICES` and
 * `ROCR_VISIBLE_DEVICES` which; else the drivers are asked.
 */
export function gpusOf(env: NodeJS.ProcessEnv, sources: GpuSources = system): readonly Gpu[] {
  const count = /^\d+$/.test(env.MILLRACE_GPUS ?? '') ? Number(env.MILLRACE_GPUS) : undefined
  if (count === 0) return []
  const found = chosenBy(env) ?? foundBy(sources)
  if (count === undefined) return found
  // what is said to be there and can't be found has a number only
  return Array.from({ length: count }, (_, i) => found[i] ?? { vendor: 'nvidia', id: String(i) })
}

function chosenBy({ CUDA_VISIBLE_DEVICES, ROCR_VISIBLE_DEVICES }: NodeJS.ProcessEnv): readonly Gpu[] | undefined {
  if (CUDA_VISIBLE_DEVICES !== undefined) return listed(CUDA_VISIBLE_DEVICES, 'nvidia')
  if (ROCR_VISIBLE_DEVICES !== undefined) return listed(ROCR_VISIBLE_DEVICES, 'amd')
  return undefined
}

/** CUDA counts no device behind one that can't be. */
function listed(list: string, vendor: Gpu['vendor']): Gpu[] {
  const ids = list.split(',').map((id) => id.trim())
  const end = ids.findIndex((id) => id === '' || id.startsWith('-'))
  return ids.slice(0, end === -1 ? undefined : end).map((id) => ({ vendor, id }))
}

function foundBy(sources: GpuSources): readonly Gpu[] {
  const whole = nvidiaGpus(sources.nvidia)
  // where nothing is told of them, as on WSL 2, and for the parts of divided ones, the driver's own program is asked
  if (whole.length === 0 || isDivided(sources.mig)) {
    const all = smiGpus(sources.list() ?? '')
    if (all.length > 0) return all
  }
  return whole.length > 0 ? whole : amdGpus(sources.amd)
}

function nvidiaGpus(folder: string): Gpu[] {
  // by PCI bus, as CUDA counts them with CUDA_DEVICE_ORDER=PCI_BUS_ID
  return names(folder).map((name, i) => {
    const text = read(join(folder, name, 'information'))
    const uuid = /^GPU UUID:\s*(GPU-[0-9a-f-]+)\s*$/m.exec(text)?.[1]
    const model = /^Model:\s*(\S.*?)\s*$/m.exec(text)?.[1]
    return { vendor: 'nvidia', id: uuid ?? String(i), ...(model === undefined ? {} : { model }) }
  })
}

const isDivided = (folder: string): boolean =>
  names(folder).some((gpu) => names(join(folder, gpu, 'mig')).some((name) => name.startsWith('gi')))

/** `GPU 0: NVIDIA H100 (UUID: GPU-…)`, and below one that is divided `  MIG 1g.10gb Device 0: (UUID: MIG-…)`. */
function smiGpus(text: string): Gpu[] {
  const found: (Gpu & { parts: number })[] = []
  let whole: (typeof found)[number] | undefined
  for (const line of text.split('\n')) {
    const [, indent, model, id] = /^(\s*)(?:GPU \d+: )?(.*?)\s*\(UUID: ([^)]+)\)\s*$/.exec(line) ?? []
    if (id === undefined || model === undefined) continue
    if (indent === '') {
      whole = { vendor: 'nvidia', id, model, parts: 0 }
      found.push(whole)
    } else if (whole && id.startsWith('MIG-')) {
      whole.parts++
      found.push({ vendor: 'nvidia', id, model: `${whole.model} ${model.replace(/\s+Device.*/, '')}`, parts: 0 })
    }
  }
  return found.flatMap(({ parts, ...gpu }) => (parts > 0 ? [] : [gpu]))
}

function amdGpus(folder: string): Gpu[] {
  // a node without SIMD units is a processor
  const nodes = names(folder).flatMap((name) => {
    const text = read(join(folder, name, 'properties'))
    const property = (key: string) => new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1] ?? '0'
    return property('simd_count') === '0' ? [] : [BigInt(property('unique_id'))]
  })
  return nodes.map((unique, i) => ({
    vendor: 'amd',
    id: unique === 0n ? String(i) : `GPU-${unique.toString(16).padStart(16, '0')}`,
  }))
}

function nvidiaSmi(): string | undefined {
  try {
    return execFileSync('nvidia-smi', ['-L'], {
      encoding: 'utf8',
      timeout: patience,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return undefined
  }
}

/** Numbers in ascending order, other names as they sort. */
function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Whether a GPU is of a type as stages ask for one (`h100-80gb`); one whose model nobody tells may be. */
export function isOfType({ model }: Gpu, type: string): boolean {
  if (model === undefined) return true
  const words = (text: string): string[] => text.toLowerCase().split(/[^a-z0-9]+/)
  const memory = /^\d+gb$/
  const has = words(model)
  const told = has.some((word) => memory.test(word))
  return words(type).every((word) => has.includes(word) || (memory.test(word) && !told))
}

/**
 * The variables by which a process sees the given GPUs and no other.
 *
 * @param env as the run has it: what a user wrote there keeps its order
 */
export function visibleGpus(gpus: readonly Gpu[], env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const ids = gpus.map(({ id }) => id).join(',')
  const order = env.CUDA_VISIBLE_DEVICES === undefined ? { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' } : {}
  if (gpus[0]?.vendor !== 'amd') return { ...order, CUDA_VISIBLE_DEVICES: ids, ...hiddenAmd(env) }
  // HIP counts anew what ROCr leaves, and takes CUDA's variable for its own
  return {
    ROCR_VISIBLE_DEVICES: ids,
    CUDA_VISIBLE_DEVICES: gpus.map((_, i) => i).join(','),
    HIP_VISIBLE_DEVICES: undefined,
  }
}

/** ROCr sees no device where the variable is there and empty. */
const hiddenAmd = (env: NodeJS.ProcessEnv): Record<string, string | undefined> =>
  env.ROCR_VISIBLE_DEVICES === undefined && !hasAmd() ? {} : { ROCR_VISIBLE_DEVICES: '' }

let amd: boolean | undefined
const hasAmd = (): boolean => (amd ??= amdGpus(system.amd).length > 0)
