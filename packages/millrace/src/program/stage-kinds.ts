import { join } from 'node:path'
import { kindOf, type ReadCode } from '@millrace/compiler'
import type { Diagnostic, StageCode } from '@millrace/ir'
import { type CommandStage, commandStage, type PythonScript, pythonKind, type StageKind } from '@millrace/runner'
import type { StageDefinition } from '@millrace/sdk'
import { userFolder } from '../user-folder.ts'
import type { Prepared } from './prepare.ts'
import { pythonPackage } from './python-package.ts'
import { stageLocation } from './stage-location.ts'

/**
 * The kinds of stages that this machine runs besides functions.
 *
 * @param read what was read of their code; of others it is read when they run
 * @param environments where environments are made that stages ask for
 */
export function stageKinds(
  environments: string,
  read: ReadonlyMap<StageCode, ReadCode> = new Map(),
): readonly StageKind[] {
  const compiled = userFolder('python')
  const known = (code: StageCode) => (read.get(code) ?? kindOf(code)?.read?.(code, {}))?.known
  return [
    pythonKind({
      script: (code) => known(code) as PythonScript,
      package: pythonPackage(),
      environments,
      ...(compiled === undefined ? {} : { compiled }),
      env: process.env,
    }),
  ]
}
/** What runs a stage of one of these kinds. */
export const processBy =
  (kinds: readonly StageKind[]) =>
  ({ code, inputSchema, outputSchema }: StageDefinition): CommandStage | undefined => {
    const kind = kinds.find((known) => known.kind === code.kind)
    return kind && commandStage({ kind, code, inputSchema, outputSchema })
  }

/** The kinds for the stages of one program. */
export function kindsFor({ program, code, store }: Pick<Prepared, 'program' | 'code' | 'store'>): readonly StageKind[] {
  const { stages } = program.traced
  const read = new Map([...code.read].map(([key, found]) => [(stages.get(key) as StageDefinition).code, found]))
  return stageKinds(join(store.root, 'environments'), read)
}

/** What of a program's stages this machine can't run, found before anything runs. */
export async function checkKinds(
  prepared: Pick<Prepared, 'program' | 'code' | 'store'>,
): Promise<readonly Diagnostic[]> {
  const { name, traced } = prepared.program
  const definitions = new Map([...traced.stages.values()].map((stage) => [stage.code, stage]))
  const found: Diagnostic[] = []
  for (const kind of kindsFor(prepared)) {
    const codes = [...definitions.keys()].filter((code) => code.kind === kind.kind)
    for (const { code, failure } of (codes.length > 0 && (await kind.check?.(codes))) || []) {
      const stage = definitions.get(code)
      const defined = stageLocation(stage)
      found.push(failure.toDiagnostic(name, stage?.name ?? '', defined ? { stage: defined } : {}))
    }
  }
  return found
}
