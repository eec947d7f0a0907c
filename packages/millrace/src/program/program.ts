import {
  type Capabilities,
  type CheckedGraph,
  type CodeIndex,
  checkGraph,
  indexCode,
  planGraph,
} from '@millrace/compiler'
import {
  type ArtifactValue,
  type Diagnostic,
  type Graph,
  isDiagnosticError,
  type JsonObject,
  type Plan,
} from '@millrace/ir'
import { type AnyPipeline, type Traced, trace } from '@millrace/sdk'
import { artifactAt } from './values.ts'

/** A program, traced and checked: what each command starts from. */
export interface Program {
  readonly name: string
  readonly traced: Traced
  readonly checked: CheckedGraph
  readonly graph: Graph
  /** Errors and notices so far. */
  readonly diagnostics: readonly Diagnostic[]
}

/** Traces a pipeline and checks its Graph. Problems are collected, not thrown. */
export function readProgram(pipeline: AnyPipeline): Program {
  const traced = trace(pipeline)
  const source = { graph: traced.graph, places: traced.places }
  const checked = checkGraph(source)
  const diagnostics = [
    ...traced.problems,
    ...(hasErrors(traced.problems)
      ? checked.diagnostics.filter((d) => d.code !== 'missing-field')
      : checked.diagnostics),
  ]
  return { name: traced.graph.pipeline, traced, checked, graph: checked.graph, diagnostics }
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((d) => d.severity === 'error')

/** Imports an author's module. From inside a module that still runs, only what can be told without importing. */
export type ImportModule = (url: string) => Promise<Readonly<Record<string, unknown>>>

export interface CodeOptions {
  /** The program's file. */
  readonly entry: string | undefined
  readonly importModule: ImportModule
  /** Folder for digests that are still right. */
  readonly cache: string
}

/** Finds and digests the code of a program's stages, and checks the source of its builds. */
export async function readCode(program: Program, options: CodeOptions): Promise<CodeIndex> {
  const { traced } = program
  const { entry, importModule, cache } = options
  if (entry === undefined) return { stages: new Map(), modules: [], diagnostics: [] }
  const stages = [...traced.stages].map(([key, definition]) => ({ key, stage: definition.self }))
  const index = await indexCode({ entry, stages, importModule, cache })
  return index
}

/** The artifacts of a program's assets, by token. */
export async function readAssets(program: Program): Promise<ReadonlyMap<string, ArtifactValue>> {
  const out = new Map<string, ArtifactValue>()
  for (const [token, path] of program.checked.assets) {
    try {
      out.set(token, await artifactAt(path))
    } catch (error) {
      if (isDiagnosticError(error)) throw error
    }
  }
  return out
}

/** What the local runtime can do. */
export const localCapabilities: Capabilities = {
  name: 'local',
  kinds: ['typescript'],
  workers: false,
  secrets: false,
  exported: false,
}

export interface Planned {
  readonly plan: Plan
  readonly diagnostics: readonly Diagnostic[]
}

export function makePlan(
  program: Program,
  code: CodeIndex,
  assets: ReadonlyMap<string, ArtifactValue>,
  input: JsonObject | undefined,
): Planned {
  const source = { graph: program.traced.graph, places: program.traced.places }
  return planGraph(program.checked, source, {
    code: code.stages,
    assets,
    ...(input ? { input } : {}),
    variables: process.env,
    target: localCapabilities,
  })
}
