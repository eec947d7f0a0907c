export type { CacheFolder } from './bundle/cache-file.ts'
export type { BuildSite } from './bundle/check-build.ts'
export { checkBuilds } from './bundle/check-build.ts'
export type { CodeIndex, CodeRequest, StageCode } from './bundle/code-index.ts'
export { indexCode, isIndexed } from './bundle/code-index.ts'
export { emitStages } from './bundle/emit-stage.ts'
export type { EmitRequest, EmittedStage, EmittedStages } from './bundle/emitted-stage.ts'
export { packStage, stageArchive } from './bundle/emitted-stage.ts'
export type { FirstSeen } from './bundle/package-contents.ts'
export { digestPackage, markPackage } from './bundle/package-mark.ts'
export type { WorkerCode } from './bundle/worker-code.ts'
export { workerCode } from './bundle/worker-code.ts'
export type { CheckedGraph } from './compile.ts'
export { checkGraph, graphPasses, planGraph, planPasses } from './compile.ts'
export type { Capabilities, Facts, FoundCode, Source } from './context.ts'
export { inlinePipelines } from './passes/inline-pipelines.ts'
export { missingVariable } from './passes/missing-variable.ts'
export { packageFolder } from './passes/relative-assets.ts'
export type { Accelerator, Arch, SpotNodes, Taint } from './targets/kubernetes/accelerators/accelerator.ts'
export type { ClusterPreset } from './targets/kubernetes/accelerators/presets.ts'
export { checkConfig } from './targets/kubernetes/check-config.ts'
export { checkImage } from './targets/kubernetes/check-image.ts'
export { secretIn } from './targets/kubernetes/clear-secrets.ts'
export { declaredBy } from './targets/kubernetes/declared-by.ts'
export {
  aks,
  bucket,
  defineConfig,
  eks,
  gke,
  k3s,
  laptop,
  onPrem,
  placeOfEnvironment,
  volume,
} from './targets/kubernetes/define-config.ts'
export type { Misfit } from './targets/kubernetes/demand.ts'
export {
  type Description,
  describeEnvironment,
  describeStage,
  storageClass,
  storageClassFrom,
} from './targets/kubernetes/describe.ts'
export type {
  AccessMode,
  BucketStore,
  ClusterEnvironment,
  ClusterOptions,
  Config,
  Environment,
  LaptopEnvironment,
  NodePool,
  VolumeOptions,
  VolumeStore,
} from './targets/kubernetes/environment.ts'
export type { ClusterProgram, Emitted } from './targets/kubernetes/kubernetes.ts'
export { emitKubernetes, kubernetesCapabilities } from './targets/kubernetes/kubernetes.ts'
export type { Placement } from './targets/kubernetes/placement.ts'
export { placeStage } from './targets/kubernetes/placement.ts'
export { policyFile } from './targets/kubernetes/policy.ts'
export { verifyGraph, verifyPlan } from './verify.ts'
