import { bytesOf, didYouMean, hint, type Resources } from '@millrace/ir'
import { type Accelerator, vendorResources } from '../accelerators/accelerator.ts'
import { acceleratorOf, acceleratorTypes, hintType, likely, presets } from '../accelerators/presets.ts'
import { chipsOf, chipsOfHost, tpuLabels } from '../accelerators/tpu.ts'
import type { ClusterEnvironment } from '../environment.ts'
import { devicePattern } from '../qualified-name.ts'
import { nodesOf } from './nodes.ts'

/** Why a stage has no place, and what its author may do. */
export interface Misfit {
  /** Reads on after `"train" does not fit the environment "cloud": `. */
  readonly problem: string
  readonly fix: string
}

/** The accelerator that each host of a stage asks for. */
export interface Demand {
  /** Missing for GPUs of any type. */
  readonly type?: string
  readonly topology?: string
  readonly resource: string
  readonly count: number
  /** Labels of the nodes; of a list, any one. */
  readonly labels: { readonly [label: string]: string | readonly string[] }
  readonly accelerator?: Accelerator
  /** As its author wrote it. */
  readonly asked: string
}

/** The accelerator of a stage in an environment, if it asks for one. */
export function demandOf(resources: Resources, environment: ClusterEnvironment): Demand | Misfit | undefined {
  const { gpu, tpu } = resources
  if (tpu) return tpuDemand(tpu, environment)
  if (gpu === undefined) return undefined
  if (typeof gpu === 'number') return gpu === 0 ? undefined : anyDemand(gpu, environment)
  return gpu.count === 0 ? undefined : gpuDemand(gpu, environment)
}

function gpuDemand(
  { type, count, vendor }: { readonly type: string; readonly count: number; readonly vendor?: string },
  environment: ClusterEnvironment,
): Demand | Misfit {
  const accelerator = acceleratorOf(environment, type)
  if (accelerator === undefined) return unknownType(type, 'gpu', environment)
  if (accelerator.topologies)
    return {
      problem: `it asks for the GPU "${type}", which is a TPU`,
      fix: `Ask for tpu: { type: '${type}', topology }.`,
    }
  if (vendor !== undefined && vendor !== accelerator.vendor)
    return {
      problem: `it asks for the GPU "${type}" of the vendor "${vendor}", and its vendor is "${accelerator.vendor}"`,
      fix: 'Leave the vendor out.',
    }
  const asked = `${count} ${count === 1 ? 'GPU' : 'GPUs'} "${type}"`
  if (accelerator.shared && count > 1)
    return {
      problem: `it asks for ${asked}, and each of these is a share of a GPU; more than one may be shares of the same`,
      fix: 'Ask for one.',
    }
  return otherArch(type, accelerator, environment) ?? demand(accelerator, count, asked, { type })
}

/** The preset's vendor decides where the nodes don't. */
function anyDemand(count: number, environment: ClusterEnvironment): Demand | Misfit {
  const vendor = environment.gpuVendor ?? presets[environment.preset].gpuVendor
  const usual = vendorResources[vendor] as string
  const pools = (nodesOf(environment) ?? []).filter(({ accelerator }) => accelerator && !accelerator.topologies)
  const resources = pools.map(({ accelerator }) => accelerator?.resource as string)
  const wholes = pools
    .filter(({ type }) => !type?.includes('/'))
    .map(({ accelerator }) => accelerator?.resource as string)
  const resource = resources.includes(usual) ? usual : (wholes[0] ?? usual)
  return { resource, count, labels: {}, asked: `${count} ${count === 1 ? 'GPU' : 'GPUs'}` }
}

