import {
  type BuildSite,
  type CacheFolder,
  type Capabilities,
  type CheckedGraph,
  type CodeIndex,
  type CodeProblem,
  type CodeRequest,
  checkBuilds,
  checkGraph,
  type EnvironmentNeeds,
  type FirstSeen,
  indexCode,
  isExported,
  type KindCode,
  kindOf,
  planGraph,
  type ReadCode,
  type WorkerCode,
  workerCode,
} from '@millrace/compiler'
import {
  type ArtifactValue,
  type Diagnostic,
  DiagnosticError,
  type Graph,
  isDiagnosticError,
  type JsonObject,
  type Plan,
} from '@millrace/ir'
import { type AnyPipeline, definitionOf, type Traced, trace } from '@millrace/sdk'
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
  const diagnostics = [...traced.problems, ...checked.diagnostics]
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
  /** Where digests that are still right are kept. */
  readonly kept: CacheFolder
  /** Called before code is read that was not known from an earlier time. */
  anew?(): void
  /** What packages held when they were first used in this store. Default: what they hold. */
  readonly firstSeen?: FirstSeen
}

/** The code of a program's stages: of functions that modules export, and of those whose code lies in files. */
export interface ProgramCode extends CodeIndex {
  /** By the keys of the Graph's stages. */
  readonly read: ReadonlyMap<string, ReadCode>
}

/** Finds and digests the code of a program's stages. */
export async function readCode(program: Program, options: CodeOptions): Promise<ProgramCode> {
  const request = codeRequest(program, options)
  const index = request ? await indexCode(request) : { ...nothing, stages: new Map(), packages: new Map() }
  const read = readStages(program)
  const problems = [...read].flatMap(([key, { problems }]) => problems.map((one) => problemOf(program, key, one)))
  return { ...index, read, diagnostics: [...index.diagnostics, ...problems] }
}

const nothing = { modules: [], diagnostics: [] }

function readStages({ traced }: Program): Map<string, ReadCode> {
  const read = new Map<string, ReadCode>()
  for (const [key, { code }] of traced.stages) {
    const found = kindOf(code)?.read?.(code, read)
    if (found) read.set(key, found)
  }
  return read
}

function problemOf({ name, traced }: Program, key: string, { at, ...problem }: CodeProblem): Diagnostic {
  const { pipeline: _, node, ...place } = traced.stages.get(key)?.at() ?? { pipeline: null, node: null }
  return { ...problem, at: { pipeline: name, node, ...(at ?? place) } }
}

function codeRequest(
  program: Program,
  { entry, importModule, kept, anew, firstSeen }: CodeOptions,
): CodeRequest | undefined {
  if (entry === undefined) return undefined
  const stages = [...program.traced.stages].flatMap(([key, { name, self, env, code }]) =>
    isExported(code) ? [{ key, name, stage: self, env: Object.keys(env) }] : [],
  )
  return { entry, stages, importModule, ...kept, ...(anew ? { anew } : {}), ...(firstSeen ? { firstSeen } : {}) }
}

/** The code of a program's stages as workers load it, for those that can run there. */
export async function readWorkerCode(
  program: Program,
  options: CodeOptions,
  index: CodeIndex,
): Promise<WorkerCode | undefined> {
  const request = codeRequest(program, options)
  return request && workerCode(request, index)
}

/** Uses of values to come that only the source of a build shows: no proxy can trap a comparison or a condition. */
export async function checkSource(
  program: Program,
  { importModule, kept }: CodeOptions,
): Promise<readonly Diagnostic[]> {
  const sites = program.traced.pipelines.flatMap((definition): BuildSite[] => {
    const { file, line, column } = definition.at()
    return file && line && column ? [{ pipeline: definition.name, file, line, column }] : []
  })
  for (const { name, wordFunctions: options = [], at } of program.traced.stages.values()) {
    const { file, line, column } = options.length > 0 ? at() : {}
    if (file && line && column) sites.push({ pipeline: program.name, stage: { name, options }, file, line, column })
  }
  return checkBuilds(sites, { importModule, isCallable: (value) => definitionOf(value) !== undefined, ...kept })
}

/** The artifacts of a program's assets, by token. */
export async function readAssets(program: Program): Promise<ReadonlyMap<string, ArtifactValue>> {
  const out = new Map<string, ArtifactValue>()
  for (const [token, path] of program.checked.assets) {
    try {
      out.set(token, await artifactAt(path))
    } catch (error) {
      // one that isn't there was told of when the Graph was checked
      if (!isDiagnosticError(error)) continue
      const { message, fix } = error.diagnostics[0] as Diagnostic
      const told = `the asset "${token.replace(/^\.\//, '')}" can't be read: ${message}`
      throw new DiagnosticError([
        { code: 'missing-file', severity: 'error', message: told, at: { pipeline: program.name, node: null }, fix },
      ])
    }
  }
  return out
}

/** What the local runtime can do. */
export const localCapabilities: Capabilities = {
  name: 'local',
  kinds: ['typescript', 'python'],
  maps: 'nested',
  forgivingMaps: true,
  conditions: true,
  after: true,
  workers: false,
  secrets: false,
  queue: true,
  buckets: true,
  exported: false,
  ownEnv: false,
}

/** What a Plan is made for. */
export interface PlanTarget {
  readonly capabilities: Capabilities
  /** Values for `inherit()`. */
  readonly variables: { readonly [name: string]: string | undefined }
  /** Missing for this machine. */
  readonly environment?: EnvironmentNeeds
  /** Kinds of stages besides those of Millrace. */
  readonly kinds?: readonly KindCode[]
}

export interface Planned {
  readonly plan: Plan
  readonly diagnostics: readonly Diagnostic[]
}

export function makePlan(
  program: Program,
  code: ProgramCode,
  assets: ReadonlyMap<string, ArtifactValue>,
  input: JsonObject | undefined,
  target: PlanTarget = { capabilities: localCapabilities, variables: process.env },
): Planned {
  const { kinds = [] } = target
  const source = { graph: program.traced.graph, places: program.traced.places }
  return planGraph(program.checked, source, {
    code: code.stages,
    read: code.read,
    assets,
    ...(input ? { input } : {}),
    variables: target.variables,
    target: { ...target.capabilities, kinds: [...target.capabilities.kinds, ...kinds.map(({ kind }) => kind)] },
    kinds,
    ...(target.environment ? { environment: target.environment } : {}),
  })
}
