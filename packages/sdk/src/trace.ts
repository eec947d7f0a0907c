import {
  type Body,
  type Diagnostic,
  type Graph,
  isDiagnosticError,
  type SourceLocation,
  type StageSpec,
} from '@millrace/ir'
import { type PipelineDefinition, pipelineDefinition, type StageDefinition } from './definition.ts'
import { type AnyPipeline, buildFailed, buildPipeline } from './pipeline.ts'
import { namesOf, type Trace, withTrace } from './scope.ts'

/** What an author's build wired, and what the Graph can't hold of it. */
export interface Traced {
  /** Assets still stand in it as file URLs; a compiler pass makes them relative. */
  readonly graph: Graph
  readonly definition: PipelineDefinition
  /** By the keys of `graph.stages`. */
  readonly stages: ReadonlyMap<string, StageDefinition>
  readonly pipelines: readonly PipelineDefinition[]
  /** Where each node was called; under `''` where the pipeline is defined. */
  readonly places: ReadonlyMap<string, () => SourceLocation>
  readonly problems: readonly Diagnostic[]
}

/**
 * Runs a pipeline's build on refs and records what it wires.
 *
 * @throws TypeError if `pipeline` was not made by `pipeline()`
 */
export function trace(pipeline: AnyPipeline): Traced {
  const definition = pipelineDefinition(pipeline)
  if (!definition) throw new TypeError('trace() takes a pipeline made by pipeline()')
  const state: Trace = {
    scope: { nodes: [], names: namesOf(definition.name, '') },
    building: [],
    stages: new Map(),
    keys: new Map(),
    pipelines: new Set(),
    places: new Map([['', definition.at]]),
    problems: [],
  }
  let body: Body = { nodes: [] }
  try {
    body = withTrace(state, () => buildPipeline(state, definition, '', definition.at))
  } catch (error) {
    if (isDiagnosticError(error)) state.problems.push(...error.diagnostics)
    else state.problems.push(buildFailed(error, definition))
  }
  const stages: Record<string, StageSpec> = {}
  for (const [key, found] of state.keys) stages[key] = specOf(found)
  return {
    graph: { version: 1, pipeline: definition.name, input: definition.inputSchema, stages, body },
    definition,
    stages: state.keys,
    pipelines: [...state.pipelines],
    places: state.places,
    problems: state.problems,
  }
}

export const specOf = (definition: StageDefinition): StageSpec => ({
  ...definition.code,
  name: definition.name,
  input: definition.inputSchema,
  output: definition.outputSchema,
  ...definition.options,
  ...(Object.keys(definition.env).length > 0 ? { env: definition.env } : {}),
})
