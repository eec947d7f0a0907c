export type { Accelerator, Arch, SpotNodes, Taint } from './cluster/accelerators/accelerator.ts'
export type { ClusterPreset } from './cluster/accelerators/presets.ts'
export { checkConfig } from './cluster/config/check-config.ts'
export { checkImage } from './cluster/config/check-image.ts'
export { declaredBy } from './cluster/config/declared-by.ts'
export {
  type Description,
  describeEnvironment,
  describeStage,
  storageClass,
  storageClassFrom,
} from './cluster/config/describe.ts'
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
} from './cluster/define-config.ts'
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
} from './cluster/environment.ts'
export type { Misfit } from './cluster/placement/demand.ts'
export type { Placement } from './cluster/placement/placement.ts'
export { placeStage } from './cluster/placement/placement.ts'
export type { BuildSite } from './code/build-check/build-site.ts'
export { checkBuilds } from './code/build-check/check-build.ts'
export { indexCode, isIndexed } from './code/digest/code-index.ts'
export type { FirstSeen } from './code/digest/package-contents.ts'
export { digestPackage, markPackage } from './code/digest/package-mark.ts'
export type { CodeIndex, CodeRequest, StageCode } from './code/digest/stage-code.ts'
export { type TypedStage, typesHeader, typesModule } from './code/python-types/types-module.ts'
export { emitStages } from './code/ship/emit-stage.ts'
export type { EmitRequest, EmittedStage, EmittedStages } from './code/ship/emitted-stage.ts'
export { packStage, stageArchive } from './code/ship/emitted-stage.ts'
export type { CacheFolder } from './code/toolchain/cache-file.ts'
export type { WorkerCode } from './code/workers/worker-chunks.ts'
export { workerCode } from './code/workers/worker-code.ts'
export type { CheckedGraph } from './compile.ts'
export { checkGraph, planGraph } from './compile.ts'
export type { Capabilities, EnvironmentNeeds, Facts, FoundCode, Source } from './context.ts'
export type { CodeProblem, KindCode, ReadCode } from './kinds/kind.ts'
export { isExported, kindOf } from './kinds/kind-of.ts'
export { pythonScript } from './kinds/python.ts'
export { missingVariable } from './missing-variable.ts'
export { inlinePipelines } from './passes/inline-pipelines.ts'
export { packageFolder } from './passes/relative-assets.ts'
export { policyFile } from './targets/kubernetes/names.ts'
export { secretIn } from './targets/kubernetes/plain-secrets.ts'
export type { Lowered, Target, TargetFile, TargetProgram } from './targets/target.ts'
export { printFiles, targets } from './targets.ts'
export { verifyGraph, verifyPlan } from './verify.ts'
