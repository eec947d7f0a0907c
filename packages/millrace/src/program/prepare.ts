import { isIndexed, type KindCode, type StageCode, type WorkerCode } from '@millrace/compiler'
import {
  type ArtifactValue,
  type Diagnostic,
  DiagnosticError,
  digestJson,
  type Json,
  type JsonObject,
  type Plan,
} from '@millrace/ir'
import type { StageKind } from '@millrace/runner'
import { codeFolder, type Store } from '@millrace/store'
import { userFolder } from '../user-folder.ts'
import { foreignLoader, loadMark, underTestRunner } from './host.ts'
import {
  type CodeOptions,
  checkSource,
  hasErrors,
  type ImportModule,
  localCapabilities,
  makePlan,
  type PlanTarget,
  type Program,
  type ProgramCode,
  readAssets,
  readCode,
  readWorkerCode,
} from './program.ts'
import { kindsFor } from './stage-kinds.ts'
import { foreignStages, staleStages, tellUnknown, type UnknownStages, withoutUnknown } from './unknown-code.ts'
import { type Origin, readInput } from './values.ts'

/** A program that is ready to run or to be planned. */
export interface Prepared {
  readonly program: Program
  readonly code: ProgramCode
  /** The program's file. */
  readonly entry: string | undefined
  /** The code of its stages as workers load it, read when somebody asks first. */
  workerCode(): Promise<WorkerCode | undefined>
  /** What runs its stages on this machine that are no functions. */
  readonly stageKinds: readonly StageKind[]
  /** Those of this machine's plan that are not known by their code. */
  readonly unknown: UnknownStages
  readonly assets: ReadonlyMap<string, ArtifactValue>
  readonly store: Store
  readonly input: JsonObject
  readonly plan: Plan
  /** What `inherit()` reads. The Plan for this machine holds digests of it only. */
  readonly variables: PlanTarget['variables']
  /** Notices and warnings. */
  readonly notices: readonly Diagnostic[]
}

/** What a program is prepared with: `run()` and the command line give it each in its own way. */
export interface Preparing {
  /** The program's file. */
  readonly entry: string | undefined
  readonly store: Store
  readonly importModule: ImportModule
  /** Called early where stages will run that nobody has measured. */
  anew?(): void
  /** Reads the parameters that the run was given; what is wrong with them is added to the problems. */
  given(problems: Diagnostic[]): Promise<Given> | Given
  /** What it is prepared for. Default: this machine. */
  target?(): PlanTarget
  /** Kinds of stages that this machine runs besides those of Millrace. Default none. */
  readonly kinds?: readonly KindCode[]
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
  // nobody has measured its stages yet
  const isNew = reading.entry !== undefined && !isIndexed(reading.kept, reading.entry)
  if (isNew || store.measured.read() === '') reading.anew?.()
  const problems: Diagnostic[] = [...program.diagnostics, ...(await checkSource(program, reading))]
  const { value, origin } = await given(problems)
  const assets = await readAssets(program)
  const asset = (token: string) => assets.get(token) as unknown as Json
  const input = await readInput(program.graph.input, value, origin, asset, problems)
  // what is wrong so far is told before the slow part
  refuse(problems)
  let isAnew = false
  const anew = () => {
    isAnew = true
    reading.anew?.()
  }
  const read = await readCode(program, { ...reading, anew })
  problems.push(...read.diagnostics)
  refuse(problems)
  let code: Promise<WorkerCode | undefined> | undefined
  const workerCode = () => (code ??= readWorkerCode(program, reading, read))
  // nobody has measured its stages yet
  if (isAnew && reading.anew) void workerCode()
  // a stage of this process may change its variables
  const target = preparing.target?.() ?? {
    capabilities: localCapabilities,
    variables: { ...process.env },
    kinds: preparing.kinds ?? [],
  }
  const planOf = (code: ProgramCode) => makePlan(program, code, assets, input, target)
  const found = preparing.target ? read : asLoaded(program, read)
  const planned = planOf(found)
  const unknown = preparing.target ? new Map() : unknownStages(found, planned.plan)
  const known = unknown.size > 0 ? withoutUnknown(found, unknown) : found
  const { plan, diagnostics } = unknown.size > 0 ? planOf(known) : planned
  problems.push(...(unknown.size > 0 ? tellUnknown(program, { plan, diagnostics }, unknown) : diagnostics))
  refuse(problems)
  // a process of its own finds a stage by its export
  const located = [...unknown.values()].every(({ everywhere }) => everywhere) ? found : known
  const { entry } = reading
  const { variables } = target
  return {
    program,
    code: located,
    entry,
    workerCode,
    stageKinds: preparing.target ? [] : kindsFor(program, read, store),
    unknown,
    assets,
    store,
    input,
    plan,
    variables,
    notices: problems,
  }
}

/** Under a test runner the code of a stage is what this very process has loaded, whatever its files hold. */
function asLoaded({ traced }: Program, code: ProgramCode): ProgramCode {
  if (!underTestRunner()) return code
  const marked = ([key, stage]: readonly [string, StageCode]): [string, StageCode] => {
    const loaded = loadMark(traced.stages.get(key)?.self ?? {})
    return [key, { ...stage, code: digestJson({ code: stage.code, loaded }) }]
  }
  return { ...code, stages: new Map([...code.stages].map(marked)) }
}

function unknownStages(code: ProgramCode, plan: Plan): UnknownStages {
  const loader = underTestRunner() ? undefined : foreignLoader()
  return loader === undefined ? staleStages(code, plan) : foreignStages(code, loader)
}

/** How the source of a program's modules is read. */
export const readingOf = ({
  entry,
  store,
  importModule,
  anew,
}: Pick<Preparing, 'entry' | 'importModule' | 'anew'> & { readonly store?: Store }): CodeOptions => ({
  entry,
  importModule,
  kept: codeFolder(userFolder('code')),
  ...(anew ? { anew } : {}),
  ...(store ? { firstSeen: (id, digest) => store.packages.first(id, digest) } : {}),
})

/** @throws DiagnosticError with the errors, if there are any */
export function refuse(problems: readonly Diagnostic[]): void {
  if (hasErrors(problems)) throw new DiagnosticError(problems.filter((problem) => problem.severity === 'error'))
}
