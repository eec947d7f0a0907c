/** Environments of a program, for `millrace.config.ts`. */
export type {
  Accelerator,
  AccessMode,
  Arch,
  BucketStore,
  ClusterEnvironment,
  ClusterOptions,
  ClusterPreset,
  Config,
  Environment,
  LaptopEnvironment,
  NodePool,
  SpotNodes,
  Taint,
  VolumeOptions,
  VolumeStore,
} from '@millrace/compiler'
export { aks, bucket, defineConfig, eks, gke, k3s, laptop, onPrem, volume } from '@millrace/compiler'
