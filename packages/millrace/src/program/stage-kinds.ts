import { join } from 'node:path'
import { kindOf, type ReadCode } from '@millrace/compiler'
import type { Diagnostic, StageCode } from '@millrace/ir'
import { type CommandStage, commandStage, type PythonScript, pythonKind, type StageKind } from '@millrace/runner'
import type { StageDefinition } from '@millrace/sdk'
import type { Store } from '@millrace/store'
import { userFolder } from '../user-folder.ts'
import type { Program, ProgramCode } from './program.ts'
import { pythonPackage } from './python-package.ts'
import { stageLocation } from './stage-location.ts'

/** What a kind is made with. */
interface Making {
  /** Where environments are made that stages ask for. */
  readonly environments: string
  /** What the kind in the compiler knows of a stage's code. */
  known(code: StageCode): object | undefined
}

/** The kinds of stages that this machine runs besides functions. */
const makers: { readonly [kind: string]: (making: Making) => StageKind } = {
  python({ environments, known }) {
    const compiled = userFolder('python')
    return pythonKind({
      script: (code) => known(code) as PythonScript,
      package: pythonPackage(),
      environments,
      ...(compiled === undefined ? {} : { compiled }),
      env: process.env,
    })
  },
}

/**
 * The kinds of some stages.
 *
 * @param environments where environments are made that they ask for
 * @param read what was read of their code; of others it is read when they run
 */
export function stageKinds(
  codes: Iterable<StageCode>,
  environments: string,
  read: ReadonlyMap<StageCode, ReadCode> = new Map(),
): readonly StageKind[] {
  const known = (code: StageCode) => (read.get(code) ?? kindOf(code)?.read?.(code, {}))?.known
  const names = new Set(Array.from(codes, ({ kind }) => kind))
  return [...names].flatMap((name) => makers[name]?.({ environments, known }) ?? [])
}

/** What runs a stage of one of these kinds. */
export const processBy =
  (kinds: readonly StageKind[]) =>
  ({ code, inputSchema, outputSchema }: StageDefinition): CommandStage | undefined => {
    const kind = kinds.find((known) => known.kind === code.kind)
    return kind && commandStage({ kind, code, inputSchema, outputSchema })
  }

/** The kinds of a program's stages. */
export function kindsFor({ traced }: Program, { read }: ProgramCode, store: Store): readonly StageKind[] {
  const codes = new Map([...traced.stages].map(([key, { code }]) => [code, read.get(key)]))
  const found = new Map([...codes].flatMap(([code, one]) => (one ? [[code, one] as const] : [])))
  return stageKinds(codes.keys(), join(store.root, 'environments'), found)
}

/** What of a program's stages this machine can't run, found before anything runs. */
export async function checkKinds({ name, traced }: Program, kinds: readonly StageKind[]): Promise<Diagnostic[]> {
  const definitions = new Map([...traced.stages.values()].map((stage) => [stage.code, stage]))
  const found: Diagnostic[] = []
  for (const kind of kinds) {
    const codes = [...definitions.keys()].filter((code) => code.kind === kind.kind)
    for (const { code, failure } of (await kind.check?.(codes)) ?? []) {
      const stage = definitions.get(code)
      const defined = stageLocation(stage)
      found.push(failure.toDiagnostic(name, stage?.name ?? '', defined ? { stage: defined } : {}))
    }
  }
  return found
}
