import {
  type Body,
  capture,
  type Diagnostic,
  type DiagnosticLocation,
  describeError,
  fail,
  placeOfError,
  type Schema,
  type SourceLocation,
} from '@millrace/ir'
import type { z } from 'zod'
import { bind } from './bind.ts'
import { define, type PipelineDefinition } from './definition.ts'
import type { Args, Ref, Resolved, Shape } from './infer.ts'
import { makeRef } from './ref.ts'
import { schemaOf } from './schema.ts'
import { atHere, namesOf, nextId, type Scope, type Trace, withScope } from './scope.ts'
import { checkName, claimName, traceOf } from './stage.ts'

declare const output: unique symbol

/** A pipeline: run on its own, or called inside another pipeline's build like a stage. */
export interface Pipeline<I extends Shape, O> {
  (...args: Args<z.input<I>>): Ref<O>
  /** As it was given to `pipeline()`. */
  readonly name: string
  /** Schema of the parameters. */
  readonly input: I
  readonly [output]: O
}

/** A pipeline with whatever parameters and output. */
export type AnyPipeline = { readonly name: string; readonly input: Shape; readonly [output]: unknown }

/** What a run of the pipeline (or a call of the stage) takes. */
export type InputOf<P> = P extends { readonly input: infer I extends Shape } ? z.input<I> : never

/** What a run of the pipeline (or of the stage) gives. */
export type OutputOf<P> = P extends { readonly output: infer O extends Shape }
  ? z.output<O>
  : P extends { readonly [output]: infer O }
    ? O
    : never

/**
 * Defines a pipeline. `build` runs at once and synchronously, on refs: it only wires calls, which run later.
 *
 * @param name as a stage's
 * @param options its parameters and what it wires. A wrong name, or what `build` throws, is reported where the pipeline
 *   is run, compiled or drawn.
 */
export function pipeline<I extends Shape, R>(
  name: string,
  options: {
    /** The parameters: a zod object without transforms and refinements. */
    readonly input: I
    /** Wires calls, and returns the output: refs, literals, or objects and arrays of these. */
    build(
      input: Ref<z.output<I>>,
    ): R &
      (R extends Promise<unknown>
        ? 'build must be synchronous: stages run later, so there is nothing to await'
        : unknown)
  },
): Pipeline<I, Resolved<R>> {
  const place = capture(pipeline)
  const at = (): DiagnosticLocation => ({ pipeline: name, node: null, ...place() })
  const owner = {
    what: `pipeline "${name}"`,
    get at() {
      return at()
    },
    pure: true,
  }
  // a program in JavaScript may leave them out
  const { input, build } = (options ?? {}) as Partial<typeof options>
  const { schema, problems } = schemaOf(input as I, 'input', owner)
  const definition: PipelineDefinition = {
    type: 'pipeline',
    self: pipeline,
    name,
    input: input as I,
    inputSchema: schema,
    build: (typeof build === 'function' ? build : () => ({})) as (input: never) => unknown,
    at,
    problems: [
      ...checkName('pipeline', name, at),
      ...problems,
      ...(typeof build === 'function' ? [] : [noBuild(name, at())]),
    ],
  }
  const call = (...args: [unknown?]): unknown => addCall(definition, args[0], capture(call))
  return define(Object.assign(call, { input }), definition) as unknown as Pipeline<I, Resolved<R>>
}

const noBuild = (name: string, at: DiagnosticLocation): Diagnostic => ({
  code: 'bad-option',
  severity: 'error',
  message: `pipeline "${name}" has no function build`,
  at: { ...at, path: 'build' },
  fix: 'Give build: (input) => { … }, which wires the stages.',
})

function addCall(definition: PipelineDefinition, args: unknown, place: () => SourceLocation): unknown {
  const trace = traceOf(definition, place)
  claimName(trace, definition, place)
  const { scope } = trace
  const id = nextId(scope, definition.name)
  const at = (): DiagnosticLocation => atHere(trace, id, place())
  trace.places.set(id, place)
  const bound = bind(trace, args ?? {}, at) ?? { fields: {} }
  const body = buildPipeline(trace, definition, id, place)
  scope.nodes.push({
    kind: 'pipeline',
    id,
    pipeline: definition.name,
    input: definition.inputSchema as Schema,
    args: bound,
    body,
  })
  return makeRef(id, [], scope)
}

/** Runs a pipeline's build in a scope of its own: refs of other pipelines are not known in it. */
export function buildPipeline(
  trace: Trace,
  definition: PipelineDefinition,
  id: string,
  place: () => SourceLocation,
): Body {
  const { name } = definition
  if (trace.building.includes(definition))
    fail({
      code: 'recursive-pipeline',
      severity: 'error',
      message: `pipeline "${name}" calls itself (${[...trace.building, definition].map((p) => p.name).join(' → ')})`,
      at: { pipeline: trace.scope.names.pipeline, node: id, ...place() },
      fix: 'Unroll it with a for loop over a fixed number, or with map over a list.',
    })
  if (!trace.pipelines.has(definition)) {
    trace.pipelines.add(definition)
    trace.problems.push(...definition.problems)
  }
  const scope: Scope = { nodes: [], names: namesOf(name, id === '' ? '' : `${id}/`) }
  trace.building.push(definition)
  try {
    return withScope(trace, scope, () => {
      const result = runBuild(() => definition.build(makeRef(`${id}:input`, [], scope) as never), name, definition.at)
      return finishBody(trace, scope, result, definition.at)
    })
  } finally {
    trace.building.pop()
  }
}

/** A body of a map or a when: it knows the refs of the bodies around it. */
export function buildBody(trace: Trace, build: (scope: Scope) => unknown, at: () => DiagnosticLocation): Body {
  const scope: Scope = { nodes: [], names: trace.scope.names, parent: trace.scope }
  return withScope(trace, scope, () =>
    finishBody(
      trace,
      scope,
      runBuild(() => build(scope), scope.names.pipeline, at),
      at,
    ),
  )
}

function finishBody(trace: Trace, scope: Scope, result: unknown, at: () => DiagnosticLocation): Body {
  const bound = bind(trace, result, at)
  return { nodes: scope.nodes, ...(bound ? { result: bound } : {}) }
}

function runBuild(build: () => unknown, pipelineName: string, at: () => DiagnosticLocation): unknown {
  const result = build()
  if (!(result instanceof Promise)) return result
  result.catch(() => {})
  const place = at()
  return fail({
    code: 'async-build',
    severity: 'error',
    message: `${place.node === null ? 'the build' : `the body of "${place.node}" in the build`} of pipeline "${pipelineName}" is async`,
    at: { ...place, pipeline: pipelineName },
    fix: 'Remove async and await: build only wires stages, which run later.',
  })
}

/** The diagnostic for whatever else an author's build throws. */
export function buildFailed(error: unknown, definition: PipelineDefinition): Diagnostic {
  const place = placeOfError(error)
  return {
    code: 'build-failed',
    severity: 'error',
    message: `the build of pipeline "${definition.name}" threw ${describeError(error)}`,
    at: { ...definition.at(), ...place },
    fix: 'Mend the build; it runs before any stage, with refs instead of values.',
  } as const
}
