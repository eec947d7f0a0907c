import { readFileSync } from 'node:fs'
import { type ClusterEnvironment, emitStages, type Lowered, type Target, type TargetFile } from '@millrace/compiler'
import { type Diagnostic, nowhere, type SourceLocation } from '@millrace/ir'
import { type Prepared, type Preparing, prepareProgram, refuse } from './prepare.ts'
import type { PlanTarget, Program } from './program.ts'

/** The environment of a cluster, by the name that it has in the config. */
export interface ChosenEnvironment {
  readonly name: string
  readonly environment: ClusterEnvironment
  /** The config that defines it. */
  readonly file: string
}

export interface CompileRequest extends Omit<Preparing, 'target'> {
  readonly target: Target
  /** Missing where the target needs none. */
  readonly chosen: ChosenEnvironment | undefined
  /** Whether the policy that fences a driver is written too. Default false. */
  readonly policy?: boolean
}

export interface CompiledProgram {
  readonly prepared: Prepared
  readonly files: readonly TargetFile[]
  /** Notices and warnings. */
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Everything between a traced program and the files of a target.
 *
 * @throws DiagnosticError with all that is wrong, and all that the target's place would refuse
 */
export async function compileProgram(program: Program, request: CompileRequest): Promise<CompiledProgram> {
  const { target, chosen, policy = false, ...preparing } = request
  const prepared = await prepareProgram(program, { ...preparing, target: () => planTarget(target, chosen) })
  const { files, diagnostics } = await lower(prepared, target, chosen, policy)
  return { prepared, files, diagnostics: [...prepared.notices, ...diagnostics] }
}

function planTarget({ capabilities }: Target, chosen: ChosenEnvironment | undefined): PlanTarget {
  if (!chosen) return { capabilities, variables: { ...process.env } }
  const { env = {}, store, queue } = chosen.environment
  const environment = {
    name: chosen.name,
    bucket: store.kind === 'bucket',
    ...(queue === undefined ? {} : { queue }),
  }
  return { capabilities, variables: env, environment }
}

async function lower(
  prepared: Prepared,
  target: Target,
  chosen: ChosenEnvironment | undefined,
  policy: boolean,
): Promise<Lowered> {
  const { plan, input, assets, code, program } = prepared
  const places = program.traced.places
  const emitted = await emitStages({ stages: code.stages, at: (key) => stageAt(prepared, key) })
  refuse(emitted.diagnostics)
  const lowered = await target.lower({
    plan,
    graph: program.checked.graph,
    input,
    assets,
    stages: emitted.stages,
    environment: chosen?.environment,
    environmentName: chosen?.name ?? '',
    runner: readFileSync(programOf('runner')),
    driver: readFileSync(programOf('driver')),
    policy,
    at: (node) => ({ ...nowhere, ...places.get(node)?.(), pipeline: plan.pipeline, node: node === '' ? null : node }),
  })
  refuse(lowered.diagnostics)
  return { ...lowered, diagnostics: [...emitted.diagnostics, ...lowered.diagnostics] }
}

/** Where an author defines a stage. */
function stageAt({ program }: Prepared, key: string): SourceLocation {
  const definition = program.traced.stages.get(key)
  const { file, line, column } = definition?.at() ?? {}
  return file === undefined
    ? {}
    : { file, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) }
}

/** Our own programs for pods, prebuilt. */
const programOf = (name: 'runner' | 'driver'): URL =>
  new URL(import.meta.url.endsWith('.ts') ? `../../dist/pod/${name}.mjs` : `./pod/${name}.mjs`, import.meta.url)