function tpuDemand(
  { type, topology }: { readonly type: string; readonly topology: string },
  environment: ClusterEnvironment,
): Demand | Misfit {
  const accelerator = acceleratorOf(environment, type)
  if (accelerator === undefined) return unknownType(type, 'tpu', environment)
  if (accelerator.topologies === undefined)
    return {
      problem: `it asks for the TPU "${type}", which is a GPU`,
      fix: `Ask for gpu: { type: '${type}', count: 1 }.`,
    }
  const chips = chipsOfHost(accelerator, topology)
  if (chips === undefined) return unknownTopology(type, topology, accelerator)
  const hosts = chipsOf(topology) / chips
  if (hosts > 1) return manyHosts(type, topology, accelerator, hosts)
  const asked = `the TPU "${type}" with topology "${topology}"`
  const labels = { [tpuLabels.topology]: topology }
  return otherArch(type, accelerator, environment) ?? demand(accelerator, chips, asked, { type, topology }, labels)
}

const demand = (
  accelerator: Accelerator,
  count: number,
  asked: string,
  named: Pick<Demand, 'type' | 'topology'>,
  labels: Demand['labels'] = {},
): Demand => ({
  ...named,
  accelerator,
  resource: accelerator.resource,
  count,
  labels: { ...accelerator.labels, ...labels },
  asked,
})

function unknownType(type: string, of: 'gpu' | 'tpu', environment: ClusterEnvironment): Misfit {
  const known = likely(type, acceleratorTypes(environment, of))
  const kind = of === 'gpu' ? 'GPU' : 'TPU'
  const problem = `it asks for the ${kind} "${type}"${hintType(type, known)}, which the preset "${environment.preset}" doesn't know`
  if (known.length === 0) return { problem, fix: `Describe "${type}" in the environment's accelerators.` }
  return { problem, fix: `Use one of: ${known.join(', ')}; or describe it in the environment's accelerators.` }
}

function unknownTopology(type: string, topology: string, { topologies = {}, cubes }: Accelerator): Misfit {
  const known = Object.keys(topologies)
  const larger =
    cubes === undefined ? '' : `, or AxBxC with sides that are multiples of 4, A ≤ B ≤ C, up to ${cubes * 64} chips`
  return {
    problem: `it asks for the TPU "${type}" with topology "${topology}"${hint(topology, known)}, which there is not`,
    fix: `Use one of: ${known.join(', ')}${larger}.`,
  }
}

function manyHosts(type: string, topology: string, accelerator: Accelerator, hosts: number): Misfit {
  const single = Object.entries(accelerator.topologies ?? {}).filter(([name, chips]) => chipsOf(name) === chips)
  return {
    problem: `it asks for the TPU "${type}" with topology "${topology}", which is ${hosts} hosts; a stage can't have more than one yet`,
    fix: `Ask for a slice of one host: ${single.map(([name]) => name).join(', ')}.`,
  }
}

function otherArch(type: string, { arch }: Accelerator, environment: ClusterEnvironment): Misfit | undefined {
  if (arch === undefined || environment.arch === undefined || arch === environment.arch) return undefined
  return {
    problem: `it asks for "${type}", whose machines are ${arch}, and the environment's arch is ${environment.arch}`,
    fix: `Leave arch out of the environment and use images for both, or ask for an accelerator of ${environment.arch} machines.`,
  }
}

/** What is wrong with a request wherever it is placed. */
export function wrongRequest(
  { memory, sharedMemory, devices }: Resources,
  demanded: Demand | undefined,
): Misfit | undefined {
  if (memory !== undefined && sharedMemory !== undefined && (bytesOf(sharedMemory) ?? 0) > (bytesOf(memory) ?? 0))
    return {
      problem: `it asks for ${sharedMemory} of shared memory, which counts as memory, and for memory ${memory}`,
      fix: `Ask for memory of at least ${sharedMemory}.`,
    }
  for (const device of Object.keys(devices ?? {})) {
    if (device === demanded?.resource)
      return { problem: `it asks for the device "${device}" besides ${demanded.asked}`, fix: 'Leave the device out.' }
    if (!devicePattern.test(device) || device.includes('kubernetes.io/')) {
      const near = didYouMean(device, Object.values(vendorResources))
      return {
        problem: `it asks for the device "${device}", which is no name of an extended resource`,
        fix: `Give the name that the cluster's nodes have, for example "${near ?? 'rdma/ib'}".`,
      }
    }
  }
  return undefined
}
