import type { Diagnostic, DiagnosticLocation, EnvValue, Schema, StageCode, StageOptions } from '@millrace/ir'
import type { z } from 'zod'
import type { Context } from './context.ts'

/** Shared by all copies of this package that one process loads. */
const mark: unique symbol = Symbol.for('millrace.definition') as never

/** What hides behind the function that `stage()` gives the author. */
export interface StageDefinition {
  readonly type: 'stage'
  /** The function that the author holds. */
  readonly self: object
  /** What it runs; the script of a Python stage still stands as a file URL. */
  readonly code: StageCode
  readonly name: string
  readonly input: z.ZodObject
  readonly output: z.ZodObject
  readonly inputSchema: Schema
  readonly outputSchema: Schema
  readonly options: StageOptions
  readonly env: { readonly [name: string]: EnvValue }
  readonly run?: (input: never, context: Context) => unknown
  /** The options that are functions of placeholders. Default none. */
  readonly wordFunctions?: readonly string[]
  readonly at: () => DiagnosticLocation
  /** What is wrong with the definition itself; reported by each pipeline that calls it. */
  readonly problems: readonly Diagnostic[]
}

export interface PipelineDefinition {
  readonly type: 'pipeline'
  /** The function that the author holds. */
  readonly self: object
  readonly name: string
  readonly input: z.ZodObject
  readonly inputSchema: Schema
  readonly build: (input: never) => unknown
  readonly at: () => DiagnosticLocation
  readonly problems: readonly Diagnostic[]
}

export type Definition = StageDefinition | PipelineDefinition

export const define = <T extends object>(target: T, definition: Definition): T => {
  ;(definition as { self: object }).self = target
  Object.defineProperty(target, mark, { value: definition })
  return Object.defineProperty(target, 'name', { value: definition.name })
}

/** The definition behind a stage or pipeline, of whatever copy of this package; `undefined` for anything else. */
export const definitionOf = (value: unknown): Definition | undefined =>
  typeof value === 'function' ? (value as { [mark]?: Definition })[mark] : undefined

export const stageDefinition = (value: unknown): StageDefinition | undefined => {
  const found = definitionOf(value)
  return found?.type === 'stage' ? found : undefined
}

export const pipelineDefinition = (value: unknown): PipelineDefinition | undefined => {
  const found = definitionOf(value)
  return found?.type === 'pipeline' ? found : undefined
}
