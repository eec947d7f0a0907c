import type { Diagnostic, DiagnosticLocation, Node, SourceLocation } from '@millrace/ir'
import type { Definition, PipelineDefinition, StageDefinition } from './definition.ts'

/** One pipeline's names: ids are counted and unique here. */
interface Names {
  readonly pipeline: string
  readonly prefix: string
  readonly counts: Map<string, number>
  readonly called: Map<string, Definition>
}

/**
 * A body being built: the pipeline's, a map's or a when's. Refs made in it are known in it and below. Of the words of a
 * stage there is one for the function, and one for each `each`.
 */
export interface Scope {
  readonly nodes: Node[]
  readonly names: Names
  readonly parent?: Scope
  /** The name of the stage whose words are written. */
  readonly stage?: string
}

/** One call of `trace`. */
export interface Trace {
  scope: Scope
  readonly building: PipelineDefinition[]
  readonly stages: Map<StageDefinition, string>
  readonly keys: Map<string, StageDefinition>
  readonly pipelines: Set<PipelineDefinition>
  readonly places: Map<string, () => SourceLocation>
  readonly problems: Diagnostic[]
}

/** Shared by all copies of this package in one process: the program's build may call stages of another copy. */
const slot: unique symbol = Symbol.for('millrace.trace') as never
const shared = globalThis as { [slot]?: Trace | undefined }

export const currentTrace = (): Trace | undefined => shared[slot]

/** Runs `body` with `trace` as the current one. Synchronous, so that no scope can leak across an await. */
export function withTrace<T>(trace: Trace, body: () => T): T {
  const before = shared[slot]
  shared[slot] = trace
  try {
    return body()
  } finally {
    shared[slot] = before
  }
}

export function withScope<T>(trace: Trace, scope: Scope, body: () => T): T {
  const before = trace.scope
  trace.scope = scope
  try {
    return body()
  } finally {
    trace.scope = before
  }
}

export const namesOf = (pipeline: string, prefix: string): Names => ({
  pipeline,
  prefix,
  counts: new Map(),
  called: new Map(),
})

/** `clean`, the second call `clean.2`, inside a sub-pipeline `prepare/clean`. */
export function nextId({ names }: Scope, name: string): string {
  const count = (names.counts.get(name) ?? 0) + 1
  names.counts.set(name, count)
  return `${names.prefix}${name}${count === 1 ? '' : `.${count}`}`
}

export const atHere = (trace: Trace, node: string | null, place: SourceLocation): DiagnosticLocation => ({
  pipeline: trace.scope.names.pipeline,
  node,
  ...place,
})
