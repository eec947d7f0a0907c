import type { Json, Quantity } from '@millrace/ir'
import type { Accelerator, Arch, SpotNodes, Taint } from './accelerators/accelerator.ts'
import type { ClusterPreset } from './accelerators/presets.ts'

/** Where a program runs. */
export type Environment = LaptopEnvironment | ClusterEnvironment

/** This machine. */
export interface LaptopEnvironment {
  readonly preset: 'laptop'
}

/** One namespace of a Kubernetes cluster. */
export interface ClusterEnvironment extends ClusterOptions {
  /** The kind of cluster. */
  readonly preset: ClusterPreset
  readonly image: string
}

/** What the presets of clusters take. */
export interface ClusterOptions {
  /** The namespace that everything is made in: an RFC 1123 label of at most 63 characters. It must exist. */
  readonly namespace: string
  /** Where results are kept: `volume({ size: '500Gi' })`, or `bucket('s3://team/millrace')`. */
  readonly store: VolumeStore | BucketStore
  /** The machines, by kind. With them `check` can say that a stage fits nowhere. Default unknown: everything fits. */
  readonly nodes?: readonly NodePool[]
  /** The Kueue LocalQueue that the Jobs wait in. Default none. */
  readonly queue?: string
  /** Processor of the machines, where the images are for one only. Default either. */
  readonly arch?: Arch
  /** Values for `inherit()`, by variable. Default none. */
  readonly env?: { readonly [variable: string]: string }
  /** The image that runs stages written in TypeScript. Default `node:24-slim`. */
  readonly image?: string
  /** Parameters that differ in this environment, by pipeline. Default none. */
  readonly parameters?: { readonly [pipeline: string]: { readonly [parameter: string]: Json } }
  /** Labels for every object (not for its pods). Default none. */
  readonly labels?: { readonly [label: string]: string }
  /** Accelerators that the preset does not know, or fields in which they differ here, by type. Default none. */
  readonly accelerators?: { readonly [type: string]: Partial<Accelerator> }
  /** Whose GPUs `gpu: 2`, without a type, asks for, where `nodes` doesn't tell. Default `nvidia`. */
  readonly gpuVendor?: string
  /** How machines that can be taken away are told from others. Default that of the preset; on-prem and k3s have none. */
  readonly spot?: SpotNodes
  /**
   * Classes for a volume that names none: by access mode, or by the type of an accelerator of `nodes` whose machines
   * need another class. Default `{ ReadWriteMany: 'standard-rwx' }` on GKE; else the cluster's own default.
   */
  readonly storageClasses?: { readonly [modeOrType: string]: string }
}

/** Machines of one kind, as far as pods may use them (`Allocatable` in `kubectl describe node`). */
export interface NodePool {
  /** How many machines; of an entry with `tpu`, how many slices. */
  readonly count: number
  /** The cloud's name, for example `a3-highgpu-8g`; what the preset knows of it need not be said. */
  readonly machine?: string
  /** Cores of one machine. Default those of the machine type, less what the node needs; without one any. */
  readonly cpu?: number
  /** Memory of one machine. Default that of the machine type, less what the node needs; without one any. */
  readonly memory?: Quantity
  /** Scratch space of one machine. Default any. */
  readonly disk?: Quantity
  /** GPUs of one machine; of a MIG profile (`a100-80gb/1g.10gb`) the parts. Default those of the machine type. */
  readonly gpu?: { readonly type: string; readonly count: number; readonly vendor?: string }
  /** The slice that these machines are. */
  readonly tpu?: { readonly type: string; readonly topology: string }
  /** Whether the machines can be taken away. Default false. */
  readonly spot?: boolean
  /** Labels that they have; a stage that fits only here asks for them. Default none. */
  readonly labels?: { readonly [label: string]: string }
  /** Taints that they have besides those of the accelerator; stages that fit here tolerate them. Default none. */
  readonly taints?: readonly Taint[]
}

/** How many machines may mount a volume at once: one, or many. */
export type AccessMode = 'ReadWriteOnce' | 'ReadWriteMany'

/** A store on a PersistentVolumeClaim. */
export interface VolumeStore extends VolumeOptions {
  /** Set by `volume`. */
  readonly kind: 'volume'
  readonly accessMode: AccessMode
}

/** What `volume` takes. */
export interface VolumeOptions {
  /** Size of the claim, for example `500Gi`. */
  readonly size: Quantity
  /** `ReadWriteOnce` is for clusters of one machine, `ReadWriteMany` needs a class that can do it. Default the former. */
  readonly accessMode?: AccessMode
  /** StorageClass of the claim. Default that of the environment's `storageClasses`, else the cluster's. */
  readonly storageClass?: string
  /** A PersistentVolumeClaim that exists, to be used instead of making one; its size and class count then. */
  readonly claim?: string
}

/** A store in an object store. */
export interface BucketStore {
  /** Set by `bucket`. */
  readonly kind: 'bucket'
  /** `s3://`, `gs://` or `az://`, the bucket, and a folder in it. */
  readonly url: string
}

/** `millrace.config.ts`. */
export interface Config {
  /** By name: lowercase letters, digits and hyphens, at most 40, beginning with a letter. */
  readonly environments: { readonly [name: string]: Environment }
}
