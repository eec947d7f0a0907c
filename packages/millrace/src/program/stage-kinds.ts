import { kindOf, type ReadCode } from '@millrace/compiler'
import type { StageCode } from '@millrace/ir'
import { type PythonScript, pythonKind, type StageKind } from '@millrace/runner'
import { pythonPackage } from './python-package.ts'

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
  const known = (code: StageCode) => (read.get(code) ?? kindOf(code)?.read?.(code, {}))?.known
  return [
    pythonKind({
      script: (code) => known(code) as PythonScript,
      package: pythonPackage(),
      environments,
      env: process.env,
    }),
  ]
}
