import { capture, type SourceLocation } from '@millrace/ir'
import { type ClusterPreset, presets } from './accelerators/presets.ts'
import type {
  BucketStore,
  ClusterEnvironment,
  ClusterOptions,
  Config,
  LaptopEnvironment,
  VolumeOptions,
  VolumeStore,
} from './environment.ts'

/**
 * The default export of `millrace.config.ts`. It checks nothing itself: what is wrong is a diagnostic (`bad-environment`)
 * of each command that reads the file.
 */
export const defineConfig = (config: Config): Config => config

/** The environment of a local run; no entry is needed for it. */
export const laptop = (): LaptopEnvironment => ({ preset: 'laptop' })

/** A cluster of your own, whose nodes are labelled by NVIDIA GPU feature discovery or the AMD node labeller. */
export const onPrem = (options: ClusterOptions): ClusterEnvironment => make('on-prem', options, onPrem)

/** Google Kubernetes Engine. */
export const gke = (options: ClusterOptions): ClusterEnvironment => make('gke', options, gke)

/** Amazon Elastic Kubernetes Service with nodes by Karpenter; for others override the `labels` of `accelerators`. */
export const eks = (options: ClusterOptions): ClusterEnvironment => make('eks', options, eks)

/** Azure Kubernetes Service; a GPU type is told by the machine type. */
export const aks = (options: ClusterOptions): ClusterEnvironment => make('aks', options, aks)

/** k3s, for example at the edge. */
export const k3s = (options: ClusterOptions): ClusterEnvironment => make('k3s', options, k3s)

/** A store on a PersistentVolumeClaim, made unless `claim` names one. */
export const volume = (options: VolumeOptions): VolumeStore => ({
  kind: 'volume',
  accessMode: 'ReadWriteOnce',
  ...given(options),
})

/**
 * A store in an object store. No target can use one yet.
 *
 * @param url for example `s3://team/millrace`
 */
export const bucket = (url: string): BucketStore => ({ kind: 'bucket', url })

export const defaultImage = 'node:24-slim'

const places = new WeakMap<object, () => SourceLocation>()

/** Where an environment was defined, if by one of these functions. */
export const placeOfEnvironment = (environment: object): SourceLocation => places.get(environment)?.() ?? {}

function make(preset: ClusterPreset, options: ClusterOptions, boundary: (options: ClusterOptions) => unknown) {
  const environment: ClusterEnvironment = { image: defaultImage, ...given(options), preset }
  const made = { ...environment, store: withClass(environment) }
  places.set(made, capture(boundary))
  return made
}

/** An option given as `undefined` counts as not given; what is no object at all is found later, by the check. */
const given = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as T

function withClass({ preset, store, nodes, storageClasses }: ClusterEnvironment): ClusterEnvironment['store'] {
  if (store?.kind !== 'volume' || store.storageClass !== undefined || store.claim !== undefined) return store
  const classes: { readonly [key: string]: string } = { ...presets[preset].storageClasses, ...storageClasses }
  const types = Array.isArray(nodes) ? nodes.map((pool) => pool?.gpu?.type ?? pool?.tpu?.type ?? '') : []
  const storageClass = [...types, store.accessMode].map((key) => classes[key]).find((name) => name !== undefined)
  return storageClass === undefined ? store : { ...store, storageClass }
}
