import type { CodeIndex } from '@millrace/compiler'
import {
  type ArtifactValue,
  type Diagnostic,
  DiagnosticError,
  type Json,
  type JsonObject,
  type Plan,
} from '@millrace/ir'
import { codeFolder, type Store } from '@millrace/store'
import {
  type CodeOptions,
  checkSource,
  hasErrors,
  type ImportModule,
  makePlan,
  type Program,
  readAssets,
  readCode,
  type Target,
} from './program.ts'
import { type StaleStages, staleStages, tellStale, withoutStale } from './stale-stages.ts'
import { type Origin, readInput } from './values.ts'

/** A program that is ready to run or to be planned. */
export interface Prepared {
  readonly program: Program
  readonly code: CodeIndex
  /** Those of this machine's plan that `code` doesn't hold. */
  readonly stale: StaleStages
  readonly assets: ReadonlyMap<string, ArtifactValue>
  readonly store: Store
  readonly input: JsonObject
  readonly plan: Plan
  /** Notices and warnings. */
  readonly notices: readonly Diagnostic[]
}

/** What a program is prepared with: `run()` and the command line give it each in its own way. */
export interface Preparing {
  /** The program's file. */
  readonly entry: string | undefined
  readonly store: Store
  readonly importModule: ImportModule
  /** Reads the parameters that the run was given; what is wrong with them is added to the problems. */
  given(problems: Diagnostic[]): Promise<Given> | Given
  /** What it is prepared for. Default: this machine. */
  target?(): Target
}

export interface Given {
  readonly value: JsonObject
  readonly origin: Origin
}

/**
 * Everything between a traced program and a Plan that can run.
 *
 * @throws DiagnosticError with all that is wrong
 */
export async function prepareProgram(program: Program, preparing: Preparing): Promise<Prepared> {
  const { store, given } = preparing
  const reading = readingOf(preparing)
  const problems: Diagnostic[] = [...program.diagnostics, ...(await checkSource(program, reading))]
  const { value, origin } = await given(problems)
  const assets = await readAssets(program)
  const asset = (token: string) => assets.get(token) as unknown as Json
  const input = await readInput(program.graph.input, value, origin, asset, problems)
  // what is wrong so far is told before the slow part
  refuse(problems)
  const found = await readCode(program, reading)
  problems.push(...found.diagnostics)
  refuse(problems)
  const planOf = (code: CodeIndex) => makePlan(program, code, assets, input, preparing.target?.())
  const planned = planOf(found)
  const stale: StaleStages = preparing.target ? new Map() : staleStages(found, planned.plan)
  const code = stale.size > 0 ? withoutStale(found, stale) : found
  const { plan, diagnostics } = stale.size > 0 ? planOf(code) : planned
  problems.push(...(stale.size > 0 ? tellStale(program, { plan, diagnostics }, stale) : diagnostics))
  refuse(problems)
  return { program, code, stale, assets, store, input, plan, notices: problems }
}

/** How the source of a program's modules is read. */
export const readingOf = ({ entry, importModule }: Pick<Preparing, 'entry' | 'importModule'>): CodeOptions => ({
  entry,
  importModule,
  kept: codeFolder(),
})

/** @throws DiagnosticError with the errors, if there are any */
export function refuse(problems: readonly Diagnostic[]): void {
  if (hasErrors(problems)) throw new DiagnosticError(problems.filter((problem) => problem.severity === 'error'))
}
