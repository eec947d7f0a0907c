export type { Binding, Condition, Operator, Ref } from './binding.ts'
export { assetKey, compare, eachRef, fromDefault, mapRefs, resolve, select, valueAt } from './binding.ts'
export { checkJson, checkOutput, checkShape } from './check/check.ts'
export type { Pattern } from './check/string-of.ts'
export { tellingFlags } from './check/string-of.ts'
export { type Issue, tellIssues } from './check/tell-issues.ts'
export { attemptFileNames, killAfter, stageVariables } from './contract/attempt-files.ts'
export type { ClusterJob, ClusterPlan } from './contract/cluster-plan.ts'
export type { ArchiveFile } from './contract/code-archive.ts'
export { archiveDigest, packArchive, readArchive } from './contract/code-archive.ts'
export { foreignJson } from './contract/foreign-json.ts'
export type { AttemptId, MarkerKind } from './contract/job-files.ts'
export {
  attemptName,
  attemptOfMarker,
  attemptsName,
  driverFolder,
  itemName,
  markerName,
  podsFolder,
  releaseName,
  uidPattern,
} from './contract/job-files.ts'
export type { DoneMarker, FailedMarker, MarkedFile } from './contract/marker.ts'
export { markedCause, markerLimits, outputLimit } from './contract/marker.ts'
export { metricIn } from './contract/metric-line.ts'
export {
  annotationNames,
  dataError,
  failedRun,
  labelNames,
  mostCompletions,
  podFiles,
  podPlaces,
  podVariables,
} from './contract/pod.ts'
export type { UnreadDone } from './contract/read-done.ts'
export { readDone } from './contract/read-done.ts'
export type { Foreign } from './contract/read-marker.ts'
export { readFailed, readRelease } from './contract/read-marker.ts'
export type { Release, WorkItem } from './contract/work-item.ts'
export { fillDefaults } from './defaults.ts'
export type {
  CallLocation,
  Code,
  Diagnostic,
  DiagnosticLocation,
  DiagnosticText,
  ErrorCause,
  Severity,
  StageLocation,
} from './diagnostic.ts'
export {
  codes,
  DiagnosticError,
  diagnosticText,
  fail,
  formatDiagnostic,
  framesShown,
  isDiagnosticError,
  nowhere,
} from './diagnostic.ts'
export type { Digest } from './digest.ts'
export {
  bitsOf,
  digestBytes,
  digestFolderLines,
  digestJson,
  digestPattern,
  folderLine,
  hexOf,
  isDigest,
} from './digest.ts'
export type { Counts, Event, EventName, Level, LogLine, RunStatus, StageEvent } from './event.ts'
export { maxEventOutput, showNode } from './event.ts'
export { isCounts, isEvent } from './event-shape.ts'
export type {
  Body,
  EnvValue,
  Graph,
  MapNode,
  Node,
  PipelineNode,
  StageCode,
  StageNode,
  StageOptions,
  StageSpec,
  WhenNode,
} from './graph.ts'
export type { Json, JsonObject, NotJson } from './json.ts'
export { canonical, copy, inOrder, isObject, maxDepth, setKey, showPath, toJson } from './json.ts'
export { parseJson } from './json-text.ts'
export type { Metric } from './metric.ts'
export { didYouMean, hint, namePattern, takenNames } from './names.ts'
export type { Plan, PlanMap, PlanNode, PlanStage, PlanStageSpec, PlanValue, PlanWhen } from './plan.ts'
export { optionsOf, ownerOf, scopesOf } from './plan.ts'
export type { ArtifactPort, ArtifactValue, Schema } from './port.ts'
export {
  alternatives,
  artifactOf,
  content,
  fieldSchemas,
  hasArtifacts,
  isArtifactValue,
  itemSchemas,
  mapArtifacts,
} from './port.ts'
export type { Duration, Quantity, Resources } from './resources.ts'
export { bytesOf, defaultResources, gpuCount, heapLimit, heapWords, millisecondsOf } from './resources.ts'
export type { RunOptions, RunOutcome, Runtime } from './runtime.ts'
export { planDigest } from './runtime.ts'
export { parseChecksummed, withChecksum } from './sealed.ts'
export type { SourceLocation, StackFrame } from './source-location.ts'
export { capture, firstPlace, framesIn, isOurs } from './source-location.ts'
export { describeError, type ErrorTrace, placeOfError, traceOf } from './tell-error.ts'
export type { Port } from './value-port.ts'
export {
  absentPort,
  artifactsOf,
  asItem,
  choicePort,
  fieldNames,
  fieldOf,
  isList,
  isText,
  itemOf,
  mayBeNull,
  openPort,
  presentPort,
  schemaPort,
} from './value-port.ts'
export type { WrongVariable } from './variables.ts'
export {
  receiveVariables,
  sentVariable,
  subdomainPattern,
  tooMuchTogether,
  wrongSecret,
  wrongVariableName,
  wrongVariableValue,
} from './variables.ts'
export type { BodyVisitor } from './walk.ts'
export { bindingsOf, eachBody, eachRead, inputsOf, mapBindings, mapCondition, resultsOf } from './walk.ts'
export type { EachWords, GivenWords, Word, WordPart, WordPlace, Words } from './words.ts'
export { isGroup, placeIn, showPlace, wrongWord } from './words.ts'
