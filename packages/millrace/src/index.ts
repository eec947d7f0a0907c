import './process/node-version.ts'
import './process/compiled-code.ts'
import './process/uncaught.ts'

export type { Lowered, Target, TargetFile, TargetProgram } from '@millrace/compiler'
export { targets } from '@millrace/compiler'
export type { Diagnostic, Event, Graph, Resources } from '@millrace/ir'
export { DiagnosticError } from '@millrace/ir'
export type {
  Artifact,
  CallOverrides,
  Condition,
  ContainerSettings,
  Context,
  EnvReference,
  File,
  Folder,
  InputOf,
  MapOptions,
  OutputOf,
  OutputPlace,
  OutputPlaces,
  Pipeline,
  PythonSettings,
  Ref,
  Stage,
  TypedStage,
  Value,
  WordEntry,
  WordGroup,
  WordPlaces,
  WordsOf,
  WordText,
} from '@millrace/sdk'
export { asset, container, file, folder, inherit, is, map, pipeline, python, secret, stage, when } from '@millrace/sdk'
export type { Compiled, CompileSettings } from './compile.ts'
export { compile } from './compile.ts'
export { main } from './main.ts'
export type { RunSettings } from './run.ts'
export { run } from './run.ts'
export { RunError } from './run-error.ts'
export { runStage } from './run-stage.ts'
export { toGraph } from './to-graph.ts'
