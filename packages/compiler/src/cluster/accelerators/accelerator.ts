/** What a kind of accelerator is called in one cluster. */
export interface Accelerator {
  /** Who makes it: `nvidia`, `amd`, `intel`, `habana`, `aws` or `google`, or a name of your own. */
  readonly vendor: string
  /** The extended resource that a pod asks for, for example `nvidia.com/gpu`. */
  readonly resource: string
  /** Labels of the nodes that have it; of a list, any one. Default none: the resource alone decides. */
  readonly labels?: { readonly [label: string]: string | readonly string[] }
  /** Key of the taint on its nodes. Default the resource. */
  readonly taint?: string
  /** Processor of its nodes. Default either. */
  readonly arch?: Arch
  /** Whether several pods share one, which lets a stage ask for no more than one. Default false. */
  readonly shared?: boolean
  /** Of a TPU: chips of one host, by topology. */
  readonly topologies?: { readonly [topology: string]: number }
  /** Of a TPU: how many 4x4x4 cubes the largest slice AxBxC has, each side a multiple of 4, A ≤ B ≤ C. Default none. */
  readonly cubes?: number
}

export type Accelerators = { readonly [type: string]: Accelerator }

/** A processor, as Kubernetes calls it. */
export type Arch = 'amd64' | 'arm64'

/** What may be set on a node so that only some pods come there. */
export interface Taint {
  /** Its name, with an optional prefix: `team`, `example.com/team`. */
  readonly key: string
  /** Default: any. */
  readonly value?: string
  /** What it does to pods that do not tolerate it. */
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
}

/** How machines that can be taken away are told from others. */
export interface SpotNodes {
  /** Labels that they have; with several, a node has at least one of them. */
  readonly labels: { readonly [label: string]: string }
  /** Taints that keep other pods from them. */
  readonly taints: readonly Taint[]
  /** Whether each of them has such a taint. Default false. */
  readonly tainted?: boolean
}

/** Cores, memory in GiB, and the accelerators of a machine type. */
export type Machine = readonly [cores: number, gibibytes: number, accelerator: string, count: number]
export type Machines = { readonly [machine: string]: Machine }

/** What is known of a kind of cluster. */
export interface Preset {
  /** Whose GPUs `gpu: n` asks for. */
  readonly gpuVendor: string
  readonly accelerators: Accelerators
  readonly machines: Machines
  /** Taints of nodes with any accelerator, besides the accelerator's own. */
  readonly taints: readonly Taint[]
  /** Taints of nodes with an arm64 processor. */
  readonly armTaints: readonly Taint[]
  readonly spot?: SpotNodes
  /** Annotations that keep a cluster which saves nodes from moving a running pod. */
  readonly stay: { readonly [annotation: string]: string }
  /** The node label of a MIG profile, where a slice is asked for as a whole GPU. */
  readonly profileLabel?: string
  /** By access mode, or by the type of an accelerator. */
  readonly storageClasses: { readonly [key: string]: string }
}

/** What `gpu: n` asks for, by vendor. */
export const vendorResources: { readonly [vendor: string]: string } = {
  nvidia: 'nvidia.com/gpu',
  amd: 'amd.com/gpu',
  intel: 'gpu.intel.com/xe',
  habana: 'habana.ai/gaudi',
  aws: 'aws.amazon.com/neuron',
}
