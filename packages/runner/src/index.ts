export { callStage } from './call.ts'
export type { ChildRequest } from './child.ts'
export { runChild } from './child.ts'
export { unpackStage } from './code-archive.ts'
export { exitWith } from './exit.ts'
export type { Exit } from './exit-failure.ts'
export { processFailure } from './exit-failure.ts'
export { attemptRefused, StageFailure, threw } from './failure.ts'
export type { FailureData } from './failure-data.ts'
export { failureData, failureOf } from './failure-data.ts'
export type { ChildFailure, Done } from './folder.ts'
export { attemptFiles, contractVariables, readJson, writeWhole } from './folder.ts'
export { leftChildren } from './guard-process.ts'
export type { Command, CommandAttempt, FilledCommand, Finding, StageKind } from './kind.ts'
export { type PythonOptions, pythonKind } from './kinds/python/python.ts'
export type { PythonScript } from './kinds/python/script.ts'
export { Lines } from './lines.ts'
export { startTimer } from './long-timer.ts'
export type { ItemSource } from './pod/item.ts'
export type { PodOptions } from './pod/options.ts'
export { runPod } from './pod.ts'
export { threadTime } from './processor-time.ts'
export { protectListener } from './protect-listener.ts'
export { notStarted } from './run-alone.ts'
export { commandStage } from './run-command.ts'
export { failStuck, installSandbox, onStuck, outsideStage } from './sandbox.ts'
export type { Attempt, CommandStage, LoadedStage, Outcome, Parser } from './stage.ts'
export { exhaustion, storeFault } from './whose-fault.ts'
export type { WorkerHost } from './worker.ts'
export { runWorker } from './worker.ts'
export type {
  FolderAnswer,
  ToldWorker,
  WorkerCall,
  WorkerLeft,
  WorkerProgram,
  WorkerState,
  WorkerTells,
} from './worker-protocol.ts'
export { workerPipes } from './worker-protocol.ts'
