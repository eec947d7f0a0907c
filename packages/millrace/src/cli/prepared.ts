import type { CodeIndex } from '@millrace/compiler'
import {
  type ArtifactValue,
  type Diagnostic,
  DiagnosticError,
  type Json,
  type JsonObject,
  type Plan,
} from '@millrace/ir'
import { openStore, type Store } from '@millrace/store'
import { readParameters } from '../program/parameters.ts'
import { storeFolder } from '../program/place.ts'
import {
  type CodeOptions,
  checkSource,
  hasErrors,
  makePlan,
  type Program,
  readAssets,
  readCode,
  readProgram,
} from '../program/program.ts'
import { readInput } from '../program/values.ts'
import { checkEnvironment } from './environment.ts'
import { type Invocation, pickPipeline } from './invocation.ts'
import type { CommonOptions, ParameterOptions } from './parser.ts'

/** A program that is ready to run or to be planned. */
export interface Prepared {
  readonly program: Program
  readonly code: CodeIndex
  readonly assets: ReadonlyMap<string, ArtifactValue>
  readonly store: Store
  readonly input: JsonObject
  readonly plan: Plan
  /** Notices and warnings. */
  readonly notices: readonly Diagnostic[]
}

/**
 * Everything between the words of a command and a Plan.
 *
 * @throws DiagnosticError with all that is wrong
 */
export async function prepare(invocation: Invocation, options: CommonOptions & ParameterOptions): Promise<Prepared> {
  const program = readProgram(pickPipeline(invocation, options.pipeline))
  const store = openStore(storeFolder(options.store, invocation.entry))
  const reading = readingOf(invocation, store)
  const problems: Diagnostic[] = [...program.diagnostics, ...(await checkSource(program, reading))]
  await checkEnvironment(invocation.entry, options.environment, problems)
  const given = await readParameters(
    program.name,
    program.graph.input,
    { param: options.param, params: options.params },
    problems,
  )
  const assets = await readAssets(program)
  const input = await readInput(
    program.graph.input,
    given.value,
    given.origin,
    (token) => assets.get(token) as unknown as Json,
    problems,
  )
  // what is wrong so far is told before the slow part
  refuse(problems)
  const code = await readCode(program, reading)
  problems.push(...code.diagnostics)
  refuse(problems)
  const { plan, diagnostics } = makePlan(program, code, assets, input)
  problems.push(...diagnostics)
  refuse(problems)
  return { program, code, assets, store, input, plan, notices: problems }
}

/** How the program's modules are read: as they were loaded. */
export const readingOf = ({ entry }: Invocation, store: Store): CodeOptions => ({
  entry,
  importModule: (url) => import(url) as Promise<Readonly<Record<string, unknown>>>,
  kept: store.code,
})

export function refuse(problems: readonly Diagnostic[]): void {
  if (hasErrors(problems)) throw new DiagnosticError(problems.filter((problem) => problem.severity === 'error'))
}
