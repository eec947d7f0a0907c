import type { Diagnostic, DiagnosticLocation, Digest, Graph, JsonObject, Plan } from '@millrace/ir'
import type { KindCode, ReadCode } from './kinds/kind.ts'

/** What an author's program gives the compiler: anything that traces to a Graph will do. */
export interface Source {
  /** Assets in it stand as file URLs. */
  readonly graph: Graph
  /** Where each node was called. */
  readonly places: ReadonlyMap<string, () => Omit<DiagnosticLocation, 'pipeline' | 'node' | 'path'>>
}

/** The code of a stage, as `indexCode` finds it. */
export interface FoundCode {
  readonly code: Digest
  readonly module: string
  readonly export: string
}

/** What the passes know besides the program. */
export interface Facts {
  /** By the keys of `graph.stages`. */
  readonly code: ReadonlyMap<string, FoundCode>
  /** By the same keys: the code of stages that lies in files of its own. Default none. */
  readonly read?: ReadonlyMap<string, ReadCode>
  /** Kinds of stages besides those of Millrace. Default none. */
  readonly kinds?: readonly KindCode[]
  /** Content digests of the assets, by token. */
  readonly assets: ReadonlyMap<string, { readonly digest: string; readonly size: number }>
  /** The parameters, with defaults; artifacts as `{ path, digest, size }`. Missing: unknown yet. */
  readonly input?: JsonObject
  /** Variables that `inherit()` reads. */
  readonly variables: { readonly [name: string]: string | undefined }
  readonly target: Capabilities
  /** Where it will run. Missing: on this machine. */
  readonly environment?: EnvironmentNeeds
}

/** What a target or runtime can do; what it can't is a diagnostic, never a silent no-op. */
export interface Capabilities {
  readonly name: string
  /** Kinds of stages that it runs. */
  readonly kinds: readonly string[]
  /** `flat`: no map in another one. */
  readonly maps: 'none' | 'flat' | 'nested'
  /** Maps with `failures: 'allow'`. */
  readonly forgivingMaps: boolean
  readonly conditions: boolean
  /** Calls that wait for others without reading them. */
  readonly after: boolean
  readonly workers: boolean
  readonly secrets: boolean
  /** Environments with a queue. */
  readonly queue: boolean
  /** Environments whose store is a bucket. */
  readonly buckets: boolean
  /** Whether a stage must be found again by another process, always. */
  readonly exported: boolean
  /** Whether `inherit()` reads the environment's own `env` instead of the variables of this process. */
  readonly ownEnv: boolean
}

/** What of an environment a target must be able to use. */
export interface EnvironmentNeeds {
  readonly name: string
  readonly queue?: string
  readonly bucket?: boolean
}

export interface PassContext {
  readonly source: Source
  readonly diagnostics: Diagnostic[]
  /** Where each asset lies, as absolute paths, by token. */
  readonly assets: Map<string, string>
  /** What lies at each asset that is there, by token. */
  readonly assetKinds: Map<string, 'file' | 'folder'>
  /** Of a call; `''` for the pipeline itself. */
  at(node: string, path?: string): DiagnosticLocation
}

export const newContext = (source: Source): PassContext => ({
  source,
  diagnostics: [],
  assets: new Map(),
  assetKinds: new Map(),
  at: (node, path) => ({
    ...source.places.get(node)?.(),
    pipeline: source.graph.pipeline,
    node: node === '' ? null : node,
    ...(path ? { path } : {}),
  }),
})

/** One step from a program to a Plan. It collects diagnostics in its context, and never throws them. */
export type Pass = { readonly name: string } & (
  | { readonly on: 'graph'; run(graph: Graph, context: PassContext): Graph }
  | { readonly on: 'lowering'; run(graph: Graph): Plan }
  | {
      readonly on: 'plan'
      run(plan: Plan, facts: Facts, context: PassContext): Plan
      /** What the Plan has from this pass on. */
      readonly makes?: 'keys'
    }
)
